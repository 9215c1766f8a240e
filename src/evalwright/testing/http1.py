"""HTTP/1.1 over asyncio: requests in, bytes out, connections kept alive. Only what the scripted server needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A whole request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class BadRequest(Exception):
    """The bytes are not a request this server reads; the connection is closed after the answer."""


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[bool]]
"""Writes one answer; False closes the connection."""


def head(
    status: int, length: int | None, *, content_type: str = "application/json", extra: Mapping[str, str] | None = None
) -> bytes:
    """Returns status line and headers; a length of None announces a chunked body."""
    size = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
    phrase = _PHRASES.get(status, "Scripted")
    more = "".join(f"{name}: {value}\r\n" for name, value in (extra or {}).items())
    return f"HTTP/1.1 {status} {phrase}\r\ncontent-type: {content_type}\r\n{size}\r\n{more}\r\n".encode()


def chunk(data: bytes) -> bytes:
    """Returns one chunk of a chunked body; the empty chunk ends it."""
    return b"%x\r\n%b\r\n" % (len(data), data)


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Returns the next request of a connection, None once the client has closed it.

    Raises:
        BadRequest: the head or the body is malformed or over its bound.
    """
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except asyncio.LimitOverrunError as error:
        raise BadRequest("head too large") from error
    lines = raw[:-4].decode("latin-1").split("\r\n")
    first = lines[0].split(" ")
    if len(first) != 3:
        raise BadRequest("malformed request line")
    pairs = (line.partition(":") for line in lines[1:])
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Request(method=first[0], path=first[1].partition("?")[0], headers=headers, body=await _body(reader, headers))


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", ""):
        return await _chunked(reader)
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        raise BadRequest("bad content length")
    try:
        return await reader.readexactly(int(length)) if int(length) else b""
    except asyncio.IncompleteReadError as error:
        raise BadRequest("body cut short") from error


async def _chunked(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        try:
            size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
            total += size
            if total > MAX_BODY_BYTES:
                raise BadRequest("body too large")
            data = await reader.readexactly(size + 2)
        except (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise BadRequest("malformed chunk") from error
        if not size:
            return b"".join(parts)
        parts.append(data[:-2])


async def serve_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handle: Handler) -> None:
    """Answers the requests of one connection in order until either side closes it."""
    try:
        while (request := await read_request(reader)) is not None:
            if not await handle(request, writer):
                break
            if request.headers.get("connection", "").lower() == "close":
                break
    except BadRequest as error:
        body = b'{"error": {"message": "%b"}}' % str(error).encode()
        writer.write(head(400, len(body), extra={"connection": "close"}) + body)
    except ConnectionError:
        pass
    finally:
        writer.close()
