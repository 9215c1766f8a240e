"""What the intake's tests share: OTLP bodies, a span writer in memory, and a real server on free ports."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from google.protobuf import json_format
from google.protobuf.message import Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan
from starlette.applications import Starlette

from evalwright.domain.errors import InvalidInput, StoreUnavailable
from evalwright.domain.project import Principal
from evalwright.domain.score import Score
from evalwright.domain.span import Span
from evalwright.ingest import Intake, IntakeCounters, IntakeLimits
from evalwright.ingest.grpc import OtlpGrpcServer
from evalwright.ingest.http import otlp_routes
from evalwright.ports.prices import Usage

T0 = 1_754_056_614_163_000_000
NOW = 1_760_000_000_000_000_000
TRACE = bytes(range(1, 17))
PROTOBUF = "application/x-protobuf"
JSON = "application/json"
_ID_FIELDS = ("traceId", "spanId", "parentSpanId")


def attribute(key: str, value: Any) -> KeyValue:
    """Returns a key-value pair of the protobuf type that suits the Python value."""
    return KeyValue(key=key, value=any_value(value))


def any_value(value: Any) -> AnyValue:
    """Returns the AnyValue of a Python value; None is an empty one."""
    made = AnyValue()
    match value:
        case None:
            pass
        case bool():
            made.bool_value = value
        case str():
            made.string_value = value
        case int():
            made.int_value = value
        case float():
            made.double_value = value
        case bytes():
            made.bytes_value = value
        case list():
            made.array_value.values.extend(any_value(item) for item in value)
            made.array_value.SetInParent()
        case dict():
            made.kvlist_value.values.extend(attribute(key, item) for key, item in value.items())
            made.kvlist_value.SetInParent()
    return made


def otlp_span(
    number: int = 1, *, trace_id: bytes = TRACE, attributes: Mapping[str, Any] | None = None, **fields: Any
) -> OtlpSpan:
    """Returns a good span; ``number`` makes its id."""
    given = {
        "trace_id": trace_id,
        "span_id": number.to_bytes(8, "big"),
        "name": f"step {number}",
        "start_time_unix_nano": T0 + number,
        "end_time_unix_nano": T0 + number + 1_000_000,
        **fields,
    }
    return OtlpSpan(attributes=[attribute(key, value) for key, value in (attributes or {}).items()], **given)


def request_of(*spans: OtlpSpan, resource: Mapping[str, Any] | None = None) -> ExportTraceServiceRequest:
    """Returns an export request of one resource and one scope."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(
        attribute(key, value) for key, value in (resource or {"service.name": "shop"}).items()
    )
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name, scope_spans.scope.version = "tests", "1"
    scope_spans.spans.extend(spans)
    return request


def body_of(*spans: OtlpSpan, resource: Mapping[str, Any] | None = None) -> bytes:
    """Returns the protobuf bytes of ``request_of``."""
    return request_of(*spans, resource=resource).SerializeToString()


def as_json(request: Message) -> bytes:
    """Returns the OTLP/JSON body of a protobuf request: proto3 JSON, but ids in hex."""
    document = json_format.MessageToDict(request)
    _map_ids(document, lambda text: base64.b64decode(text).hex())
    return json.dumps(document).encode()


def as_protobuf(body: bytes, kind: type[Message] = ExportTraceServiceRequest) -> bytes:
    """Returns the protobuf body of an OTLP/JSON one."""
    document = json.loads(body)
    _map_ids(document, lambda text: base64.b64encode(bytes.fromhex(text)).decode())
    return json_format.ParseDict(document, kind()).SerializeToString()


def _map_ids(value: Any, change: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _map_ids(item, change)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in _ID_FIELDS and isinstance(item, str):
                value[key] = change(item)
            elif key not in ("attributes", "body"):
                _map_ids(item, change)


def field_bytes(number: int, payload: bytes) -> bytes:
    """Returns one length-delimited protobuf field, for bodies that no protobuf library would write."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class NoPrices:
    """Knows no price."""

    def price(self, *, model: str, provider: str, usage: Usage, at_ns: int) -> float | None:
        return None


class FixedClock:
    """Always the same moment."""

    def now_ns(self) -> int:
        return NOW


@dataclass
class MemoryWriter:
    """Keeps rows in memory under the keys a store would use. ``away`` and ``refused_name`` make it fail as one does."""

    spans: dict[tuple[str, str, str], Span] = field(default_factory=dict)
    logs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    metrics: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    groups: list[int] = field(default_factory=list)
    away: bool = False
    refused_name: str = ""
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def write_spans(self, spans: Sequence[Span]) -> None:
        self.gate.wait(30)
        if self.away:
            raise StoreUnavailable("the store is away", retry_after_s=3)
        if self.refused_name and any(span.name == self.refused_name for span in spans):
            raise InvalidInput(f"the store refuses {self.refused_name!r}")
        self.groups.append(len(spans))
        self.spans.update(((span.project, span.trace_id, span.span_id), span) for span in spans)

    def write_logs(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if self.away:
            raise StoreUnavailable("the store is away", retry_after_s=3)
        self.logs.update((row["dedupe_key"], row) for row in rows)

    def write_metrics(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if self.away:
            raise StoreUnavailable("the store is away", retry_after_s=3)
        self.metrics.update((row["dedupe_key"], row) for row in rows)

    def write_scores(self, scores: Sequence[Score]) -> None:
        raise AssertionError("the intake writes no scores")

    @property
    def names(self) -> list[str]:
        """Names of all stored spans, sorted."""
        return sorted(span.name for span in self.spans.values())


@contextmanager
def running_intake(writer: MemoryWriter, *, spool_dir: Path | None = None, **limits: int) -> Iterator[Intake]:
    """Yields a started intake over the writer and drains it."""
    intake = Intake(writer, NoPrices(), FixedClock(), IntakeCounters(), IntakeLimits(**limits), spool_dir)
    intake.start()
    try:
        yield intake
    finally:
        writer.gate.set()
        assert intake.drain(30)


def allow_all(*_: object) -> Principal:
    """Authorises everybody."""
    return Principal(local=True)


@dataclass
class Doors:
    """Where a running server listens."""

    http: str
    grpc: str


@contextmanager
def open_doors(intake: Intake, authorise: Any = allow_all) -> Iterator[Doors]:
    """Serves an intake over HTTP and gRPC on free ports."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = Starlette(routes=otlp_routes(intake, authorise=authorise))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    grpc_server = OtlpGrpcServer(intake, authorise=authorise)
    grpc_port = grpc_server.start("127.0.0.1:0")
    thread.start()
    try:
        yield Doors(f"http://127.0.0.1:{listener.getsockname()[1]}", f"127.0.0.1:{grpc_port}")
    finally:
        grpc_server.stop(5)
        server.should_exit = True
        thread.join(10)
        listener.close()


def restart_peak_mib() -> float:
    """Forgets the highest memory use so far and returns the present one."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_mib()


def peak_mib() -> float:
    """Returns the most memory this process held since ``restart_peak_mib``."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
