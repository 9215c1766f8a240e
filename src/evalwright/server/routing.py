"""The route class of the API: bodies are read strictly, writes may carry an ``Idempotency-Key``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from evalwright.domain.errors import EvalwrightError, InvalidInput, UnsupportedType
from evalwright.domain.project import Principal
from evalwright.server import problems, wire
from evalwright.server.compression import compress
from evalwright.server.deps import Deps
from evalwright.server.schemas import PROBLEMS

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
MAX_KEY_CHARACTERS: Final = 200
NEVER_KEPT: Final = frozenset({"/api/v1/keys", "/api/v1/login", "/api/v1/logout"})
"""Answers that hold secrets; an Idempotency-Key on them is ignored."""


class StrictRequest(Request):
    """A request whose JSON body was decoded by ``wire.decode``."""

    _decoded: Any = None

    def hold(self, body: bytes, value: Any) -> None:
        """Sets what ``body`` and ``json`` give, the stream having been read already."""
        self._body = body
        self._decoded = value

    async def json(self) -> Any:
        """Returns the decoded body."""
        return self._decoded


class ApiRoute(APIRoute):
    """Adds strict JSON and idempotent writes to FastAPI's route."""

    def get_route_handler(self) -> Handler:
        """Returns the handler FastAPI calls."""
        inner = super().get_route_handler()
        takes_body = self.body_field is not None

        async def read_and_run(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            if takes_body:
                strict.hold(await request.body(), await _strict_json(request))
            return await inner(strict)

        async def run_once(request: Request) -> Response:
            key = request.headers.get("idempotency-key", "")
            if not key or request.method not in {"POST", "DELETE"} or request.url.path in NEVER_KEPT:
                return await read_and_run(request)
            return await _once(request, key, read_and_run)

        async def handle(request: Request) -> Response:
            return await compress(request, await run_once(request))

        return handle


def router(tag: str) -> APIRouter:
    """Returns the router of one noun."""
    return APIRouter(route_class=ApiRoute, tags=[tag], responses=PROBLEMS)


async def _strict_json(request: Request) -> Any:
    body = await request.body()
    if not body:
        raise InvalidInput("the request has no body", hint="send a JSON object with content-type application/json")
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json" and not media.endswith("+json"):
        raise UnsupportedType(f"content type {media!r} is not JSON", hint="send content-type: application/json")
    return wire.decode(body)


async def _once(request: Request, key: str, run: Handler) -> Response:
    """Returns the answer of the first request with this key by this caller, running it when it is the first."""
    if len(key) > MAX_KEY_CHARACTERS:
        raise InvalidInput(f"the Idempotency-Key is longer than {MAX_KEY_CHARACTERS} characters")
    deps: Deps = request.app.state.deps
    principal: Principal = request.state.principal
    body = await request.body()
    full_key = f"{principal.key_id}\n{key}"
    target = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    earlier = deps.idempotency.begin(full_key, hashlib.sha256(target + body).hexdigest())
    if earlier:
        replayed = Response(earlier.body, earlier.status, media_type=earlier.media_type)
        replayed.headers["Idempotent-Replayed"] = "true"
        return replayed
    response: Response | None = None
    try:
        response = await _run_to_answer(request, run)
    finally:
        if response is None or response.status_code >= 500 or response.status_code in {401, 403, 429}:
            deps.idempotency.abandon(full_key)
        else:
            media = response.media_type or "application/json"
            deps.idempotency.finish(full_key, status=response.status_code, media_type=media, body=bytes(response.body))
    return response


async def _run_to_answer(request: Request, run: Handler) -> Response:
    try:
        return await run(request)
    except EvalwrightError as error:
        return problems.from_error(error)
