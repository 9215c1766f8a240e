"""Connections to one address, each lent to one call at a time.

A pool that many calls share looks at each of its connections before and after every request: with a hundred calls in
flight that costs more than the calls. Who limits its calls needs no pool, only a free connection: the one used last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpx2

MAX_REPLY_BYTES: Final = 64 * 1024 * 1024
_ONE: Final = httpx2.Limits(max_connections=1, max_keepalive_connections=1)


class ReplyTooLarge(Exception):
    """An answer longer than anything a model says; the connection it came over is closed."""


@dataclass(frozen=True, slots=True)
class RawReply:
    """An HTTP answer; ``retry_after`` is that header, where there is one."""

    status: int
    content: bytes
    retry_after: str | None = None


class Lanes:
    """As many connections as there were ever calls at once, for one event loop. The caller limits its calls."""

    def __init__(self, url: str, *, headers: Mapping[str, str], kept: int) -> None:
        """Prepares; no connection is made before the first call.

        Args:
            url: where every call goes, through the proxy the environment names for it.
            headers: sent with every call.
            kept: connections that stay open when they are not in use.

        Raises:
            httpx2.InvalidURL: the address is none.
            UnicodeEncodeError: a header holds what no header can.
        """
        self._url = httpx2.URL(url)
        self._headers = httpx2.Headers({"accept": "*/*", "accept-encoding": "gzip, deflate", **headers})
        self._kept = kept
        self._proxy = _proxy_for(self._url)
        self._verify = httpx2.create_ssl_context() if self._url.scheme == "https" else False
        self._free: list[httpx2.AsyncHTTPTransport] = []

    async def post(self, content: bytes) -> RawReply:
        """Returns the whole answer.

        Raises:
            httpx2.TransportError: no connection, or it broke.
            httpx2.DecodingError: the answer is not what its headers say.
            ReplyTooLarge: it has over ``MAX_REPLY_BYTES``.
        """
        lane = self._free.pop() if self._free else self._new()
        try:
            request = httpx2.Request("POST", self._url, headers=self._headers, content=content)
            return await _whole(await lane.handle_async_request(request))
        finally:
            if len(self._free) < self._kept:
                self._free.append(lane)
            else:
                await lane.aclose()

    def _new(self) -> httpx2.AsyncHTTPTransport:
        return httpx2.AsyncHTTPTransport(verify=self._verify, limits=_ONE, proxy=self._proxy)

    async def aclose(self) -> None:
        """Closes the connections that are not in use, and the others as soon as their calls end."""
        self._kept = 0
        lanes, self._free = self._free, []
        for lane in lanes:
            await lane.aclose()


async def _whole(response: httpx2.Response) -> RawReply:
    parts: list[bytes] = []
    size = 0
    try:
        async for part in response.aiter_bytes():
            size += len(part)
            if size > MAX_REPLY_BYTES:
                raise ReplyTooLarge(f"the answer has over {MAX_REPLY_BYTES // 2**20} MiB")
            parts.append(part)
    finally:
        await response.aclose()
    return RawReply(response.status_code, b"".join(parts), response.headers.get("retry-after"))


def _proxy_for(url: httpx2.URL) -> str | None:
    known = getproxies()
    found = known.get(url.scheme) or known.get("all")
    if not found or proxy_bypass(f"{url.host}:{url.port}" if url.port else url.host):
        return None
    return found if "://" in found else f"http://{found}"
