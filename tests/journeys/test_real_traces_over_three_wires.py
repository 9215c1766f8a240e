"""Every real trace file, over HTTP JSON, HTTP protobuf and gRPC, leaves the same rows in the store."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from running_server import RunningServer, running_server
from shared import shared_data

WIRES = ("json", "protobuf", "grpc")
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
BATCH = 2 * 2**20
COLUMNS = (
    "trace_id, span_id, parent_span_id, name, kind, start_time, end_time, status, session_id, user_id, agent_name,"
    " model, provider, input_tokens, cache_read_tokens, output_tokens, reasoning_tokens, usage_rollup, cost,"
    " cost_source, input, output, tool_name, convention, flags, tags, attributes, events, links, resource"
)

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]


def requests_in(path: Path) -> Iterator[dict[str, Any]]:
    """The OTLP JSON requests of a file, several lines in each."""
    held: list[Any] = []
    size = 0
    with gzip.open(path, "rt") as lines:
        for line in lines:
            held += json.loads(line)["resourceSpans"]
            size += len(line)
            if size > BATCH:
                yield {"resourceSpans": held}
                held, size = [], 0
    if held:
        yield {"resourceSpans": held}


def spans_in(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            yield from scope["spans"]


def to_protobuf(request: dict[str, Any]) -> bytes:
    """The same request in protobuf. Changes it: OTLP JSON writes ids in hex where proto3 JSON has base64."""
    for span in spans_in(request):
        for holder in (span, *span.get("links", ())):
            for name in ("traceId", "spanId", "parentSpanId"):
                if name in holder:
                    holder[name] = base64.b64encode(bytes.fromhex(holder[name])).decode()
    return ParseDict(request, ExportTraceServiceRequest(), ignore_unknown_fields=True).SerializeToString()


def send(server: RunningServer, request: dict[str, Any], channel: grpc.Channel) -> None:
    """Sends one request over each wire, into a project for each."""
    text = json.dumps(request).encode()
    packed = to_protobuf(request)
    with ThreadPoolExecutor(len(WIRES)) as wires:
        answers = [
            wires.submit(post, server, "json", "application/json", text),
            wires.submit(post, server, "protobuf", "application/x-protobuf", packed),
            wires.submit(
                channel.unary_unary(EXPORT), packed, metadata=[("x-evalwright-project", "over-grpc")], timeout=60
            ),
        ]
    for answer in answers:
        answer.result()


def post(server: RunningServer, wire: str, media: str, body: bytes) -> None:
    headers = {"content-type": media, "content-encoding": "gzip", "x-evalwright-project": f"over-{wire}"}
    answer = server.http.post("/v1/traces", content=gzip.compress(body, 1), headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def files() -> Sequence[Path]:
    return sorted(shared_data().glob("*/*.otlp.jsonl.gz"))


@pytest.fixture(scope="module")
def loaded(files: Sequence[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("wires")
    with running_server(folder / "data", LIMITS__MAX_SQL_ROWS=100_000, LIMITS__SQL_TIMEOUT_S=60) as server:
        options = [("grpc.max_send_message_length", 64 * 2**20)]
        with grpc.insecure_channel(server.grpc, options=options) as channel:
            for path in files:
                for request in requests_in(path):
                    send(server, request, channel)
        yield server


@pytest.fixture(scope="module")
def sent(files: Sequence[Path]) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path in files:
        for request in requests_in(path):
            found.update({(span["traceId"], span["spanId"]): span for span in spans_in(request)})
    return found


def test_each_wire_stores_every_span_once(loaded: RunningServer, sent: dict[tuple[str, str], Any]) -> None:
    projects = {each["name"]: each for each in loaded.get("/projects")["items"]}
    for wire in WIRES:
        assert projects[f"over-{wire}"]["span_count"] == len(sent)
        assert projects[f"over-{wire}"]["trace_count"] == len({trace for trace, _ in sent})


def test_parents_and_times_are_those_that_were_sent(loaded: RunningServer, sent: dict[tuple[str, str], Any]) -> None:
    times = ", ".join(f"toUnixTimestamp64Nano({name})" for name in ("start_time", "end_time"))
    query = f"SELECT trace_id, span_id, parent_span_id, {times} FROM spans"
    rows = loaded.rows(query, "over-protobuf")
    assert len(rows) == len(sent)
    for trace, span, parent, start, end in rows:
        original = sent[trace, span]
        assert parent == original.get("parentSpanId", "")
        assert (int(start), int(end)) == (int(original["startTimeUnixNano"]), int(original["endTimeUnixNano"]))


def test_all_wires_leave_identical_rows(loaded: RunningServer) -> None:
    differing = (
        f"SELECT trace_id, span_id, groupArray(project) FROM spans GROUP BY trace_id, span_id"
        f" HAVING count() != {len(WIRES)} OR uniqExact(({COLUMNS})) != 1 LIMIT 5"
    )
    assert loaded.rows(differing) == []


def test_a_difference_between_wires_would_be_seen(loaded: RunningServer) -> None:
    across = "SELECT count() FROM (SELECT span_id FROM spans GROUP BY span_id HAVING uniqExact((project, name)) = 3)"
    assert loaded.rows(across)[0][0] > 10_000


def test_tokens_and_costs_are_there_and_the_same(loaded: RunningServer) -> None:
    query = "SELECT sum(input_tokens), sum(output_tokens), sum(cost), count() FROM spans WHERE NOT usage_rollup"
    totals = [loaded.rows(query, f"over-{wire}")[0] for wire in WIRES]
    assert totals[0][0] > 1_000_000
    assert totals[0][:2] == totals[1][:2] == totals[2][:2]
    assert totals[0][2] == pytest.approx(totals[1][2])
    assert totals[1][2] == pytest.approx(totals[2][2])


def test_a_trace_with_lost_parents_and_a_repeated_span_is_shown_sanely(
    loaded: RunningServer, sent: dict[tuple[str, str], Any]
) -> None:
    (trace,) = {trace for trace, _ in sent if trace.startswith("72822db6")}
    tree = loaded.get(f"/traces/{trace}", project="over-json")
    ids = [node["span_id"] for node in tree["nodes"]]
    assert Counter(ids).most_common(1)[0][1] == 1
    assert set(ids) == {span for known, span in sent if known == trace}
    orphans = [node for node in tree["nodes"] if node["orphan"]]
    assert len(orphans) == 7
    assert all(0 <= node["latency_share"] <= 1.000001 for node in tree["nodes"])


def test_every_trace_of_the_frameworks_can_be_read_whole(loaded: RunningServer, files: Sequence[Path]) -> None:
    path = next(path for path in files if path.name.startswith("frameworks"))
    traces = {span["traceId"] for request in requests_in(path) for span in spans_in(request)}
    assert len(traces) == 9
    for trace in traces:
        tree = loaded.get(f"/traces/{trace}", project="over-grpc")
        spans = loaded.get(f"/traces/{trace}/spans", project="over-grpc")["items"]
        assert len(tree["nodes"]) == len(spans) == tree["summary"]["span_count"]
        assert any(node["kind"] == "LLM" for node in tree["nodes"])
        assert any(span["content"]["input_messages"] for span in spans if span["kind"] == "LLM")
