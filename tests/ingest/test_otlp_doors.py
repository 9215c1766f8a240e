"""OTLP over real sockets: what senders get back, by the specification."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

import grpc
import httpx2
import pytest
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status
from intake_kit import (
    JSON,
    PROTOBUF,
    TRACE,
    Doors,
    MemoryWriter,
    as_json,
    body_of,
    open_doors,
    otlp_span,
    request_of,
    running_intake,
)
from opentelemetry.exporter.otlp.proto.grpc import trace_exporter as grpc_exporter
from opentelemetry.exporter.otlp.proto.http import Compression, trace_exporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from evalwright.domain.errors import Forbidden, Unauthenticated
from evalwright.domain.project import Principal, Scope
from evalwright.ingest import Intake

TRACES_METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@pytest.fixture
def writer() -> MemoryWriter:
    return MemoryWriter()


@pytest.fixture
def intake(writer: MemoryWriter) -> Iterator[Intake]:
    with running_intake(writer) as running:
        yield running


@pytest.fixture
def doors(intake: Intake) -> Iterator[Doors]:
    with open_doors(intake) as opened:
        yield opened


def post(
    doors: Doors, body: Any, content_type: str = PROTOBUF, signal: str = "traces", **headers: str
) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.post(
        f"{doors.http}/v1/{signal}", content=body, headers={"content-type": content_type, **named}, timeout=30
    )


def export_with(exporter: SpanExporter) -> None:
    provider = TracerProvider(resource=Resource({"service.name": "shop"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("parent"), tracer.start_as_current_span("child") as child:
        child.set_attribute("numbers", [1, 2])
        child.add_event("happened", {"k": "v"})
    assert provider.force_flush()
    provider.shutdown()


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip, Compression.Deflate])
def test_the_official_http_exporter_works_unchanged(
    doors: Doors, writer: MemoryWriter, compression: Compression
) -> None:
    export_with(trace_exporter.OTLPSpanExporter(f"{doors.http}/v1/traces", compression=compression))
    assert writer.names == ["child", "parent"]
    child = next(span for span in writer.spans.values() if span.name == "child")
    assert child.attributes["numbers"] == [1, 2]
    assert child.resource["service.name"] == "shop"
    assert child.events[0].attributes == {"k": "v"}


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_the_official_grpc_exporter_works_unchanged(
    doors: Doors, writer: MemoryWriter, compression: grpc.Compression
) -> None:
    export_with(grpc_exporter.OTLPSpanExporter(doors.grpc, insecure=True, compression=compression))
    assert writer.names == ["child", "parent"]


@pytest.mark.parametrize(
    "content_type", [JSON, "application/json; charset=utf-8", "Application/JSON;x=y", PROTOBUF, f"{PROTOBUF}; a=b"]
)
def test_parameters_of_the_content_type_do_not_matter(doors: Doors, writer: MemoryWriter, content_type: str) -> None:
    request = request_of(otlp_span(1))
    body = as_json(request) if "json" in content_type.lower() else request.SerializeToString()
    answer = post(doors, body, content_type)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == content_type.partition(";")[0].lower()
    assert answer.content == (b"{}" if "json" in content_type.lower() else b"")
    assert writer.names == ["step 1"]


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/x-protobuf-not", "application/grpc"])
def test_an_unknown_content_type_is_415(doors: Doors, content_type: str) -> None:
    answer = post(doors, b"x", content_type)
    assert answer.status_code == 415
    assert "content type" in Status.FromString(answer.content).message


def test_a_chunked_body_is_taken(doors: Doors, writer: MemoryWriter) -> None:
    body = body_of(otlp_span(1))
    answer = post(doors, iter([body[:10], body[10:]]))
    assert answer.request.headers["transfer-encoding"] == "chunked"
    assert (answer.status_code, writer.names) == (200, ["step 1"])


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity", "GZIP"])
def test_every_promised_encoding_is_taken(doors: Doors, writer: MemoryWriter, encoding: str) -> None:
    body = body_of(otlp_span(1))
    packed = {"gzip": gzip.compress, "deflate": zlib.compress}.get(encoding.lower(), bytes)(body)
    assert post(doors, packed, content_encoding=encoding).status_code == 200
    assert writer.names == ["step 1"]


def test_an_encoding_nobody_promised_is_415(doors: Doors) -> None:
    assert post(doors, b"x", content_encoding="zstd").status_code == 415


def test_part_of_a_request_can_be_rejected(doors: Doors, writer: MemoryWriter) -> None:
    request = request_of(otlp_span(1), otlp_span(2, trace_id=b"\0" * 16))
    partial = ExportTraceServiceResponse.FromString(post(doors, request.SerializeToString()).content).partial_success
    assert (partial.rejected_spans, partial.error_message) == (1, "1 rejected: bad trace id")
    answer = post(doors, as_json(request), JSON)
    assert answer.status_code == 200
    assert answer.json() == {"partialSuccess": {"rejectedSpans": "1", "errorMessage": "1 rejected: bad trace id"}}
    assert writer.names == ["step 1"]


def test_errors_speak_the_encoding_of_the_request(doors: Doors) -> None:
    answer = post(doors, b"{", JSON)
    assert (answer.status_code, answer.headers["content-type"], answer.json()["code"]) == (400, JSON, 3)
    status = Status.FromString(post(doors, b"garbage").content)
    details = BadRequest()
    assert status.code == 3
    assert status.details[0].Unpack(details)
    assert details.field_violations[0].description


def test_logs_and_metrics_have_their_doors(doors: Doors, writer: MemoryWriter) -> None:
    record = {"timeUnixNano": "1754056614163000000", "body": {"stringValue": "claude_code.api_request"}}
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record, 5]}]}]}).encode()
    answer = post(doors, body, JSON, "logs")
    assert answer.json()["partialSuccess"]["rejectedLogRecords"] == "1"
    assert [row["event_name"] for row in writer.logs.values()] == ["claude_code.api_request"]
    point = {"timeUnixNano": "1754056614163000000", "asInt": "5"}
    metric = {"name": "tokens", "sum": {"dataPoints": [point]}}
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}).encode()
    assert post(doors, body, JSON, "metrics").json() == {}
    assert [row["value"] for row in writer.metrics.values()] == [5.0]
    assert ExportLogsServiceResponse.FromString(post(doors, b"", signal="logs").content) == ExportLogsServiceResponse()


def test_a_store_that_is_away_is_503_and_says_when_to_come_back(doors: Doors, writer: MemoryWriter) -> None:
    writer.away = True
    answer = post(doors, body_of(otlp_span(1)))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
    with grpc.insecure_channel(doors.grpc) as channel, pytest.raises(grpc.RpcError) as caught:
        TraceServiceStub(channel).Export(request_of(otlp_span(1)), timeout=20)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    retry = RetryInfo()
    assert grpc_status(caught.value).details[0].Unpack(retry)
    assert retry.retry_delay.seconds == 3


def grpc_status(error: Any) -> Status:
    details = dict(error.trailing_metadata())["grpc-status-details-bin"]
    return Status.FromString(details)


def test_grpc_answers_partial_success_and_refuses_garbage(doors: Doors, writer: MemoryWriter) -> None:
    with grpc.insecure_channel(doors.grpc) as channel:
        answer = TraceServiceStub(channel).Export(request_of(otlp_span(1), otlp_span(2, span_id=b"")), timeout=20)
        assert answer.partial_success.rejected_spans == 1
        raw = channel.unary_unary(TRACES_METHOD)
        with pytest.raises(grpc.RpcError) as caught:
            raw(b"garbage", timeout=20)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Nothing")(b"", timeout=20)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert writer.names == ["step 1"]


def keyed(*asked: Any) -> Principal:
    """Knows three keys, over HTTP (a request) and gRPC (metadata and peer)."""
    headers = asked[0] if len(asked) == 2 else asked[0].headers
    match headers.get("authorization", ""):
        case "Bearer ingest":
            return Principal(key_id="k", scopes=(Scope.INGEST,), project="mine")
        case "Bearer any":
            return Principal(key_id="k", scopes=(Scope.INGEST,))
        case "Bearer read":
            return Principal(key_id="k", scopes=(Scope.READ,))
        case "Bearer revoked":
            raise Forbidden("revoked")
    raise Unauthenticated("no key", hint="send Authorization: Bearer <key>")


KEYS = [
    ("Bearer ingest", "other", 200, "OK", "mine"),
    ("Bearer any", "other", 200, "OK", "other"),
    ("Bearer any", "", 200, "OK", "default"),
    ("Bearer read", "", 403, "PERMISSION_DENIED", ""),
    ("Bearer revoked", "", 403, "PERMISSION_DENIED", ""),
    ("", "", 401, "UNAUTHENTICATED", ""),
]


@pytest.mark.parametrize(("key", "asked", "status", "code", "project"), KEYS)
def test_the_key_decides_who_may_send_and_where(
    intake: Intake, writer: MemoryWriter, key: str, asked: str, status: int, code: str, project: str
) -> None:
    with open_doors(intake, keyed) as doors:
        answer = post(doors, body_of(otlp_span(1)), authorization=key, x_evalwright_project=asked)
        assert answer.status_code == status
        with grpc.insecure_channel(doors.grpc) as channel:
            metadata = [("authorization", key), ("x-evalwright-project", asked)]
            future = TraceServiceStub(channel).Export.future(request_of(otlp_span(2)), metadata=metadata, timeout=20)
            assert future.exception() is None or status != 200
            assert future.code().name == code
    assert {span.project for span in writer.spans.values()} == ({project} if project else set())


@pytest.mark.parametrize("name", ["x" * 201, "a\tb"])
def test_a_name_that_can_be_no_project_is_400(doors: Doors, name: str) -> None:
    assert post(doors, body_of(otlp_span(1)), x_evalwright_project=name).status_code == 400


async def async_keyed(request: Any) -> Principal:
    return keyed(request)


def test_authorisation_may_be_asynchronous(intake: Intake, writer: MemoryWriter) -> None:
    with open_doors(intake, async_keyed) as doors:
        assert post(doors, body_of(otlp_span(1)), authorization="Bearer ingest").status_code == 200
        assert post(doors, body_of(otlp_span(1))).status_code == 401


def test_requests_are_counted_by_protocol_and_status(intake: Intake, doors: Doors) -> None:
    post(doors, b"garbage")
    post(doors, body_of(otlp_span(1)))
    with grpc.insecure_channel(doors.grpc) as channel:
        TraceServiceStub(channel).Export(request_of(otlp_span(1)), timeout=20)
    assert intake.counters.snapshot()["requests"] == {"http": {"400": 1, "200": 1}, "grpc": {"OK": 1}}
    assert 'requests_total{protocol="http",status="400"} 1' in intake.counters.prometheus()


def test_a_port_that_is_taken_is_an_os_error(intake: Intake, doors: Doors) -> None:
    from evalwright.ingest.grpc import OtlpGrpcServer

    with pytest.raises(OSError, match="cannot listen"):
        OtlpGrpcServer(intake, authorise=keyed).start(doors.grpc)


def test_trace_ids_survive_both_doors(doors: Doors, writer: MemoryWriter) -> None:
    post(doors, as_json(request_of(otlp_span(1))), JSON)
    assert {span.trace_id for span in writer.spans.values()} == {TRACE.hex()}
