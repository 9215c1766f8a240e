"""Errors become RFC 9457 problems here, and nowhere else."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from evalwright.domain.errors import EvalwrightError, FilterError, RateLimited, StoreUnavailable
from evalwright.server import wire

MEDIA_TYPE = "application/problem+json"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
TYPE_BASE = "https://evalwright.dev/errors/"
_log = logging.getLogger(__name__)


def problem(
    status: int, code: str, detail: str, *, hint: str = "", headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """Returns the answer for one error."""
    title = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    body = {"type": TYPE_BASE + code, "title": title, "status": status, "detail": detail, "hint": hint, **more}
    return Response(wire.encode(body), status, dict(headers or {}), MEDIA_TYPE)


def from_error(error: EvalwrightError) -> Response:
    """Returns the answer for an error of the domain, with ``Retry-After`` and the position where it has them."""
    headers: dict[str, str] = {}
    more: dict[str, Any] = {}
    if isinstance(error, RateLimited | StoreUnavailable):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    if isinstance(error, FilterError):
        more = {"position": error.position, "length": error.length}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.status, error.code, error.message, hint=error.hint, headers=headers, **more)


def _validation_detail(errors: Any) -> str:
    """Returns one line that names each wrong field; values are left out, they may be secret or huge."""
    lines = [f"{'.'.join(str(part) for part in each['loc']) or 'request'}: {each['msg']}" for each in errors]
    shown = "; ".join(lines[:5])
    return f"{shown}; and {len(lines) - 5} more" if len(lines) > 5 else shown


async def _on_domain_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, EvalwrightError)
    return from_error(error)


async def _on_validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem(422, "invalid-input", _validation_detail(error.errors()), hint="see /api/openapi.json for the shape")


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}
    code = codes.get(error.status_code, "invalid-input")
    detail, headers = str(error.detail).lower(), error.headers
    if error.status_code == HTTPStatus.NOT_FOUND:
        detail = f"nothing at {request.url.path[:500]!r}"
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.url.path[:500]!r} does not take {request.method[:20]}"
        headers = {**(headers or {}), "Allow": ", ".join(_allowed(request)) or (headers or {}).get("Allow", "")}
    return problem(error.status_code, code, detail, headers=headers)


def _allowed(request: Request) -> list[str]:
    """Returns every method the address takes: a framework's own header names those of its first route only."""
    routes = request.app.router.routes
    return [
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]


def from_fault(method: str, path: str, error: Exception) -> Response:
    """Returns the answer for an error nobody foresaw; the log has what it was, the caller does not."""
    _log.error("%s %s failed", method, path, exc_info=error)
    return problem(500, "internal", "the server failed to answer", hint="the server's log says why; please report it")


def install(app: FastAPI) -> None:
    """Makes every expected error of the app a problem; the guard answers for the others."""
    app.add_exception_handler(EvalwrightError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
