"""The scripted server: an OpenAI-compatible endpoint whose answers are a function you give."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from evalwright.testing import completion
from evalwright.testing.call import Call
from evalwright.testing.http1 import MAX_HEAD_BYTES, Request, chunk, head, serve_connection
from evalwright.testing.reply import Reply, Script

_REMEMBERED_BODIES = 100_000


class ScriptedServer:
    """Serves ``/v1/chat/completions``, ``/v1/embeddings`` and ``/v1/models`` on loopback from a thread of its own.

    Example:
        >>> with ScriptedServer(lambda call: "42") as server:
        ...     server.url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(
        self,
        script: Script,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        seed: int = 0,
        api_key: str = "",
        models: Sequence[str] = ("scripted",),
        keep_calls: int = 10_000,
    ) -> None:
        """Prepares a server; it listens once entered or started.

        Args:
            script: decides each answer; called on the server's thread, must not block.
            port: 0 takes any free port.
            host: address to bind; loopback unless you say otherwise.
            seed: handed to the script through ``Call.random``.
            api_key: when given, requests without it get 401.
            models: names listed at ``/v1/models``.
            keep_calls: how many of the newest calls ``calls`` remembers.
        """
        self._script = script
        self._address = (host, port)
        self._seed = seed
        self._api_key = api_key
        self._models = tuple(models)
        self._keep = keep_calls
        self._seen: Counter[int] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self._failure: OSError | None = None
        self.calls: list[Call] = []
        self.served = 0

    @property
    def url(self) -> str:
        """The base URL to give to clients, ending in ``/v1``."""
        host, port = self._address
        return f"http://{host}:{port}/v1"

    def start(self) -> Self:
        """Returns once the port is open.

        Raises:
            OSError: the port is taken.
        """
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="scripted-server", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def close(self) -> None:
        """Stops listening, drops open connections and joins the thread. Safe to call twice."""
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        connections: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(serve_connection(reader, writer, self._answer))
            connections.add(task)
            task.add_done_callback(connections.discard)

        try:
            server = await asyncio.start_server(accept, *self._address, limit=MAX_HEAD_BYTES, backlog=1024)
        except OSError as error:
            self._failure = error
            self._started.set()
            return
        self._address = server.sockets[0].getsockname()[:2]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        self.served += 1
        if self._api_key and request.headers.get("authorization") != f"Bearer {self._api_key}":
            return _send(writer, 401, completion.error_object(Reply(status=401, error="incorrect API key provided")))
        path = request.path.rstrip("/").removeprefix("/v1")
        if request.method == "GET" and path == "/models":
            return _send(writer, 200, completion.models(self._models))
        if request.method != "POST" or path not in ("/chat/completions", "/embeddings"):
            return _send(writer, 404, completion.error_object(Reply(status=404, error=f"no such route {path!r}")))
        try:
            body = msgspec.json.decode(request.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            body = None
        if not isinstance(body, dict):
            return _send(writer, 400, completion.error_object(Reply(status=400, error="the body is not a JSON object")))
        if path == "/embeddings":
            return _send(writer, 200, _embeddings(body))
        return await self._chat(self._call(request, body), writer)

    def _call(self, request: Request, body: dict[str, Any]) -> Call:
        if len(self._seen) > _REMEMBERED_BODIES:
            self._seen.clear()
        key = hash(request.body)
        call = Call(
            body=body, headers=request.headers, attempt=self._seen[key], number=self.served - 1, seed=self._seed
        )
        self._seen[key] += 1
        if self._keep:
            self.calls.append(call)
            del self.calls[: -self._keep]
        return call

    async def _chat(self, call: Call, writer: asyncio.StreamWriter) -> bool:
        answer = self._script(call)
        reply = Reply(text=answer) if isinstance(answer, str) else answer
        if reply.hang:
            await asyncio.Event().wait()
        if reply.latency_s > 0:
            await asyncio.sleep(reply.latency_s)
        extra = {} if reply.retry_after_s is None else {"retry-after": f"{reply.retry_after_s:g}"}
        if reply.status >= 400:
            return _send(writer, reply.status, completion.error_object(reply), extra)
        if call.body.get("stream") and reply.raw is None:
            return await _stream(writer, call, reply)
        body = reply.raw if reply.raw is not None else msgspec.json.encode(_complete(call, reply))
        if reply.truncate:
            writer.write(head(reply.status, len(body), extra=extra) + body[: len(body) // 2])
            return False
        writer.write(head(reply.status, len(body), extra=extra) + body)
        return True


def _complete(call: Call, reply: Reply) -> dict[str, Any]:
    return completion.completion(call, reply, int(time.time()))


def _send(writer: asyncio.StreamWriter, status: int, value: Any, extra: dict[str, str] | None = None) -> bool:
    body = msgspec.json.encode(value)
    writer.write(head(status, len(body), extra=extra) + body)
    return True


async def _stream(writer: asyncio.StreamWriter, call: Call, reply: Reply) -> bool:
    writer.write(head(200, None, content_type="text/event-stream"))
    events = list(completion.stream(call, reply, int(time.time())))
    for event in events[: len(events) // 2] if reply.truncate else events:
        writer.write(chunk(event))
        if reply.chunk_latency_s > 0:
            await asyncio.sleep(reply.chunk_latency_s)
    if reply.truncate:
        return False
    writer.write(chunk(b""))
    await writer.drain()
    return True


def _embeddings(body: dict[str, Any]) -> dict[str, Any]:
    given = body.get("input", "")
    texts = [str(text) for text in given] if isinstance(given, list) else [str(given)]
    dimensions = body.get("dimensions")
    size = min(dimensions, 4096) if isinstance(dimensions, int) and dimensions > 0 else 256
    return completion.embeddings(texts, str(body.get("model", "")), size)
