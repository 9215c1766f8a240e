"""OTLP/HTTP: the three POST routes."""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from evalwright.domain.errors import EvalwrightError, RateLimited
from evalwright.domain.project import Principal
from evalwright.ingest.access import allowed_project
from evalwright.ingest.answers import json_error, json_success, protobuf_error, protobuf_success
from evalwright.ingest.inflate import too_large
from evalwright.ingest.intake import Intake, IntakeResult, Signal, retry_after_s
from evalwright.ingest.limits import IntakeLimits
from evalwright.ingest.pipeline import JSON, PROTOBUF, is_json

_log = logging.getLogger(__name__)

_SIGNALS: Final[tuple[Signal, ...]] = ("traces", "logs", "metrics")
_DECODERS: Final = 2

Authorise = Callable[[Request], Principal | Awaitable[Principal]]
"""Returns who is asking, or raises Unauthenticated or Forbidden."""


def otlp_routes(intake: Intake, *, authorise: Authorise, limits: IntakeLimits | None = None) -> list[Route]:
    """Returns POST routes for ``/v1/traces``, ``/v1/logs`` and ``/v1/metrics``."""
    door = _Door(intake, authorise, limits or intake.limits)
    return [
        Route(f"/v1/{signal}", door.endpoint(signal), methods=["POST"], name=f"otlp-{signal}") for signal in _SIGNALS
    ]


class _Door:
    """What the routes share: the intake, the bytes being received, and the threads that decode large bodies."""

    def __init__(self, intake: Intake, authorise: Authorise, limits: IntakeLimits) -> None:
        self._intake = intake
        self._authorise = authorise
        self._limits = limits
        self._receiving = 0
        self._decoders = ThreadPoolExecutor(_DECODERS, thread_name_prefix="otlp-decode")

    def endpoint(self, signal: Signal) -> Callable[[Request], Awaitable[Response]]:
        async def export(request: Request) -> Response:
            return await self._export(signal, request)

        return export

    async def _export(self, signal: Signal, request: Request) -> Response:
        media_type = _media_type(request)
        try:
            result = await self._take(signal, request, media_type)
        except ClientDisconnect:
            return self._reply(b"", media_type, 400)
        except EvalwrightError as error:
            return self._refuse(error, media_type, error.status)
        except Exception as error:
            _log.exception("an OTLP request failed")
            return self._refuse(error, media_type, 500)
        body = json_success(signal, result) if media_type == JSON else protobuf_success(signal, result)
        return self._reply(body, media_type, 200)

    async def _take(self, signal: Signal, request: Request, media_type: str) -> IntakeResult:
        principal = await _who(self._authorise, request)
        project = allowed_project(principal, request.headers.get("x-evalwright-project", ""))
        is_json(media_type)
        body = await self._receive(request)
        try:
            encoding = request.headers.get("content-encoding", "")
            committed = await self._submit(signal, body, media_type, encoding, project)
        finally:
            self._receiving -= len(body)
        return await asyncio.wrap_future(committed)

    async def _submit(
        self, signal: Signal, body: bytes, media_type: str, encoding: str, project: str
    ) -> Future[IntakeResult]:
        with self._intake.arriving():
            # Compressed bodies may be far larger than they look; only small plain ones are decoded on the event loop.
            if not encoding and len(body) <= self._limits.inline_bytes:
                return self._intake.submit(signal, body, media_type, encoding, project)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                self._decoders, self._intake.submit, signal, body, media_type, encoding, project
            )

    async def _receive(self, request: Request) -> bytes:
        limit = self._limits.max_body_bytes
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            raise too_large(limit)
        self._intake.check_room(0)
        parts: list[bytes] = []
        size = 0
        try:
            async for part in request.stream():
                size += len(part)
                self._receiving += len(part)
                parts.append(part)
                self._check(size)
        except BaseException:
            self._receiving -= size
            raise
        return b"".join(parts)

    def _check(self, size: int) -> None:
        if size > self._limits.max_body_bytes:
            raise too_large(self._limits.max_body_bytes)
        if self._receiving > self._limits.max_receiving_bytes and size < self._receiving:
            raise RateLimited("too many large requests at once", retry_after_s=2, hint="retry later")

    def _refuse(self, error: Exception, media_type: str, status: int) -> Response:
        if status >= 429:
            self._intake.counters.add("refused_batches")
        body = json_error(error) if media_type == JSON else protobuf_error(error)
        reply = self._reply(body, media_type, status)
        if isinstance(error, EvalwrightError) and (wait := retry_after_s(error)) is not None:
            reply.headers["retry-after"] = str(math.ceil(wait))
        return reply

    def _reply(self, body: bytes, media_type: str, status: int) -> Response:
        self._intake.counters.request("http", str(status))
        return Response(body, status_code=status, media_type=JSON if media_type == JSON else PROTOBUF)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _who(authorise: Authorise, request: Request) -> Principal:
    answer = authorise(request)
    if inspect.isawaitable(answer):
        return await answer
    return answer
