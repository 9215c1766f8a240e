"""What every request passes before it reaches a route: host, origin, size, credentials, headers, counting.

Pure ASGI, so that streams stay streams. Host and origin checks are what keeps a web page the user happens to visit from
talking to a server on their own machine (DNS rebinding, cross-site requests).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evalwright.domain.errors import EvalwrightError, Forbidden, InvalidInput, TooLarge
from evalwright.domain.project import Principal
from evalwright.server import problems
from evalwright.server.auth import COOKIE, Authenticator
from evalwright.server.deps import Deps

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
API: Final = "/api/v1/"
OPEN_PATHS: Final = frozenset({"/api/v1/login", "/api/v1/logout"})
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTLP_PATHS: Final = ("/v1/traces", "/v1/logs", "/v1/metrics")
SECURITY_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp, deps: Deps) -> None:
        self._app = app
        self._deps = deps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Checks, then passes on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = [0]
        guarded_send = _with_headers(send, status)
        try:
            await self._answer(scope, receive, guarded_send, status)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            self._deps.counts.add(method, _route_of(scope), status[0], time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, status: list[int]) -> None:
        try:
            await self._admit(scope)
            await self._app(scope, self._bounded(scope, receive), send)
        except EvalwrightError as error:
            await problems.from_error(error)(scope, receive, send)
        except Exception as error:
            if status[0]:
                raise
            await problems.from_fault(scope["method"], scope["path"], error)(scope, receive, send)

    async def _admit(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._check_host(headers)
        self._check_origin(headers)
        path: str = scope["path"]
        if "\x00" in path or b"%00" in scope["query_string"]:
            raise InvalidInput("the address holds a NUL character")
        if path.startswith("/api/") and path not in OPEN_PATHS:
            cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
            scope.setdefault("state", {})["principal"] = await identify(self._deps.authenticator, headers, cookie)

    def _check_host(self, headers: Headers) -> None:
        name = host_name(headers.get("host", ""))
        if self._deps.any_host or name in LOOPBACK_NAMES or name in self._deps.allowed_hosts:
            return
        raise Forbidden(
            f"this server does not answer to host {name!r}",
            hint="add the name to allowed_hosts (EVALWRIGHT_ALLOWED_HOSTS)",
        )

    def _check_origin(self, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is None or origin in self._deps.allowed_origins:
            return
        if urlsplit(origin).netloc.lower() == headers.get("host", "").lower() and origin != "null":
            return
        raise Forbidden(
            f"requests from the web origin {origin!r} are not allowed",
            hint="add it to allowed_origins (EVALWRIGHT_ALLOWED_ORIGINS) if you trust that site",
        )

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """Returns ``receive`` that stops a body over the bound; OTLP routes bound their own, inflated, bodies."""
        if scope["path"] in OTLP_PATHS:
            return receive
        limit = self._deps.bounds.max_body_bytes
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdigit() and int(declared[:20]) > limit:
            raise TooLarge(
                f"the body of {declared} bytes is over the limit of {limit}", hint="send fewer rows at a time"
            )
        seen = 0

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise TooLarge(f"the body is over the limit of {limit} bytes", hint="send fewer rows at a time")
            return message

        return bounded


async def identify(authenticator: Authenticator, headers: Headers, cookie: str = "") -> Principal:
    """Returns who asks; waits in a thread only when the key has to be looked up."""
    known = authenticator.known(headers, cookie)
    if known is not None:
        return known
    return await run_in_threadpool(authenticator.principal, headers, cookie)


def host_name(host: str) -> str:
    """Returns the name in a Host header, without port and brackets, in lower case."""
    text = host.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if text.count(":") == 1 else text


def _route_of(scope: Scope) -> str:
    """Returns the template of the matched route; included routers know theirs without the prefix."""
    path: str = getattr(scope.get("route"), "path", "") or "other"
    is_api = scope["path"].startswith(API) and path != "other" and not path.startswith(API)
    return f"{API}{path.removeprefix('/')}" if is_api else path


def _with_headers(send: Send, status: list[int]) -> Callable[[Message], Awaitable[Any]]:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            status[0] = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return send_with_headers
