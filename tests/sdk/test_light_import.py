"""``import evalwright`` costs next to nothing, and the light half needs no server."""

from __future__ import annotations

import subprocess
import sys

import pytest

import evalwright

HEAVY = ("numpy", "scipy", "httpx2", "opentelemetry", "fastapi", "sqlalchemy", "chdb", "pydantic", "msgspec", "asyncio")
SERVER_ONLY = (
    "fastapi",
    "sqlalchemy",
    "alembic",
    "chdb",
    "pydantic",
    "uvicorn",
    "starlette",
    "grpc",
    "scipy",
    "pyarrow",
)


def loaded_by(program: str) -> set[str]:
    code = f"{program}\nimport sys; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_importing_the_root_loads_nothing_heavy() -> None:
    assert loaded_by("import evalwright").isdisjoint(HEAVY)


def test_tracing_judging_and_experiments_need_no_server_parts() -> None:
    program = """
import evalwright as ew
@ew.observe
def f(): ...
ew.Client, ew.init, ew.feedback, ew.experiment, ew.evaluator
"""
    assert loaded_by(program).isdisjoint(SERVER_ONLY)


def test_observing_functions_does_not_load_the_http_client() -> None:
    assert loaded_by("import evalwright as ew\new.observe(lambda: 1)()").isdisjoint({"httpx2", "numpy", "requests"})


def test_the_root_exports_few_names_and_each_exists() -> None:
    assert len(evalwright.__all__) <= 25
    for name in evalwright.__all__:
        assert getattr(evalwright, name) is not None
    assert set(evalwright.__all__) <= set(dir(evalwright))


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'nonsense'"):
        evalwright.nonsense  # noqa: B018


def test_importing_the_root_takes_under_150_ms() -> None:
    """The best of three on whatever machine this is; it takes 15 ms on a quiet one."""
    program = "import time; s = time.perf_counter(); import evalwright; print(time.perf_counter() - s)"
    command = [sys.executable, "-c", program]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(3)]
    assert min(float(done.stdout) for done in runs) < 0.15


def test_a_traced_program_loads_no_numbers() -> None:
    program = "import evalwright as ew\new.init(endpoint='http://127.0.0.1:9')\new.shutdown()"
    assert loaded_by(program).isdisjoint({*SERVER_ONLY, "numpy", "yaml", "rich", "cyclopts"})
