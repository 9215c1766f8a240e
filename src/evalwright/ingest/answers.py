"""OTLP answers: success, partial success and errors, in the encoding the request came in."""

from __future__ import annotations

import json
from typing import Any, Final

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from evalwright.domain.errors import (
    EvalwrightError,
    Forbidden,
    InvalidInput,
    RateLimited,
    StoreUnavailable,
    TooLarge,
    Unauthenticated,
    UnsupportedType,
)
from evalwright.ingest.intake import IntakeResult, Signal, retry_after_s

_MAX_MESSAGE: Final = 4096
_RESPONSES: Final[dict[str, tuple[Any, str, str]]] = {
    "traces": (ExportTraceServiceResponse, "rejected_spans", "rejectedSpans"),
    "logs": (ExportLogsServiceResponse, "rejected_log_records", "rejectedLogRecords"),
    "metrics": (ExportMetricsServiceResponse, "rejected_data_points", "rejectedDataPoints"),
}
# google.rpc.Code, by the classes of errors an intake raises; the first match counts.
_CODES: Final[tuple[tuple[type[EvalwrightError], int], ...]] = (
    (Unauthenticated, 16),
    (Forbidden, 7),
    (TooLarge, 8),
    (UnsupportedType, 3),
    (InvalidInput, 3),
    (RateLimited, 14),
    (StoreUnavailable, 14),
)
_INTERNAL: Final = 13


def rpc_code(error: Exception) -> int:
    """Returns the google.rpc code of an error; anything unknown is INTERNAL."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), _INTERNAL)


def protobuf_success(signal: Signal, result: IntakeResult) -> bytes:
    """Returns an Export...ServiceResponse; ``partial_success`` is set only when something was rejected."""
    response_type, rejected, _ = _RESPONSES[signal]
    response = response_type()
    if result.rejected:
        setattr(response.partial_success, rejected, result.rejected)
        response.partial_success.error_message = result.message[:_MAX_MESSAGE]
    encoded: bytes = response.SerializeToString()
    return encoded


def json_success(signal: Signal, result: IntakeResult) -> bytes:
    """Returns the same answer in OTLP/JSON (64-bit integers are text)."""
    if not result.rejected:
        return b"{}"
    name = _RESPONSES[signal][2]
    partial = {name: str(result.rejected), "errorMessage": result.message[:_MAX_MESSAGE]}
    return json.dumps({"partialSuccess": partial}).encode()


def protobuf_error(error: Exception) -> bytes:
    """Returns a google.rpc.Status with BadRequest or RetryInfo details where they apply."""
    encoded: bytes = error_status(error).SerializeToString()
    return encoded


def json_error(error: Exception) -> bytes:
    """Returns the Status in JSON."""
    return json.dumps({"code": rpc_code(error), "message": error_text(error)}).encode()


def error_status(error: Exception) -> Status:
    """Returns the Status itself."""
    status = Status(code=rpc_code(error), message=error_text(error))
    details = AnyMessage()
    if isinstance(error, EvalwrightError) and (wait := retry_after_s(error)) is not None:
        details.Pack(RetryInfo(retry_delay=Duration(seconds=int(wait), nanos=round(wait % 1 * 1e9))))
        status.details.append(details)
    elif isinstance(error, InvalidInput):
        details.Pack(BadRequest(field_violations=[BadRequest.FieldViolation(field="body", description=error.message)]))
        status.details.append(details)
    return status


def error_text(error: Exception) -> str:
    """Returns what a client may read of an error: nothing of the inside for unexpected ones."""
    if isinstance(error, EvalwrightError):
        return str(error)[:_MAX_MESSAGE].encode("utf-8", "replace").decode()
    return "internal error"
