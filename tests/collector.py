"""A small real HTTP server that collects what the SDK sends."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Seen:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    """One answer; a body that is not bytes is sent as JSON."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)


Answering = Callable[[Seen], Answer]


class Collector:
    """What came in, and what to answer; ``answer`` may be replaced at any time."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.answer: Answering = lambda seen: Answer()
        self.endpoint = ""

    @property
    def spans(self) -> list[Any]:
        """Spans of all trace requests that were read, in order of arrival."""
        requests = [seen.body for seen in list(self.seen) if seen.path == "/v1/traces"]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str) -> Any:
        """The one span of this name."""
        (found,) = [span for span in self.spans if span.name == name]
        return found


def attributes(span: Any) -> dict[str, Any]:
    """A span's attributes as Python values."""

    def value(any_value: Any) -> Any:
        kind = any_value.WhichOneof("value")
        if kind == "array_value":
            return [value(held) for held in any_value.array_value.values]
        return getattr(any_value, kind)

    return {pair.key: value(pair.value) for pair in span.attributes}


def _handler(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            if self.headers.get("content-encoding") == "gzip":
                raw = gzip.decompress(raw)
            address = urlsplit(self.path)
            body: Any = None
            if address.path == "/v1/traces":
                body = ExportTraceServiceRequest.FromString(raw)
            elif raw:
                body = json.loads(raw)
            headers = {key.lower(): value for key, value in self.headers.items()}
            seen = Seen(self.command, address.path, dict(parse_qsl(address.query)), headers, body)
            answer = collector.answer(seen)
            collector.seen.append(seen)
            payload = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for key, value in answer.headers.items():
                self.send_header(key, value)
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_DELETE = _serve

        def log_message(self, *_: Any) -> None:
            return

    return Handler


@contextmanager
def running_collector() -> Iterator[Collector]:
    """Yields a collector that listens on a free port."""
    collector = Collector()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(collector))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    collector.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
