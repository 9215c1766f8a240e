from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import EvaluatorKind, EvaluatorSpec
from evalwright.domain.score import Evidence, Score, ScoreType, Target
from evalwright.domain.span import Span, SpanEvent, SpanKind, SpanStatus
from evalwright.scoring import already_scored, read_subjects, score_to_wire, span_from_wire
from evalwright.server import wire


def span(trace: int, number: int, kind: SpanKind = SpanKind.TOOL, **fields: Any) -> Span:
    given: dict[str, Any] = {
        "project": "p",
        "trace_id": f"{trace:032x}",
        "span_id": f"{trace * 100 + number:016x}",
        "parent_span_id": "" if number == 0 else f"{trace * 100:016x}",
        "kind": kind,
        "start_ns": 1_700_000_000_000_000_000 + trace * 10**9 + number * 10**6,
        "end_ns": 1_700_000_000_000_000_000 + trace * 10**9 + (number + 1) * 10**6,
        "session_id": f"s{trace // 2}",
    }
    return Span(**(given | fields))


class Server:
    """The HTTP API over a list of spans, two rows a page."""

    def __init__(self, spans: list[Span], scores: list[dict[str, Any]] | None = None) -> None:
        self.spans = spans
        self.scores = scores or []
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, path: str, /, **params: Any) -> Mapping[str, Any]:
        self.asked.append((path, params))
        rows = getattr(self, "_" + path.strip("/"))(params)
        start = int(params.get("cursor") or 0)
        end = start + min(2, params["limit"])
        return {"items": rows[start:end], "next_cursor": str(end) if end < len(rows) else ""}

    def _spans(self, params: Mapping[str, Any]) -> list[Any]:
        wanted = params.get("filter", "")
        field = wanted.partition(" ")[0]
        return [wire.to_plain(s) for s in self.spans if not wanted or f'"{getattr(s, field)}"' in wanted]

    def _traces(self, params: Mapping[str, Any]) -> list[Any]:
        return [{"trace_id": each} for each in dict.fromkeys(s.trace_id for s in self.spans)]

    def _sessions(self, params: Mapping[str, Any]) -> list[Any]:
        return [{"session_id": each} for each in dict.fromkeys(s.session_id for s in self.spans)]

    def _scores(self, params: Mapping[str, Any]) -> list[Any]:
        return [row for row in self.scores if row["evaluator_version"] == params["evaluator_version"]]


def test_a_span_comes_back_from_the_wire_as_it_was() -> None:
    sent = span(
        1,
        3,
        SpanKind.LLM,
        status=SpanStatus.ERROR,
        input_tokens=5,
        cost=0.25,
        tags=("a", "b"),
        attributes={"x": [1, {"y": None}]},
        events=(SpanEvent(time_ns=1_700_000_000_123_456_789, name="exception", attributes={"k": 1}),),
        received_ns=0,
    )
    assert span_from_wire(wire.to_plain(sent)) == Span(
        **{name: getattr(sent, name) for name in sent.__slots__} | {"events": [sent.events[0]], "links": []}
    )


def test_a_row_that_is_no_span_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no span"):
        span_from_wire({"trace_id": "x"})


def test_traces_are_read_page_by_page_with_all_their_spans_in_few_requests() -> None:
    server = Server([span(t, n) for t in range(1, 6) for n in (2, 0, 1)])
    found = list(read_subjects(server, target=Target.TRACE, project="p", filter='kind == "TOOL"'))
    assert [len(subject.steps) for subject in found] == [3] * 5
    assert [step.span.span_id for step in found[0].steps] == [f"{100 + n:016x}" for n in range(3)]
    assert found[0].key == found[0].trace_id == f"{1:032x}"
    assert server.asked[0][1]["filter"] == 'kind == "TOOL"'
    spans_requests = [params for path, params in server.asked if path == "/spans"]
    assert len({params["filter"] for params in spans_requests}) == 1, "one query for the spans of many traces"


def test_a_limit_stops_the_reading() -> None:
    server = Server([span(t, 0) for t in range(1, 10)])
    assert len(list(read_subjects(server, target=Target.TRACE, project="p", limit=3))) == 3
    assert len(list(read_subjects(server, target=Target.SPAN, project="p", limit=5))) == 5


def test_a_session_is_one_conversation_of_its_traces() -> None:
    spans = [span(t, 0, SpanKind.AGENT, input=f"q{t}", output=f"a{t}") for t in (2, 3)]
    [subject] = read_subjects(Server(spans), target=Target.SESSION, project="p")
    assert (subject.target, subject.key, subject.trace_id) == (Target.SESSION, "s1", "")
    assert (subject.values["input"], subject.values["output"]) == ("q2", "a3")
    assert [m["content"] for m in subject.values["messages"]] == ["q2", "a2", "q3", "a3"]


def test_totals_never_count_a_roll_up_twice_and_an_unpriced_call_hides_the_cost() -> None:
    agent = span(1, 0, SpanKind.AGENT, input_tokens=30, output_tokens=3, usage_rollup=True, cost=0.3)
    calls = [span(1, n, SpanKind.LLM, input_tokens=15, output_tokens=1, cost=0.15) for n in (1, 2)]
    [subject] = read_subjects(Server([agent, *calls]), target=Target.TRACE, project="p")
    assert (subject.values["input_tokens"], subject.values["total_tokens"]) == (30, 32)
    assert subject.values["cost"] == pytest.approx(0.3)
    assert subject.values["latency_ms"] == pytest.approx(3.0)
    unpriced = span(1, 3, SpanKind.LLM, input_tokens=1, cost_source="unpriced")
    [subject] = read_subjects(Server([agent, *calls, unpriced]), target=Target.TRACE, project="p")
    assert "cost" not in subject.values


def test_what_was_not_recorded_is_absent() -> None:
    [subject] = read_subjects(Server([span(1, 0)]), target=Target.SPAN, project="p")
    assert not {"input", "output", "context", "messages", "cost", "total_tokens", "expected"} & set(subject.values)


def test_only_answers_of_this_version_count_as_done_and_errors_do_not() -> None:
    rows = [
        {"trace_id": "a", "status": "scored", "evaluator_version": "v2"},
        {"trace_id": "b", "status": "unseen", "evaluator_version": "v2"},
        {"trace_id": "c", "status": "errored", "evaluator_version": "v2"},
        {"trace_id": "d", "status": "scored", "evaluator_version": "v1"},
    ]
    spec = EvaluatorSpec(name="e", version="v2", kind=EvaluatorKind.CODE, target=Target.TRACE, type=ScoreType.BOOLEAN)
    done = already_scored(Server([], rows), project="p", target=Target.TRACE, specs=[spec])
    assert done == {"e": {"a", "b"}}


def test_a_score_goes_out_as_the_server_reads_it() -> None:
    from evalwright.server.judgements import ScoreIn, to_score

    score = Score(
        id="",
        project="p",
        target=Target.TRACE,
        name="n",
        type=ScoreType.BOOLEAN,
        value=0.0,
        label="false",
        evidence=(Evidence(quote="q", found=False),),
        trace_id="a" * 32,
        metadata={"calls": 1},
        created_ns=1_700_000_000_123_456_789,
    )
    stored = to_score(ScoreIn.model_validate(score_to_wire(score)), project="p", now_ns=1)
    assert stored.id.startswith("sc_")
    assert (stored.value, stored.label, stored.evidence) == (0.0, "false", score.evidence)
    assert stored.created_ns == score.created_ns
