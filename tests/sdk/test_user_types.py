"""A strictly typed program stays strictly typed when it uses the SDK."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from collections.abc import AsyncIterator, Iterator
from typing import TypeVar, overload

import evalwright as ew

T = TypeVar("T")

ew.init(project="support", mask=lambda text: text.replace("secret", "***"))


@ew.observe
def plain(order: str, *, depth: int = 1) -> dict[str, str]:
    return {order: str(depth)}


@ew.observe(kind="TOOL", name="look up", tags=["beta"])
async def waiting(order: str) -> bytes:
    return order.encode()


@ew.observe
def first(items: list[T]) -> T:
    return items[0]


@ew.observe
def tokens() -> Iterator[str]:
    yield "a"


@ew.observe
async def chunks() -> AsyncIterator[int]:
    yield 1


class Agent:
    @ew.observe(kind="AGENT")
    def answer(self, question: str) -> str:
        with ew.span("think", kind="LLM", model="m") as active:
            active.update(output="x")
            ew.feedback(active.trace_id, name="thumbs", value=True)
        return question

    @staticmethod
    @ew.observe
    def fixed(number: int) -> float:
        return number / 2


@ew.evaluator
def polite(output: str) -> bool:
    return "please" in output


reveal_type(plain)
reveal_type(waiting)
reveal_type(first([1]))
reveal_type(tokens())
reveal_type(chunks())
reveal_type(Agent().answer)
reveal_type(Agent.fixed)
reveal_type(ew.export_stats("feedback").dropped)
with ew.Client(project="support") as client:
    reveal_type(client.create_dataset("golden", exist_ok=True))
    reveal_type([trace.trace_id for trace in client.iterate(client.list_traces, filter="x")])
result = ew.experiment(plain, dataset="golden", evaluators=[polite])
reveal_type(result)
"""

REVEALED = [
    "def (order: str, *, depth: int =) -> dict[str, str]",
    "def (order: str) -> Coroutine[Any, Any, bytes]",
    "int",
    "Iterator[str]",
    "AsyncIterator[int]",
    "def (question: str) -> str",
    "def (number: int) -> float",
    "int",
    "Dataset",
    "list[str]",
    "ExperimentResult",
]


def mypy(program: str, folder: Path) -> tuple[int, str]:
    script = folder / "program.py"
    script.write_text(program)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file=", str(script)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def bare(revealed: str) -> str:
    """Without the modules that types live in, which mypy names or not as it likes."""
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", revealed)


@pytest.mark.slow
def test_decorated_functions_and_answers_keep_their_types(tmp_path: Path) -> None:
    code, said = mypy(PROGRAM, tmp_path)
    assert code == 0, said
    assert [bare(each) for each in re.findall(r'Revealed type is "(.*)"', said)] == REVEALED


@pytest.mark.slow
def test_a_wrong_use_of_a_decorated_function_is_found(tmp_path: Path) -> None:
    program = "import evalwright as ew\n\n@ew.observe\ndef f(n: int) -> str:\n    return str(n)\n\nf('one') + 1\n"
    code, said = mypy(program, tmp_path)
    assert code == 1
    assert "[arg-type]" in said
    assert "[operator]" in said
