"""OTLP/gRPC: the three Export methods, on raw bytes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc

from evalwright.domain.errors import EvalwrightError
from evalwright.domain.project import Principal
from evalwright.ingest.access import allowed_project
from evalwright.ingest.answers import error_status, error_text, protobuf_success, rpc_code
from evalwright.ingest.intake import Intake, IntakeResult, Signal
from evalwright.ingest.pipeline import PROTOBUF

_log = logging.getLogger(__name__)

_THREADS: Final = 32
_DECODERS: Final = 2
"""Decoding holds the interpreter: more threads at it would only take turns, and drop each other's caches."""
_SERVICES: Final[Mapping[Signal, str]] = {
    "traces": "opentelemetry.proto.collector.trace.v1.TraceService",
    "logs": "opentelemetry.proto.collector.logs.v1.LogsService",
    "metrics": "opentelemetry.proto.collector.metrics.v1.MetricsService",
}
_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}

AuthoriseCall = Callable[[Mapping[str, str], str], Principal]
"""Given the call's metadata (lower-case keys) and the peer, returns who is asking or raises."""


class OtlpGrpcServer:
    """A gRPC server that serves one intake. Handler threads block until their group is durable."""

    def __init__(self, intake: Intake, *, authorise: AuthoriseCall) -> None:
        """Builds the server; ``start`` opens the port."""
        self._intake = intake
        self._authorise = authorise
        self._decoding = threading.Semaphore(_DECODERS)
        limit = intake.limits.max_body_bytes
        self._server = grpc.server(
            ThreadPoolExecutor(_THREADS, thread_name_prefix="otlp-grpc"),
            options=[
                ("grpc.max_receive_message_length", limit),
                ("grpc.so_reuseport", 0),
            ],
        )
        self._server.add_generic_rpc_handlers(
            [
                grpc.method_handlers_generic_handler(service, {"Export": self._handler(signal)})
                for signal, service in _SERVICES.items()
            ]
        )

    def start(self, address: str) -> int:
        """Listens on ``host:port`` and returns the port (useful for port 0).

        Raises:
            OSError: the address is taken.
        """
        try:
            port: int = self._server.add_insecure_port(address)
        except RuntimeError as cause:
            raise OSError(f"cannot listen on {address!r}") from cause
        self._server.start()
        return port

    def stop(self, grace_s: float = 5.0) -> None:
        """Refuses new calls and returns when running ones ended or the grace is over."""
        self._server.stop(grace_s).wait()

    def _handler(self, signal: Signal) -> Any:
        def export(body: bytes, context: grpc.ServicerContext) -> bytes:
            return self._export(signal, body, context)

        # Without (de)serialisers gRPC hands over the bytes as they came: decoding, and its faults, are the intake's.
        return grpc.unary_unary_rpc_method_handler(export)

    def _export(self, signal: Signal, body: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            result = self._take(signal, body, context)
        except EvalwrightError as error:
            return self._refuse(error, context)
        except Exception as error:
            _log.exception("an OTLP call failed")
            return self._refuse(error, context)
        self._intake.counters.request("grpc", "OK")
        return protobuf_success(signal, result)

    def _take(self, signal: Signal, body: bytes, context: grpc.ServicerContext) -> IntakeResult:
        metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        principal = self._authorise(metadata, context.peer())
        project = allowed_project(principal, metadata.get("x-evalwright-project", ""))
        with self._intake.arriving(), self._decoding:
            committed = self._intake.submit(signal, body, PROTOBUF, "", project)
        return committed.result()

    def _refuse(self, error: Exception, context: grpc.ServicerContext) -> bytes:
        code = _CODES[rpc_code(error)]
        if code is grpc.StatusCode.UNAVAILABLE:
            self._intake.counters.add("refused_batches")
        self._intake.counters.request("grpc", code.name)
        context.set_code(code)
        context.set_details(error_text(error))
        context.set_trailing_metadata((("grpc-status-details-bin", error_status(error).SerializeToString()),))
        return b""
