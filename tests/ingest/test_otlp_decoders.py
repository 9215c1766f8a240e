"""Both encodings of a trace request are read alike, and every fault costs only itself."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_kit import (
    JSON,
    NOW,
    PROTOBUF,
    T0,
    TRACE,
    NoPrices,
    as_json,
    as_protobuf,
    attribute,
    body_of,
    field_bytes,
    otlp_span,
    request_of,
)
from shared import shared_data

from evalwright.domain.errors import EvalwrightError, InvalidInput
from evalwright.domain.repair import FLAGS
from evalwright.domain.span import RawSpan, SpanStatus
from evalwright.ingest import IntakeLimits
from evalwright.ingest.json import decode_json, read_traces
from evalwright.ingest.pipeline import prepare_traces
from evalwright.ingest.protobuf import decode_protobuf
from evalwright.ingest.repairs import MAX_DEPTH, Repairs
from evalwright.ingest.validate import MAX_TIME_NS, Decoded
from evalwright.ingest.wire import TRACES, parse_document

BIG = 1 << 24
FILES = (
    "frameworks/frameworks.public",
    "tau-bench/tau2_airline_grok-3-mini.run",
    "tau-bench/tau2_airline_grok-4-fast-reasoning.run",
    "tau-bench/tau_airline_gpt4o.run",
    "tau-bench/tau_airline_gpt4o.turns",
    "trail/trail_gaia.public",
    "trail/trail_swebench.public",
    "whowhen/whowhen_algorithm.public",
    "whowhen/whowhen_handcrafted.public",
)


def from_protobuf(body: bytes, chars: int = BIG) -> Decoded:
    return decode_protobuf(body, max_value_chars=chars, now_ns=NOW)


def from_json(body: bytes, chars: int = BIG) -> Decoded:
    return decode_json(body, max_value_chars=chars, now_ns=NOW)


def from_wire(body: bytes, chars: int = BIG) -> Decoded:
    return read_traces(parse_document(body, TRACES), Decoded(Repairs(chars), NOW))


def json_span(**fields: Any) -> bytes:
    span = {
        "traceId": TRACE.hex(),
        "spanId": "00000000000000ab",
        "name": "a",
        "startTimeUnixNano": str(T0),
        "endTimeUnixNano": str(T0 + 5),
        **fields,
    }
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()


def only(decoded: Decoded) -> RawSpan:
    assert not decoded.rejected
    (span,) = decoded.spans
    return span


def json_value(value: Any) -> RawSpan:
    return only(from_json(json_span(attributes=[{"key": "k", "value": value}])))


@pytest.mark.shared_data
@pytest.mark.parametrize("name", FILES)
def test_real_traces_are_the_same_in_both_encodings(name: str) -> None:
    path = shared_data() / f"{name}.otlp.jsonl.gz"
    lines = gzip.decompress(Path(path).read_bytes()).splitlines()
    limits = IntakeLimits()
    for number, line in enumerate(lines):
        protobuf = as_protobuf(line)
        assert from_json(line).spans == from_protobuf(protobuf).spans, number
        if number % 25 == 0:
            both = [
                prepare_traces(body, kind, project="p", prices=NoPrices(), limits=limits, now_ns=NOW)
                for body, kind in ((line, JSON), (protobuf, PROTOBUF))
            ]
            assert both[0] == both[1]
            assert from_wire(protobuf).spans == from_json(line).spans


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)
times = st.integers(0, (1 << 64) - 1) | st.sampled_from(
    [0, 1_754_056_614, 1_754_056_614_163, T0, 4_300_000_000 * 10**9]
)
ids16 = st.binary(min_size=16, max_size=16) | st.binary(max_size=20)
ids8 = st.binary(min_size=8, max_size=8) | st.binary(max_size=9)


@st.composite
def spans(draw: st.DrawFn) -> Any:
    return otlp_span(
        1,
        trace_id=draw(ids16),
        span_id=draw(ids8),
        parent_span_id=draw(ids8),
        name=draw(st.text(max_size=5)),
        kind=draw(st.integers(0, 7)),
        start_time_unix_nano=draw(times),
        end_time_unix_nano=draw(times),
        attributes=draw(st.dictionaries(st.text(max_size=4), values, max_size=4)),
        status={"code": draw(st.integers(0, 4)), "message": draw(st.text(max_size=3))},
        trace_state=draw(st.text(max_size=3)),
        dropped_attributes_count=draw(st.integers(0, 3)),
        events=[
            {
                "time_unix_nano": draw(times),
                "name": draw(st.text(max_size=3)),
                "attributes": [attribute("e", draw(values))],
            }
        ],
        links=[{"trace_id": draw(ids16), "span_id": draw(ids8)}],
    )


def comparable(decode: Any, body: bytes) -> Any:
    try:
        decoded = decode(body, chars=6)
    except InvalidInput as error:
        return error.message
    return decoded.spans, decoded.rejected, decoded.repairs.totals


@settings(max_examples=150, deadline=None)
@given(st.lists(spans(), min_size=1, max_size=3))
def test_any_request_is_read_alike_by_all_three_readers(made: list[Any]) -> None:
    request = request_of(*made)
    body = request.SerializeToString()
    fast = comparable(from_protobuf, body)
    assert comparable(from_wire, body) == fast
    assert comparable(from_json, as_json(request)) == fast
    for span in fast[0] if isinstance(fast, tuple) else ():
        assert set(span.flags) <= set(FLAGS)
        assert 0 < span.start_ns <= MAX_TIME_NS
        json.dumps([span.attributes, span.resource], allow_nan=False).encode()


good_body = body_of(
    *(otlp_span(number, attributes={"a": "text", "n": number, "d": {"x": [1.5, True]}}) for number in range(1, 5))
)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(good_body)), st.integers(0, 40))
def test_a_mutated_body_never_raises_anything_unknown(noise: bytes, at: int, cut: int) -> None:
    for decode, body in (
        (from_protobuf, good_body[:at] + noise + good_body[at + cut :]),
        (from_protobuf, noise),
        (from_json, noise),
        (from_json, as_json(request_of(otlp_span()))[: at % 300] + noise),
    ):
        try:
            decoded = decode(body)
        except EvalwrightError:
            continue
        for span in decoded.spans:
            json.dumps(span.attributes, allow_nan=False).encode()


json_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resourceSpans",
                    "resource",
                    "scopeSpans",
                    "scope",
                    "spans",
                    "traceId",
                    "spanId",
                    "attributes",
                    "key",
                    "value",
                    "stringValue",
                    "intValue",
                    "arrayValue",
                    "kvlistValue",
                    "values",
                    "events",
                    "links",
                    "status",
                    "code",
                    "name",
                    "startTimeUnixNano",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(json_documents)
def test_a_document_of_any_shape_never_raises_anything_unknown(document: Any) -> None:
    for shaped in (document, {"resourceSpans": [{"scopeSpans": [{"spans": [document]}]}]}):
        try:
            from_json(json.dumps(shaped).encode())
        except EvalwrightError:
            continue


def test_a_string_that_is_not_utf8_costs_only_its_bytes() -> None:
    body = body_of(otlp_span(1, attributes={"bad": "XXXX", "good": "kept"}), otlp_span(2)).replace(
        b"XXXX", b"a\xff\xfeb"
    )
    decoded = from_protobuf(body)
    assert [span.name for span in decoded.spans] == ["step 1", "step 2"]
    assert decoded.spans[0].attributes == {"bad": "a\ufffd\ufffdb", "good": "kept"}
    assert decoded.spans[0].flags == ("invalid_utf8",)
    assert decoded.spans[1].flags == ()
    assert decoded.repairs.totals == {"invalid_utf8": 1}


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 48, 60, 300])
def test_nesting_over_the_limit_is_kept_as_text(depth: int) -> None:
    value = field_bytes(1, b"core")
    for _ in range(depth):
        value = field_bytes(5, field_bytes(1, value))
    head = otlp_span(1).SerializeToString() + attribute_bytes(b"deep", value)
    body = field_bytes(1, field_bytes(2, field_bytes(2, head + attribute_bytes(b"next", b"\x18\x01"))))
    span = only(from_protobuf(body))
    assert span == only(from_wire(body))
    levels, found = 0, span.attributes["deep"]
    while isinstance(found, list):
        levels, found = levels + 1, found[0]
    assert levels == min(depth, MAX_DEPTH)
    assert span.flags == (("too_deep",) if depth > MAX_DEPTH else ())
    assert found == "core" or found.startswith("[")
    assert span.attributes["next"] == 1
    if depth < 300:
        document = json.dumps(nested_json(depth))
        body = json_span(attributes=[{"key": "deep", "value": 0}, {"key": "next", "value": {"intValue": 1}}])
        again = only(from_json(body.replace(b'"value": 0', b'"value": ' + document.encode())))
        assert again.attributes == span.attributes
        assert again.flags == span.flags


def attribute_bytes(key: bytes, value: bytes) -> bytes:
    return field_bytes(9, field_bytes(1, key) + field_bytes(2, value))


def nested_json(depth: int) -> Any:
    value: Any = {"stringValue": "core"}
    for _ in range(depth):
        value = {"arrayValue": {"values": [value]}}
    return value


def test_thousands_of_levels_of_protobuf_are_read_without_running_out_of_stack() -> None:
    inner = b""
    head = field_bytes(1, TRACE) + field_bytes(2, b"12345678")
    for _ in range(3000):
        inner = field_bytes(5, field_bytes(1, inner))
    span = head + attribute_bytes(b"deep", inner)
    decoded = from_protobuf(field_bytes(1, field_bytes(2, field_bytes(2, span))))
    assert "too_deep" in only(decoded).flags


def test_a_broken_attribute_costs_that_attribute() -> None:
    broken = field_bytes(9, field_bytes(1, b"bad") + b"\x12\xff")
    good = otlp_span(1, attributes={"good": 1}).SerializeToString()
    body = field_bytes(1, field_bytes(2, field_bytes(2, good + broken) + field_bytes(2, good)))
    decoded = from_protobuf(body)
    assert [span.attributes for span in decoded.spans] == [{"good": 1}, {"good": 1}]
    assert decoded.spans[0].flags == ("bad_value",)


def test_a_broken_span_costs_that_span() -> None:
    good = otlp_span(1).SerializeToString()
    body = field_bytes(1, field_bytes(2, field_bytes(2, b"\x0a\xff") + field_bytes(2, good)))
    decoded = from_protobuf(body)
    assert [span.name for span in decoded.spans] == ["step 1"]
    assert decoded.rejected == {"malformed": 1}


def test_a_scope_that_breaks_off_keeps_the_spans_before() -> None:
    good = field_bytes(2, otlp_span(1).SerializeToString())
    body = field_bytes(1, field_bytes(2, good + b"\x12\x7f\x01"))
    decoded = from_protobuf(body)
    assert len(decoded.spans) == 1
    assert decoded.rejected == {"malformed": 1}


@pytest.mark.parametrize("cut", [1, 7, 40, len(good_body) // 2])
def test_a_cut_protobuf_body_is_refused(cut: int) -> None:
    with pytest.raises(InvalidInput):
        from_protobuf(good_body[:-cut])


@pytest.mark.parametrize("body", [b"\x00", b"hello world", b"\xff" * 50, b"\x08\x01", b'{"resourceSpans":[]}'])
def test_what_is_not_a_request_is_refused_as_protobuf(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        from_protobuf(body)


def test_an_empty_protobuf_body_is_an_empty_request() -> None:
    assert from_protobuf(b"").spans == []


@pytest.mark.parametrize("body", [b"", b" ", b"[]", b"null", b"3", b'"x"', b"{", b"\xff", b"[" * 100_000])
def test_what_is_not_an_object_is_refused_as_json(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        from_json(body)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"resourceSpans": null}', b'{"resourceSpans": []}', b'{"unknown": 1}', b"\xef\xbb\xbf{}"]
)
def test_an_empty_json_request_is_fine(body: bytes) -> None:
    assert from_json(body).spans == []


def test_ids_come_in_any_case_and_leave_in_lower_case() -> None:
    span = only(from_json(json_span(traceId="ABCDEF" + "0" * 26, spanId="00000000000000AB", parentSpanId="FF" * 8)))
    assert (span.trace_id[:6], span.span_id, span.parent_span_id) == ("abcdef", "00000000000000ab", "ff" * 8)


@pytest.mark.parametrize("bad", ["", "00" * 16, "ab", "zz" * 16, "AQIDBAUGBwgJCgsMDQ4PEA==", 7])
def test_a_span_with_a_bad_trace_id_is_refused_alone(bad: Any) -> None:
    document = json.loads(json_span(traceId=bad))
    document["resourceSpans"] += json.loads(json_span())["resourceSpans"]
    decoded = from_json(json.dumps(document).encode())
    assert len(decoded.spans) == 1
    assert decoded.rejected == {"bad trace id": 1}


@pytest.mark.parametrize("bad", [b"\0" * 8, b"1234", b"123456789"])
def test_a_span_with_a_bad_span_id_is_refused_alone(bad: bytes) -> None:
    decoded = from_protobuf(body_of(otlp_span(1, span_id=bad), otlp_span(2)))
    assert len(decoded.spans) == 1
    assert decoded.rejected == {"bad span id": 1}


@pytest.mark.parametrize(("parent", "flags"), [(b"", ()), (b"\0" * 8, ()), (b"123", ("bad_parent_id",))])
def test_a_span_without_a_usable_parent_is_a_root(parent: bytes, flags: tuple[str, ...]) -> None:
    span = only(from_protobuf(body_of(otlp_span(1, parent_span_id=parent))))
    assert (span.parent_span_id, span.flags) == ("", flags)


S, MS, US = 1_754_056_614, 1_754_056_614_163, 1_754_056_614_163_000
YEAR_2106 = 4_291_747_200 * 10**9


@pytest.mark.parametrize(
    ("start", "end", "stored", "flags"),
    [
        (S, S + 2, (S * 10**9, (S + 2) * 10**9), {"time_unit"}),
        (MS, MS + 2, (MS * 10**6, (MS + 2) * 10**6), {"time_unit"}),
        (US, US + 2, (US * 1000, (US + 2) * 1000), {"time_unit"}),
        (T0, T0 - 5, (T0, T0 - 5), {"end_before_start"}),
        (T0, 0, (T0, T0), {"time_missing"}),
        (0, T0, (T0, T0), {"time_missing"}),
        (0, 0, (NOW, NOW), {"time_missing"}),
        (YEAR_2106, YEAR_2106 + 1, (YEAR_2106, YEAR_2106 + 1), set()),
        (T0, (1 << 64) - 1, (T0, MAX_TIME_NS), {"time_out_of_range"}),
        (12345, 23456, (12345, 23456), set()),
    ],
)
def test_times_are_corrected_only_where_they_cannot_be_meant(
    start: int, end: int, stored: Any, flags: set[str]
) -> None:
    request = request_of(otlp_span(1, start_time_unix_nano=start, end_time_unix_nano=end))
    for span in (only(from_protobuf(request.SerializeToString())), only(from_json(as_json(request)))):
        assert (span.start_ns, span.end_ns) == stored
        assert set(span.flags) == flags


def test_a_time_before_1970_is_clamped() -> None:
    span = only(from_json(json_span(startTimeUnixNano="-5")))
    assert "time_out_of_range" in span.flags
    assert span.start_ns > 0


def test_the_last_of_two_equal_keys_wins() -> None:
    span = otlp_span(1)
    span.attributes.extend([attribute("k", 1), attribute("k", 2)])
    request = request_of(span)
    for read in (only(from_protobuf(request.SerializeToString())), only(from_json(as_json(request)))):
        assert read.attributes == {"k": 2}
        assert read.flags == ("duplicate_key",)


def test_text_loses_nul_characters_and_lone_surrogates() -> None:
    raw = json_span(name="a\0b").replace(b'"a\\u0000b"', b'"a\\u0000b \\ud800 \\ud83d\\ude00"')
    span = only(from_json(raw))
    assert span.name == "ab \ufffd 😀"
    assert set(span.flags) == {"nul_removed", "lone_surrogate"}


def test_json_bytes_that_are_not_utf8_are_replaced() -> None:
    span = only(from_json(json_span(name="aXb").replace(b"aXb", b"a\xffb")))
    assert (span.name, span.flags) == ("a\ufffdb", ("invalid_utf8",))


def test_numbers_that_are_not_finite_are_kept_as_text() -> None:
    numbers = {"nan": math.nan, "inf": math.inf, "minus": -math.inf, "one": 1.5}
    request = request_of(otlp_span(1, attributes=numbers))
    expected = {"nan": "NaN", "inf": "Infinity", "minus": "-Infinity", "one": 1.5}
    assert only(from_protobuf(request.SerializeToString())).attributes == expected
    assert only(from_json(as_json(request))).attributes == expected
    bare = json_span(attributes=[{"key": "k", "value": {"doubleValue": math.nan}}])
    assert b"NaN" in bare
    assert only(from_json(bare)).attributes == {"k": "NaN"}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"intValue": "12"}, 12),
        ({"intValue": 12}, 12),
        ({"intValue": 12.0}, 12),
        ({"doubleValue": 2}, 2.0),
        ({"doubleValue": "2.5"}, 2.5),
        ({"bytesValue": "AQI="}, "AQI="),
        ({"bytesValue": "eyJxIjoxfQ=="}, '{"q":1}'),
        ({"bytesValue": "e/8="}, "e/8="),
        ({}, None),
        (None, None),
        ({"newKindOfValue": 1}, None),
        ({"arrayValue": {}}, []),
        ({"kvlistValue": {"values": None}}, {}),
        ({"arrayValue": {"values": [{"intValue": 1}, {"intValue": "x"}]}}, [1, None]),
    ],
)
def test_json_values_are_read_as_senders_write_them(value: Any, read: Any) -> None:
    assert json_value(value).attributes == {"k": read}


@pytest.mark.parametrize(
    "value",
    [
        {"intValue": 1.5},
        {"intValue": True},
        {"intValue": 1 << 63},
        {"intValue": int("9" * 60)},
        {"stringValue": 5},
        {"boolValue": "yes"},
        {"doubleValue": "much"},
        {"bytesValue": "*"},
        {"arrayValue": []},
        {"stringValue": "a", "intValue": 1},
        7,
        [],
    ],
)
def test_a_malformed_json_value_costs_that_value(value: Any) -> None:
    span = json_value(value)
    assert span.attributes == {}
    assert span.flags == ("bad_value",)


def test_enums_are_numbers_or_names() -> None:
    span = only(from_json(json_span(kind="SPAN_KIND_CLIENT", status={"code": "STATUS_CODE_ERROR", "message": "m"})))
    assert (span.otel_kind, span.status, span.status_message) == (3, SpanStatus.ERROR, "m")
    assert only(from_json(json_span(kind=77))).otel_kind == 0


def test_a_value_over_the_limit_is_cut() -> None:
    span = only(from_protobuf(body_of(otlp_span(1, attributes={"k": "x" * 50})), chars=10))
    assert (span.attributes, span.flags) == ({"k": "x" * 10}, ("truncated",))


def test_an_attribute_of_five_megabytes_is_ordinary() -> None:
    span = only(from_protobuf(body_of(otlp_span(1, attributes={"k": "é" * 5_000_000}))))
    assert (len(span.attributes["k"]), span.flags) == (5_000_000, ())


def test_links_without_a_target_are_dropped() -> None:
    links = [{"trace_id": TRACE, "span_id": b"12345678"}, {"trace_id": b"", "span_id": b"12345678"}]
    span = only(from_protobuf(body_of(otlp_span(1, links=links))))
    assert [link.span_id for link in span.links] == [b"12345678".hex()]
    assert span.flags == ("bad_link",)


def test_what_the_sender_dropped_and_left_out_is_flagged() -> None:
    span = only(from_protobuf(body_of(otlp_span(1, name="", dropped_events_count=3))))
    assert span.name == "(no name)"
    assert set(span.flags) == {"name_missing", "sdk_dropped"}


def test_a_fault_in_the_resource_flags_its_spans_and_counts_once() -> None:
    decoded = from_protobuf(body_of(otlp_span(1), otlp_span(2), resource={"service.name": "a\0"}))
    assert [span.flags for span in decoded.spans] == [("nul_removed",)] * 2
    assert decoded.repairs.totals == {"nul_removed": 1}


def test_spans_without_any_id_are_another_signals_records() -> None:
    with pytest.raises(InvalidInput, match="/v1/logs"):
        from_protobuf(body_of(otlp_span(1, trace_id=b"", span_id=b"")))
