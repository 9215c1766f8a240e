"""Answers are gzipped where the caller takes it, off the event loop when they are large."""

from __future__ import annotations

from typing import Final

from fastapi import Request, Response
from isal import igzip
from starlette.concurrency import run_in_threadpool

FROM_BYTES: Final = 2048
THREAD_FROM_BYTES: Final = 128 * 1024


def accepts_gzip(request: Request) -> bool:
    """True when the caller takes gzip."""
    return "gzip" in request.headers.get("accept-encoding", "").lower()


def gzipped(body: bytes) -> bytes:
    """Returns the body compressed fast rather than small."""
    packed: bytes = igzip.compress(body, compresslevel=1, mtime=0)
    return packed


async def compress(request: Request, response: Response) -> Response:
    """Returns the response with its body gzipped when it is worth it; streams are left alone."""
    body = getattr(response, "body", b"")
    if len(body) < FROM_BYTES or not accepts_gzip(request) or "content-encoding" in response.headers:
        return response
    large = len(body) >= THREAD_FROM_BYTES
    response.body = await run_in_threadpool(gzipped, bytes(body)) if large else gzipped(bytes(body))
    response.headers["content-encoding"] = "gzip"
    response.headers["content-length"] = str(len(response.body))
    response.headers["vary"] = "accept-encoding"
    return response
