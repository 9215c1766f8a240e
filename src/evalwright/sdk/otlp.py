"""Spans on the wire: OTLP over HTTP, protobuf, gzip."""

from __future__ import annotations

import gzip
import json
import logging
import os
from collections.abc import Sequence
from typing import Any, Final

import httpx2
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, detach, set_value
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import ReadableSpan

from evalwright.sdk.connection import Connection
from evalwright.sdk.outbox import Delivery
from evalwright.sdk.retries import retry_after_s

_RETRYABLE: Final = frozenset({408, 429, 500, 502, 503, 504})
_TIMEOUT_S: Final = 10.0
_log = logging.getLogger(__name__)


class SpanSender:
    """Posts batches of spans. Never raises: what went wrong is in the delivery."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._url = f"{connection.endpoint}/v1/traces"
        self._connect()

    def _connect(self) -> None:
        """Opens connections of this process: those a forked child inherits are still its parent's."""
        connection = self._connection
        self._process = os.getpid()
        headers = {
            **connection.headers,
            "content-type": "application/x-protobuf",
            "content-encoding": "gzip",
            "x-evalwright-project": connection.project,
        }
        self._http = httpx2.Client(headers=headers, timeout=_TIMEOUT_S, trust_env=not connection.is_loopback)

    def __call__(self, spans: Sequence[ReadableSpan]) -> Delivery:
        """Sends a batch; one that is too large goes in halves."""
        if self._process != os.getpid():
            self._connect()
        # Otherwise an instrumented HTTP client would trace the sending of traces, without end.
        token = attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
        try:
            return self._send(spans)
        except Exception as error:  # the host program must not hear of it, but the counters must
            _log.debug("sending spans failed", exc_info=True)
            return Delivery(failed=len(spans), problem=f"{type(error).__name__}: {error}")
        finally:
            detach(token)

    def close(self) -> None:
        """Closes idle connections."""
        self._http.close()

    def _send(self, spans: Sequence[ReadableSpan]) -> Delivery:
        try:
            body = encode_spans(spans).SerializeToString()
        except Exception as error:  # one value that cannot be encoded costs its span, not the batch
            if len(spans) > 1:
                return self._in_halves(spans)
            return Delivery(failed=1, problem=f"a span cannot be encoded: {error}")
        try:
            response = self._http.post(self._url, content=gzip.compress(body, 1))
        except httpx2.TransportError as error:
            return Delivery(
                retry_after_s=0.0, problem=f"{self._url} cannot be reached: {str(error) or type(error).__name__}"
            )
        return self._read(spans, response)

    def _read(self, spans: Sequence[ReadableSpan], response: httpx2.Response) -> Delivery:
        if response.is_success:
            return _partial_success(len(spans), response)
        problem = f"the server answered {response.status_code}{_reason(response)}"
        if response.status_code == 413 and len(spans) > 1:
            return self._in_halves(spans)
        if response.status_code in _RETRYABLE:
            return Delivery(retry_after_s=retry_after_s(response.headers) or 0.0, problem=problem)
        return Delivery(failed=len(spans), problem=problem)

    def _in_halves(self, spans: Sequence[ReadableSpan]) -> Delivery:
        middle = len(spans) // 2
        parts = [self._send(spans[:middle]), self._send(spans[middle:])]
        waits = [part.retry_after_s for part in parts if part.retry_after_s is not None]
        problem = next((part.problem for part in parts if part.problem), "")
        if waits:  # sending a half again is harmless: spans are stored once
            return Delivery(retry_after_s=max(waits), problem=problem)
        return Delivery(
            delivered=sum(part.delivered for part in parts), failed=sum(part.failed for part in parts), problem=problem
        )


def _reason(response: httpx2.Response) -> str:
    """Returns what an answer in OTLP's form says about itself, as the end of a sentence."""
    try:
        if "protobuf" in response.headers.get("content-type", ""):
            told = Status.FromString(response.content).message
        else:
            told = str(json.loads(response.content)["message"])
    except (ValueError, KeyError, TypeError, DecodeError):
        return ""
    return f": {told.splitlines()[0][:500]}" if told else ""


def _partial_success(count: int, response: httpx2.Response) -> Delivery:
    answer: Any = ExportTraceServiceResponse()
    if "protobuf" in response.headers.get("content-type", ""):
        answer.ParseFromString(response.content)
    rejected = min(count, max(0, int(answer.partial_success.rejected_spans)))
    return Delivery(delivered=count - rejected, failed=rejected, problem=str(answer.partial_success.error_message))
