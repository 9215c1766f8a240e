"""A server over in-memory stores."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ports"))

from memory_records import MemoryRecordStore
from memory_spans import MemorySpanStore

from evalwright.domain.content import Message, Part, SpanContent
from evalwright.domain.span import Span
from evalwright.server.app import create_app
from evalwright.server.auth import Authenticator
from evalwright.server.deps import Deps
from evalwright.server.idempotency import IdempotencyCache

PEPPER = b"p" * 32


class HandClock:
    """A clock that stands still until moved."""

    def __init__(self) -> None:
        self.ns = 1_700_000_000_000_000_000

    def now_ns(self) -> int:
        return self.ns


class OpenIntake:
    """An intake that has taken three spans."""

    def snapshot(self) -> Mapping[str, Any]:
        return {"accepted_spans": 3, "repaired_values": {"truncated": 1}}

    def prometheus(self) -> str:
        return "evalwright_intake_accepted_spans_total 3\n"


def plain_content(span: Span) -> SpanContent:
    """The input as one user message."""
    text = Part(type="text", text=span.input)
    return SpanContent(input_messages=[Message(role="user", parts=[text])] if span.input else [])


def make_deps(**changes: Any) -> Deps:
    clock = changes.pop("clock", None) or HandClock()
    records = changes.pop("records", None) or MemoryRecordStore()
    open_locally = changes.pop("open_locally", True)
    fields: dict[str, Any] = {
        "spans": MemorySpanStore(),
        "records": records,
        "clock": clock,
        "authenticator": Authenticator(records, clock, PEPPER, open_locally=open_locally),
        "idempotency": IdempotencyCache(clock, max_entries=100),
        "intake": OpenIntake(),
        "content": plain_content,
        "started_ns": clock.ns,
    }
    return Deps(**{**fields, **changes})


@pytest.fixture
def build_deps() -> Callable[..., Deps]:
    return make_deps


@pytest.fixture
def memory_records() -> MemoryRecordStore:
    return MemoryRecordStore()


@pytest.fixture
def deps() -> Deps:
    return make_deps()


@pytest.fixture
def open_client() -> Iterator[Callable[[Deps], TestClient]]:
    with ExitStack() as stack:
        yield lambda deps: stack.enter_context(
            TestClient(create_app(deps), base_url="http://127.0.0.1:4318", raise_server_exceptions=False)
        )


@pytest.fixture
def client(deps: Deps, open_client: Callable[[Deps], TestClient]) -> TestClient:
    return open_client(deps)
