"""The commands' way to the server: the SDK's client, with answers as plain JSON for printing."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx2

from evalwright.domain.errors import InvalidInput
from evalwright.sdk.call import Call
from evalwright.sdk.client import Client
from evalwright.sdk.problems import error_of, unreachable

PREFIX: Final = "/api/v1"
COMPRESS_OVER: Final = 4096
STREAM_TIMEOUT_S: Final = 600.0


class Api:
    """JSON in, JSON out, errors as those of the domain."""

    def __init__(self, server: str) -> None:
        self.client = _client(server)

    def get(self, path: str, /, **params: Any) -> Any:
        """Reads one JSON document."""
        return self._run("GET", path, params)

    def post(self, path: str, body: Any, /, **params: Any) -> Any:
        """Writes one JSON document and returns the answer."""
        return self._run("POST", path, params, body)

    def delete(self, path: str, /, **params: Any) -> Any:
        """Deletes what is at a path."""
        return self._run("DELETE", path, params)

    def pages(self, path: str, /, **params: Any) -> Iterator[Any]:
        """Yields every item of every page of a list."""
        cursor = ""
        while True:
            page = self.get(path, **params, cursor=cursor)
            yield from page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def reachable(self) -> bool:
        """True when a server answers at the address."""
        try:
            connection = self.client.connection
            url = f"{connection.endpoint}/healthz"
            return httpx2.get(url, timeout=2.0, trust_env=not connection.is_loopback).is_success
        except httpx2.TransportError:
            return False

    def stream(self, path: str, params: Mapping[str, Any]) -> Iterator[bytes]:
        """Yields the bytes of a download as they come.

        Raises:
            EvalwrightError: the server refused, or the connection broke before the end.
        """
        connection = self.client.connection
        url = connection.endpoint + PREFIX + path
        headers = {**connection.headers, "accept-encoding": "gzip"}
        try:
            sent: dict[str, Any] = {"params": params, "headers": headers, "timeout": STREAM_TIMEOUT_S}
            with httpx2.stream("GET", url, trust_env=not connection.is_loopback, **sent) as answer:
                if not answer.is_success:
                    answer.read()
                    raise error_of(answer.status_code, answer.headers, answer.json())
                yield from answer.iter_bytes()
        except httpx2.TransportError as problem:
            raise unreachable(connection.endpoint, problem) from problem

    def send_otlp(self, door: str, body: bytes, *, project: str = "") -> Any:
        """Posts one OTLP/JSON request, as an exporter would, and returns the export response."""
        headers = {"content-type": "application/json"}
        if project:
            headers["x-evalwright-project"] = project
        if len(body) > COMPRESS_OVER:
            body, headers["content-encoding"] = gzip.compress(body, 1), "gzip"
        call: Call[Any] = Call("POST", door, _as_is, in_project=False, content=body, headers=headers)
        return self.client.run(call)

    def _run(self, method: str, path: str, params: Mapping[str, Any], body: Any = None) -> Any:
        call: Call[Any] = Call(method, PREFIX + path, _as_is, params, body, in_project="project" in params)
        return self.client.run(call)


def segment(name: str) -> str:
    """A name or id as one part of a path, so that no name can reach what lies at another path.

    Raises:
        InvalidInput: the name is empty or made of dots alone, which is a way and not a name.
    """
    if name in ("", ".", ".."):
        raise InvalidInput(f"{name!r} is not a name")
    return quote(name, safe="")


def _as_is(answer: Any) -> Any:
    return answer


def close_connections() -> None:
    """Closes the clients of every server that was talked to; the next call opens new ones."""
    while _open:
        _open.popitem()[1].close()


_open: Final[dict[str, Client]] = {}


def _client(server: str) -> Client:
    if not server:
        raise InvalidInput("no server address", hint="give --server or set EVALWRIGHT_ENDPOINT")
    if server not in _open:
        _open[server] = Client(endpoint=server)
    return _open[server]
