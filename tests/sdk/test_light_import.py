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
