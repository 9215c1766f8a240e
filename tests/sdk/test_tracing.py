"""Spans of a program reach the server, and the program never notices the server."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from collector import Answer, Collector, Seen, attributes, running_collector
from opentelemetry import trace

from evalwright import sdk as ew
from evalwright.sdk.outbox import ExportStats


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        ew.init("support", endpoint=running.endpoint, api_key="ew_secret", interval_s=0.01)
        yield running
        ew.shutdown()


def since(before: ExportStats) -> tuple[int, int, int]:
    now = ew.export_stats()
    return now.exported - before.exported, now.dropped - before.dropped, now.failed - before.failed


def test_a_function_becomes_a_span_with_its_input_and_output(collector: Collector) -> None:
    @ew.observe(kind="TOOL", name="look up")
    def look_up(order: str, *, depth: int = 1) -> dict[str, str]:
        return {"order": order}

    assert look_up("A-7", depth=2) == {"order": "A-7"}
    assert ew.flush(5)
    found = attributes(collector.named("look up"))
    assert found["openinference.span.kind"] == "TOOL"
    assert found["input.value"] == '{"order": "A-7", "depth": 2}'
    assert (found["output.value"], found["output.mime_type"]) == ('{"order": "A-7"}', "application/json")
    request = next(seen for seen in collector.seen if seen.path == "/v1/traces")
    assert request.headers["x-evalwright-project"] == "support"
    assert request.headers["authorization"] == "Bearer ew_secret"
    assert request.headers["content-encoding"] == "gzip"


def test_one_argument_is_shown_alone_and_self_is_not_shown(collector: Collector) -> None:
    class Agent:
        @ew.observe
        def answer(self, question: str) -> str:
            return question.upper()

        @ew.observe
        @staticmethod
        def fixed(question: str) -> str:
            return question

    assert Agent().answer("why?") == "WHY?"
    assert Agent.fixed("x") == "x"
    ew.flush(5)
    found = attributes(collector.named("Agent.answer"))
    assert (found["input.value"], found["input.mime_type"], found["output.value"]) == ("why?", "text/plain", "WHY?")


def test_what_must_not_be_captured_is_not(collector: Collector) -> None:
    @ew.observe(name="secretive", capture_input=False, capture_output=False)
    def secretive(password: str) -> str:
        return password

    secretive("hunter2")
    ew.flush(5)
    assert "hunter2" not in str(collector.named("secretive"))


def test_nested_calls_are_children_also_across_tasks(collector: Collector) -> None:
    @ew.observe(name="child")
    async def child() -> None:
        await asyncio.sleep(0)

    @ew.observe(name="parent")
    async def parent() -> None:
        await asyncio.gather(child(), child())

    asyncio.run(parent())
    ew.flush(5)
    up = collector.named("parent")
    children = [span for span in collector.spans if span.name == "child"]
    assert [span.parent_span_id for span in children] == [up.span_id] * 2


def test_an_exception_fails_the_span_and_goes_on(collector: Collector) -> None:
    @ew.observe(name="failing")
    def failing() -> None:
        raise ValueError("no such order")

    with pytest.raises(ValueError, match="no such order"):
        failing()
    ew.flush(5)
    span = collector.named("failing")
    assert (span.status.code, span.status.message) == (2, "no such order")
    assert attributes(span)["error.type"] == "ValueError"
    assert span.events[0].name == "exception"


def test_a_generator_is_a_span_until_it_is_exhausted(collector: Collector) -> None:
    @ew.observe(name="tokens")
    def tokens(count: int) -> Iterator[str]:
        with ew.span("inner"):
            for number in range(count):
                received = yield str(number)
                assert received in (None, "go on")
        return "the end"

    stream = tokens(3)
    assert next(stream) == "0"
    assert not trace.get_current_span().is_recording(), "outside of its steps the generator's span is not current"
    assert stream.send("go on") == "1"
    assert next(stream) == "2"
    with pytest.raises(StopIteration) as stop:
        next(stream)
    assert stop.value.value == "the end"
    ew.flush(5)
    outer = collector.named("tokens")
    assert attributes(outer)["output.value"] == "012"
    assert collector.named("inner").parent_span_id == outer.span_id


def test_a_generator_that_is_left_early_ends_its_span_without_failure(collector: Collector) -> None:
    closed: list[bool] = []

    @ew.observe(name="endless")
    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    stream = endless()
    next(stream)
    stream.close()
    ew.flush(5)
    assert closed == [True]
    assert collector.named("endless").status.code == 0


def test_an_error_thrown_into_a_generator_arrives_in_it(collector: Collector) -> None:
    @ew.observe(name="resilient")
    def resilient() -> Iterator[str]:
        try:
            yield "first"
        except KeyError:
            yield "recovered"

    stream = resilient()
    next(stream)
    assert stream.throw(KeyError("x")) == "recovered"  # type: ignore[attr-defined]
    assert list(stream) == []


def test_generator_steps_may_run_in_different_threads(collector: Collector) -> None:
    @ew.observe(name="moving")
    def moving() -> Iterator[int]:
        with ew.span("moved"):
            yield 1
            yield 2

    stream, got = moving(), []
    for _ in range(3):
        thread = threading.Thread(target=lambda: got.extend([next(stream, None)]))
        thread.start()
        thread.join()
    ew.flush(5)
    assert got == [1, 2, None]
    assert collector.named("moved").parent_span_id == collector.named("moving").span_id


def test_an_async_generator_is_a_span_and_its_context_is_right(collector: Collector) -> None:
    seen: list[bool] = []

    @ew.observe(name="stream")
    async def stream(count: int) -> AsyncIterator[int]:
        for number in range(count):
            await asyncio.sleep(0)
            with ew.span(f"step {number}"):
                yield number

    async def read() -> None:
        seen.extend([trace.get_current_span().is_recording() async for _ in stream(2)])

    asyncio.run(read())
    ew.flush(5)
    outer = collector.named("stream")
    assert seen == [False, False]
    assert attributes(outer)["output.value"] == "[0, 1]"
    assert {collector.named(f"step {n}").parent_span_id for n in range(2)} == {outer.span_id}


def test_an_async_generator_that_is_closed_or_fails_ends_its_span(collector: Collector) -> None:
    @ew.observe(name="closed")
    async def closed() -> AsyncIterator[int]:
        yield 1
        yield 2

    @ew.observe(name="broken")
    async def broken() -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("torn")

    async def read() -> None:
        first = closed()
        assert await anext(first) == 1
        await first.aclose()  # type: ignore[attr-defined]
        with pytest.raises(RuntimeError, match="torn"):
            [number async for number in broken()]

    asyncio.run(read())
    ew.flush(5)
    assert collector.named("closed").status.code == 0
    assert collector.named("broken").status.code == 2


def test_session_and_prompt_reach_every_span_inside_those_of_others_too(collector: Collector) -> None:
    shared = ew.session("conversation-7", user_id="ada", tags=["beta"])
    with shared, ew.prompt("triage", version=3), ew.span("ours"):
        trace.get_tracer("somebody.else").start_span("theirs").end()
    with ew.span("outside"):
        pass
    ew.flush(5)
    for name in ("ours", "theirs"):
        found = attributes(collector.named(name))
        assert (found["session.id"], found["user.id"], found["tag.tags"]) == ("conversation-7", "ada", ["beta"])
        assert (found["evalwright.prompt.name"], found["evalwright.prompt.version"]) == ("triage", "3")
    assert "session.id" not in attributes(collector.named("outside"))


def test_update_says_more_about_the_current_span(collector: Collector) -> None:
    with ew.span("call", kind="LLM") as active:
        ew.update(
            model="claude",
            input_tokens=7,
            output_tokens=9,
            cost=0.25,
            input_messages=[{"role": "user", "content": "hi"}],
            output_messages=[{"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "f"}}]}],
            documents=["plain", {"id": "d", "content": "text", "score": 0.5}],
            custom={"a": 1},
        )
        assert len(active.trace_id) == 32
    ew.flush(5)
    found = attributes(collector.named("call"))
    assert (found["llm.model_name"], found["llm.token_count.prompt"], found["llm.cost.total"]) == ("claude", 7, 0.25)
    assert found["llm.input_messages.0.message.content"] == "hi"
    assert found["llm.output_messages.0.message.tool_calls.0.tool_call.function.name"] == "f"
    assert found["retrieval.documents.1.document.score"] == 0.5
    assert found["custom"] == '{"a": 1}'


def test_update_outside_of_any_span_does_nothing() -> None:
    ew.update(model="x", output=object())
    assert not trace.get_current_span().is_recording()


class _Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no repr for you")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparing either")

    __hash__ = None  # type: ignore[assignment]


def test_values_that_cannot_be_written_never_break_the_program(collector: Collector) -> None:
    endless: list[Any] = []
    endless.append(endless)
    values = [_Hostile(), endless, "lone \ud800", float("nan"), b"bytes", 10**5000, "x" * 10**6, {_Hostile: 1}, {1, 2}]

    @ew.observe(name="hostile")
    def hostile(value: Any) -> Any:
        return value

    for value in values:
        hostile(value)
    assert ew.flush(10)
    spans = [span for span in collector.spans if span.name == "hostile"]
    assert len(spans) == len(values)
    assert all(len(attributes(span)["input.value"]) < 300_000 for span in spans)


def test_a_server_that_is_away_costs_the_program_no_time_and_spans_wait_for_it(collector: Collector) -> None:
    before = ew.export_stats()
    up = threading.Event()
    collector.answer = lambda seen: Answer() if up.is_set() else Answer(503)
    started = time.perf_counter()
    for number in range(100):
        with ew.span(f"waiting {number}"):
            pass
    assert time.perf_counter() - started < 2
    assert not ew.flush(0.05)
    assert ew.export_stats().last_problem == "the server answered 503"
    up.set()
    assert ew.flush(10)
    assert since(before) == (100, 0, 0)


def test_no_server_at_all_never_raises_and_everything_is_counted_in_the_end() -> None:
    before = ew.export_stats()
    ew.init(endpoint="http://127.0.0.1:9", interval_s=0.01)
    with ew.span("lost"):
        pass
    assert not ew.flush(0.2)
    assert "cannot be reached" in ew.export_stats().last_problem
    from evalwright.sdk import tracing

    processor = tracing._state.processor
    assert processor is not None
    processor.outbox.close(0.01)
    assert since(before) == (0, 1, 0)
    ew.shutdown()


def test_a_slow_server_does_not_slow_the_program(collector: Collector) -> None:
    gate = threading.Event()

    def slow(seen: Seen) -> Answer:
        gate.wait(10)
        return Answer()

    collector.answer = slow
    started = time.perf_counter()
    for _ in range(50):
        with ew.span("quick"):
            pass
    assert not ew.flush(0.1)
    assert time.perf_counter() - started < 5
    gate.set()
    assert ew.flush(10)


def test_a_full_queue_drops_and_counts_instead_of_growing(collector: Collector) -> None:
    gate = threading.Event()

    def slow(seen: Seen) -> Answer:
        gate.wait(10)
        return Answer()

    collector.answer = slow
    ew.init("support", endpoint=collector.endpoint, max_queued_spans=10, interval_s=0.01)
    before = ew.export_stats()
    for _ in range(25):
        with ew.span("crowd"):
            pass
    gate.set()
    assert ew.flush(10)
    assert since(before) == (10, 15, 0)


def test_spans_the_server_refuses_are_counted_as_failed(collector: Collector) -> None:
    before = ew.export_stats()
    collector.answer = lambda seen: Answer(400)
    with ew.span("refused"):
        pass
    assert ew.flush(5)
    assert since(before) == (0, 0, 1)


def test_partial_success_is_read(collector: Collector) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    partly = ExportTraceServiceResponse()
    partly.partial_success.rejected_spans = 1
    partly.partial_success.error_message = "one had no id"
    headers = {"content-type": "application/x-protobuf"}
    collector.answer = lambda seen: Answer(200, partly.SerializeToString(), headers)
    before = ew.export_stats()
    ew.init("support", endpoint=collector.endpoint, interval_s=5)
    for _ in range(3):
        with ew.span("some"):
            pass
    assert ew.flush(5)
    assert since(before) == (2, 0, 1)


def test_a_batch_that_is_too_large_goes_in_halves(collector: Collector) -> None:
    def small_only(seen: Seen) -> Answer:
        count = sum(len(s.spans) for r in seen.body.resource_spans for s in r.scope_spans)
        return Answer(413) if count > 2 else Answer()

    collector.answer = small_only
    ew.init("support", endpoint=collector.endpoint, interval_s=5)
    before = ew.export_stats()
    for _ in range(8):
        with ew.span("part"):
            pass
    assert ew.flush(5)
    assert since(before) == (8, 0, 0)


def test_a_provider_that_is_already_there_is_used_and_keeps_its_own_exporters() -> None:
    program = """
import sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
import evalwright as ew

theirs, memory = TracerProvider(), InMemorySpanExporter()
theirs.add_span_processor(SimpleSpanProcessor(memory))
trace.set_tracer_provider(theirs)
ew.init("support", endpoint=sys.argv[1])
with ew.span("shared"):
    pass
assert ew.flush(10)
assert trace.get_tracer_provider() is theirs
print(*(span.name for span in memory.get_finished_spans()))
"""
    with running_collector() as collector:
        command = [sys.executable, "-W", "error", "-c", program, collector.endpoint]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["shared"] == [span.name for span in collector.spans]


def test_a_program_that_just_ends_still_sends_its_spans() -> None:
    program = """
import sys
import evalwright as ew

ew.init("support", endpoint=sys.argv[1], service_name="shop", environment="test", release="abc")
with ew.span("last words"):
    pass
"""
    with running_collector() as collector:
        command = [sys.executable, "-W", "error", "-c", program, collector.endpoint]
        subprocess.run(command, check=True, timeout=60)
        assert [span.name for span in collector.spans] == ["last words"]
        resource = attributes(collector.seen[0].body.resource_spans[0].resource)
    assert (resource["service.name"], resource["deployment.environment.name"]) == ("shop", "test")


def test_before_init_nothing_is_recorded_and_nothing_breaks() -> None:
    @ew.observe
    def plain(value: int) -> int:
        return value + 1

    before = ew.export_stats()
    assert plain(1) == 2
    assert ew.flush(0.1)
    assert since(before) == (0, 0, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_sends_its_own_spans_and_not_its_parents(collector: Collector) -> None:
    ew.init("support", endpoint=collector.endpoint, interval_s=60)
    with ew.span("of the parent"):
        pass
    child = os.fork()
    if child == 0:
        with ew.span("of the child"):
            pass
        os._exit(0 if ew.flush(10) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [span.name for span in collector.spans] == ["of the child"]
    assert ew.flush(5)
    assert sorted(span.name for span in collector.spans) == ["of the child", "of the parent"]
