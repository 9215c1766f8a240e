"""The pure steps between decoding and the store."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_kit import NOW, PROTOBUF, T0, NoPrices, body_of, otlp_span
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan

from evalwright import semconv
from evalwright.domain.errors import UnsupportedType
from evalwright.domain.span import CostSource, RawSpan, Span, SpanKind
from evalwright.ingest import IntakeLimits
from evalwright.ingest.pipeline import (
    Prepared,
    choose_project,
    decode_traces,
    merge_duplicates,
    merge_spans,
    normalise_spans,
    prepare_traces,
    price_span,
)
from evalwright.ports.prices import Prices, Usage

LLM = Span(project="p", trace_id="t", span_id="s", kind=SpanKind.LLM, model="m", input_tokens=10, output_tokens=5)


class PennyPrices:
    """A cent per token."""

    def price(self, *, model: str, provider: str, usage: Usage, at_ns: int) -> float | None:
        return (usage.input_tokens + usage.output_tokens) / 100


def prepare(body: bytes, *, project: str = "", prices: Prices | None = None) -> Prepared:
    return prepare_traces(
        body, PROTOBUF, project=project, prices=prices or NoPrices(), limits=IntakeLimits(), now_ns=NOW
    )


@pytest.mark.parametrize(
    ("given_project", "resource", "stored"),
    [
        ("key", {"openinference.project.name": "sent"}, "key"),
        ("", {"openinference.project.name": "sent"}, "sent"),
        ("", {"service.name": "shop"}, "default"),
    ],
)
def test_the_project_of_the_key_wins_then_the_senders(
    given_project: str, resource: dict[str, str], stored: str
) -> None:
    (span,) = prepare(body_of(otlp_span(), resource=resource), project=given_project).spans
    assert span.project == stored


def test_a_model_call_with_tokens_gets_its_cost() -> None:
    priced = price_span(LLM, PennyPrices())
    assert (priced.cost, priced.cost_source) == (0.15, CostSource.COMPUTED)


def test_an_unknown_model_is_unpriced_and_never_free() -> None:
    unpriced = price_span(LLM, NoPrices())
    assert (unpriced.cost, unpriced.cost_source) == (None, CostSource.UNPRICED)


@pytest.mark.parametrize(
    "span",
    [
        replace(LLM, cost=0.5, cost_source=CostSource.REPORTED),
        replace(LLM, usage_rollup=True),
        replace(LLM, kind=SpanKind.AGENT),
        replace(LLM, input_tokens=None, output_tokens=None),
    ],
    ids=["reported", "roll-up", "agent", "no tokens"],
)
def test_what_has_a_cost_or_must_not_have_one_is_left_alone(span: Span) -> None:
    assert price_span(span, PennyPrices()) is span


def test_of_two_deliveries_the_later_ended_wins_and_keeps_the_attributes_of_both() -> None:
    early = replace(LLM, end_ns=1, name="started", attributes={"a": 1, "b": 1})
    late = replace(LLM, end_ns=2, name="ended", attributes={"b": 2, "c": 2})
    for first, second in ((early, late), (late, early)):
        merged = merge_spans(first, second)
        assert (merged.name, merged.end_ns, merged.attributes) == ("ended", 2, {"a": 1, "b": 2, "c": 2})
        assert merged.flags == ("merged",)


def test_equal_deliveries_merge_without_a_trace_of_it() -> None:
    assert merge_duplicates([LLM, LLM]) == ([LLM], 1)


spans = st.builds(
    replace,
    st.just(LLM),
    span_id=st.sampled_from(["a", "b"]),
    project=st.sampled_from(["p", "q"]),
    end_ns=st.integers(0, 3),
    attributes=st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 2)),
)


@given(st.lists(spans, max_size=8))
def test_merging_keeps_every_key_once_and_loses_no_attribute(delivered: list[Span]) -> None:
    merged, count = merge_duplicates(delivered)
    keys = [(span.project, span.trace_id, span.span_id) for span in merged]
    assert keys == list(dict.fromkeys((span.project, span.trace_id, span.span_id) for span in delivered))
    assert len(merged) + count == len(delivered)
    for span in merged:
        same = [one for one in delivered if (one.project, one.span_id) == (span.project, span.span_id)]
        assert span.end_ns == max(one.end_ns for one in same)
        assert set(span.attributes) == {key for one in same for key in one.attributes}


def test_duplicates_within_a_request_are_counted() -> None:
    prepared = prepare(body_of(otlp_span(1), otlp_span(1, name="again", end_time_unix_nano=T0 + 10**9), otlp_span(2)))
    assert [span.name for span in prepared.spans] == ["again", "step 2"]
    assert (prepared.merged, prepared.repairs) == (1, {"merged": 1})


def pending(number: int, *, real: int) -> OtlpSpan:
    return otlp_span(
        number,
        parent_span_id=real.to_bytes(8, "big"),
        name=f"step {real}",
        attributes={"logfire.span_type": "pending_span", "logfire.pending_parent_id": "00000000000000ff"},
    )


def test_a_start_marker_stands_for_its_span_until_that_arrives() -> None:
    (span,) = prepare(body_of(pending(9, real=1))).spans
    assert (span.span_id, span.parent_span_id) == (f"{1:016x}", "00000000000000ff")


def test_a_start_marker_beside_its_span_says_nothing() -> None:
    prepared = prepare(body_of(pending(9, real=1), otlp_span(1)))
    assert [span.span_id for span in prepared.spans] == [f"{1:016x}"]
    assert prepared.spans[0].flags == ()


def test_a_media_type_that_is_not_otlp_is_refused() -> None:
    with pytest.raises(UnsupportedType, match="text/plain"):
        decode_traces(b"", "text/plain", IntakeLimits(), NOW)


def test_a_project_rule_never_answers_with_nothing() -> None:
    assert choose_project("")({}, {}) == "default"


def refuse_everything(raw: RawSpan, *, project: str, received_ns: int) -> Span:
    raise KeyError(raw.name)


def test_a_span_that_defeats_the_conventions_is_kept_as_it_came() -> None:
    raws = decode_traces(body_of(otlp_span(1, attributes={"k": 1})), PROTOBUF, IntakeLimits(), NOW).spans
    (span,) = normalise_spans(raws, choose_project("p"), NOW, normalise=refuse_everything)
    assert (span.project, span.name, span.attributes, span.flags) == ("p", "step 1", {"k": 1}, ("bad_value",))


keys = st.sampled_from(
    [
        "openinference.span.kind",
        "llm.token_count.prompt",
        "llm.input_messages.0.message.role",
        "gen_ai.usage.input_tokens",
        "gen_ai.input.messages",
        "gen_ai.operation.name",
        "traceloop.span.kind",
        "ai.operationId",
        "ai.prompt",
        "langfuse.observation.usage_details",
        "logfire.json_schema",
        "mlflow.spanInputs",
        "gcp.vertex.agent.llm_request",
        "session.id",
        "tag.tags",
        "metadata",
        "input.value",
        "output.value",
        "gen_ai.usage.cost",
        "cost_usd",
        "ttft_ms",
    ]
)
odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=4)
    | st.sampled_from(
        ['{"a":', "[]", "{}", '[{"role":1}]', "1e999", "-5", "LLM", '[{"role":"user","parts":[{"type":"text"}]}]']
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(keys, odd, max_size=6))
def test_no_attributes_defeat_the_pipeline(attributes: dict[str, object]) -> None:
    raws = decode_traces(body_of(otlp_span(1, attributes=attributes)), PROTOBUF, IntakeLimits(), NOW).spans
    (span,) = (semconv.normalise(raw, project="p", received_ns=NOW) for raw in raws)
    json.dumps(asdict(price_span(span, PennyPrices())), allow_nan=False).encode()
