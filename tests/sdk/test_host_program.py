"""The SDK fits into whatever program it finds itself in, and never breaks it."""

from __future__ import annotations

import asyncio
import contextvars
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from collector import Collector, attributes, running_collector

from evalwright import sdk as ew


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        ew.init("support", endpoint=running.endpoint, interval_s=0.01)
        yield running
        ew.shutdown()


def test_a_second_init_moves_the_spans_and_adds_no_second_processor(collector: Collector) -> None:
    from opentelemetry import trace

    provider = trace.get_tracer_provider()
    count = len(provider._active_span_processor._span_processors)  # type: ignore[attr-defined]
    with running_collector() as other:
        ew.init("elsewhere", endpoint=other.endpoint, interval_s=0.01)
        with ew.span("moved"):
            pass
        assert ew.flush(5)
        assert [span.name for span in other.spans] == ["moved"]
        assert other.seen[0].headers["x-evalwright-project"] == "elsewhere"
    assert collector.spans == []
    assert len(provider._active_span_processor._span_processors) == count  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "fields",
    [{"tags": 5}, {"input_messages": "hello"}, {"documents": [{"score": "high"}]}, {"metadata": 7}, {"documents": 3}],
    ids=str,
)
def test_an_update_of_the_wrong_shape_is_kept_as_text(collector: Collector, fields: dict[str, object]) -> None:
    with ew.span("odd") as active:
        active.update(**fields, output="fine")
    ew.flush(5)
    found = attributes(collector.named("odd"))
    assert found["output.value"] == "fine"
    assert next(iter(fields)) in found


def test_an_exception_that_cannot_be_printed_reaches_the_caller_as_it_was(collector: Collector) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("broken")

    with pytest.raises(Mute), ew.span("mute"):
        raise Mute
    ew.flush(5)
    assert attributes(collector.named("mute"))["error.type"].endswith("Mute")


def test_threads_take_part_when_they_are_given_the_context(collector: Collector) -> None:
    @ew.observe(name="worker")
    def worker(number: int) -> int:
        return number

    with ew.session("conversation-7"), ew.span("boss"), ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(contextvars.copy_context().run, worker, number) for number in range(3)]
        assert sorted(job.result() for job in jobs) == [0, 1, 2]
        assert asyncio.run(asyncio.to_thread(worker, 3)) == 3
    ew.flush(5)
    boss = collector.named("boss")
    workers = [span for span in collector.spans if span.name == "worker"]
    assert [span.parent_span_id for span in workers] == [boss.span_id] * 4
    assert {attributes(span)["session.id"] for span in workers} == {"conversation-7"}


def test_a_decorator_may_say_more_about_every_call(collector: Collector) -> None:
    @ew.observe(kind="AGENT", name="billing", tags=["beta"])
    def billing() -> None: ...

    @ew.observe(kind="AGENT", agent_name="desk")
    def lead() -> None: ...

    billing()
    lead()
    ew.flush(5)
    found = attributes(collector.named("billing"))
    assert (found["agent.name"], found["tag.tags"]) == ("billing", ["beta"])
    assert attributes(collector.named("lead"))["agent.name"] == "desk"


def test_a_user_can_be_named_without_a_session(collector: Collector) -> None:
    with ew.session(user_id="ada"), ew.span("known"):
        pass
    ew.flush(5)
    found = attributes(collector.named("known"))
    assert found["user.id"] == "ada"
    assert "session.id" not in found


def test_the_current_span_knows_its_page(collector: Collector) -> None:
    with ew.span("outer") as outer:
        here = ew.current_span()
        assert here.trace_id == outer.trace_id
        assert here.url == f"{collector.endpoint}/traces/{outer.trace_id}?project=support&span={outer.span_id}"
    assert ew.current_span().url == ""


def test_a_mask_sees_every_text_before_it_is_sent(collector: Collector) -> None:
    def no_email(text: str) -> str:
        return re.sub(r"[\w.]+@[\w.]+", "[email]", text)

    ew.init("support", endpoint=collector.endpoint, interval_s=0.01, mask=no_email)

    @ew.observe(name="write", tags=["cc:eve@example.org"], input_tokens=7)
    def write(mail: dict[str, str]) -> None:
        raise ValueError("no such box: bob@example.org")

    with pytest.raises(ValueError, match="bob@example"):
        write({"to": "ann@example.org"})
    assert ew.flush(5)
    span = collector.named("write")
    assert "example.org" not in str(span)
    found = attributes(span)
    assert (found["input.value"], found["tag.tags"]) == ('{"to": "[email]"}', ["cc:[email]"])
    assert (found["llm.token_count.prompt"], span.status.message) == (7, "no such box: [email]")


@pytest.mark.parametrize("broken", [lambda text: 1 / 0, lambda text: None], ids=["raises", "returns nothing"])
def test_a_mask_that_fails_hides_everything(collector: Collector, broken: object) -> None:
    ew.init("support", endpoint=collector.endpoint, interval_s=0.01, mask=broken)  # type: ignore[arg-type]
    with ew.span("write", input="secret"):
        pass
    assert ew.flush(5)
    assert attributes(collector.named("write"))["input.value"].startswith("[hidden: the mask r")


def test_attributes_that_come_too_late_are_said(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    ew.init("support", endpoint=collector.endpoint, service_name="another")
    (record,) = [record for record in caplog.records if record.name.startswith("evalwright")]
    assert "service.name cannot be set" in record.getMessage()


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)


def test_another_librarys_provider_is_joined_when_it_takes_processors() -> None:
    program = """
import sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
import evalwright as ew

class Wrapped(trace.TracerProvider):
    inner = TracerProvider()
    def get_tracer(self, *args, **kwargs):
        return self.inner.get_tracer(*args, **kwargs)
    def add_span_processor(self, processor):
        self.inner.add_span_processor(processor)

trace.set_tracer_provider(Wrapped())
ew.init(endpoint=sys.argv[1])
with ew.span("theirs"):
    pass
"""
    with running_collector() as collector:
        assert run(program, collector.endpoint).stderr == ""
        assert [span.name for span in collector.spans] == ["theirs"]


def test_a_provider_that_shows_nobody_its_spans_is_said_and_nothing_breaks() -> None:
    program = """
from opentelemetry import trace
import evalwright as ew

class Closed(trace.NoOpTracerProvider): ...
trace.set_tracer_provider(Closed())
ew.init(endpoint="http://127.0.0.1:9")
with ew.span("nowhere"):
    pass
"""
    assert "__main__.Closed takes no span processors" in run(program).stderr


def test_opentelemetrys_own_switch_turns_recording_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    program = "import evalwright as ew\new.init()\nwith ew.span('x') as active: print(active.is_recording)"
    done = run(program)
    assert done.stdout.strip() == "False"


def test_installed_instrumentations_are_switched_on() -> None:
    program = """
import sys
import openai
import evalwright as ew
from evalwright.testing import ScriptedServer

ew.init(endpoint=sys.argv[1], auto_instrument=True)
with ScriptedServer(lambda call: "Hello.") as server:
    client = openai.OpenAI(base_url=server.url, api_key="none")
    client.chat.completions.create(model="gpt-4.1-mini", messages=[{"role": "user", "content": "Hi"}])
"""
    with running_collector() as collector:
        run(program, collector.endpoint)
        (span,) = collector.spans
    assert attributes(span)["llm.output_messages.0.message.content"] == "Hello."
