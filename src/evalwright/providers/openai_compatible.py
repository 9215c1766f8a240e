"""The one client for OpenAI-compatible endpoints: pooled, limited, retried, bounded by a deadline, priced."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Final, Self

import httpx2
import msgspec

from evalwright.domain.errors import ModelCallFailed
from evalwright.ports.models import ChatReply, ChatRequest
from evalwright.ports.prices import Prices
from evalwright.providers.address import scope_of
from evalwright.providers.chat_wire import WEAKER, JsonMode, read_reply, refuses_json_mode, request_body, usage_of
from evalwright.providers.lanes import Lanes, RawReply, ReplyTooLarge
from evalwright.providers.limiter import Limiter
from evalwright.providers.retry import RETRIABLE, SLOW_DOWN, backoff_s, retry_after_s


@dataclass(slots=True)
class CallCounts:
    """What a client has done so far; ``attempts`` over ``calls`` is how much the endpoint made it repeat."""

    calls: int = 0
    attempts: int = 0
    rate_limited: int = 0
    failed_attempts: int = 0
    failed_calls: int = 0
    weaker_json: int = 0
    unpriced: int = 0


class _Again(Exception):
    """An attempt failed in a way worth repeating; ``wait_s`` is what the endpoint asked for."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.wait_s = wait_s


class OpenAICompatible:
    """Implements ``ports.models.ChatModel`` for any endpoint that speaks ``/chat/completions``.

    Safe to share between tasks, and between event loops one after another (connections belong to a loop, so a new
    loop gets a new pool). The key is sent and never logged, shown or put in an error.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str = "",
        provider: str = "openai",
        prices: Prices | None = None,
        max_in_flight: int = 128,
        max_attempts: int = 6,
        attempt_timeout_s: float = 120.0,
        backoff_base_s: float = 0.25,
        backoff_cap_s: float = 20.0,
        headers: Mapping[str, str] | None = None,
        rng: random.Random | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """Prepares a client; no connection is made before the first call.

        Args:
            base_url: up to and including ``/v1``.
            api_key: sent as a bearer token; empty for endpoints without keys.
            provider: name under which ``prices`` looks models up.
            prices: when given, replies carry their cost; unknown models count as ``unpriced``.
            max_in_flight: where the limiter starts; it narrows on 429, 503 and 529 and widens again on success.
            max_attempts: attempts of one call, the first included.
            attempt_timeout_s: one attempt's share of the call's deadline.
            backoff_base_s: upper end of the first wait; doubles with each attempt.
            backoff_cap_s: longest wait of our own making; a Retry-After may ask for more.
            headers: sent with every request.
            rng: source of jitter.
            now_ns: wall clock, for prices and for Retry-After dates.
        """
        self._url = base_url.rstrip("/") + "/chat/completions"
        auth = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._headers = {"content-type": "application/json", **auth, **(headers or {})}
        self.scope = scope_of(base_url, headers or {})
        self._provider = provider
        self._prices = prices
        self._max_in_flight = max_in_flight
        self._max_attempts = max_attempts
        self._attempt_timeout_s = attempt_timeout_s
        self._backoff_s = (backoff_base_s, backoff_cap_s)
        self._rng = rng or random.Random()
        self._now_ns = now_ns
        self._json_modes: dict[str, JsonMode] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lanes: Lanes | None = None
        self._limiter = Limiter(start=max_in_flight, largest=4 * max_in_flight)
        self.counts = CallCounts()

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Returns the reply.

        Raises:
            ModelCallFailed: the endpoint refused, answered nonsense, or retries or the deadline are spent.
        """
        self._enter_loop()
        self.counts.calls += 1
        # The clock starts with the first attempt: waiting for our own turn says nothing about the endpoint.
        ticket = await self._limiter.acquire()
        try:
            async with asyncio.timeout(request.deadline_s):
                return await self._with_retries(request, ticket)
        except TimeoutError:
            self.counts.failed_calls += 1
            raise ModelCallFailed(
                f"no answer from model {request.model!r} within {request.deadline_s:g} s", hint="raise the deadline"
            ) from None
        except ModelCallFailed:
            self.counts.failed_calls += 1
            raise

    async def _with_retries(self, request: ChatRequest, ticket: int) -> ChatReply:
        attempt = 0
        while True:
            try:
                reply = await self._attempt(request, ticket)
            except _Again as again:
                attempt += 1
                self.counts.failed_attempts += 1
                if attempt >= self._max_attempts:
                    raise ModelCallFailed(f"model {request.model!r} failed {attempt} times: {again.why}") from again
                base_s, cap_s = self._backoff_s
                own_s = backoff_s(attempt - 1, base_s=base_s, cap_s=cap_s, rng=self._rng)
                await asyncio.sleep(own_s if again.wait_s is None else again.wait_s + own_s * 0.1)
                ticket = await self._limiter.acquire()
            else:
                return self._priced(replace(reply, retries=attempt), request)

    async def _attempt(self, request: ChatRequest, ticket: int) -> ChatReply:
        self.counts.attempts += 1
        started = time.perf_counter()
        try:
            response = await self._post_in_a_json_mode(request)
        finally:
            self._limiter.release()
        if response.status >= 300:
            self._raise_for(response, ticket)
        self._limiter.succeeded()
        try:
            data = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _Again("the answer is not JSON") from error
        return replace(read_reply(data), latency_ms=(time.perf_counter() - started) * 1000)

    async def _post_in_a_json_mode(self, request: ChatRequest) -> RawReply:
        while True:
            mode = self._json_modes.get(request.model, JsonMode.SCHEMA)
            response = await self._post(request, mode)
            if request.schema is None or response.status < 400:
                return response
            said = response.content.decode("utf-8", "replace")
            if not refuses_json_mode(response.status, said) or not self._weaken(request.model, mode):
                return response

    async def _post(self, request: ChatRequest, mode: JsonMode) -> RawReply:
        assert self._lanes is not None
        body = msgspec.json.encode(request_body(request, mode))
        try:
            async with asyncio.timeout(self._attempt_timeout_s):
                return await self._lanes.post(body)
        except ReplyTooLarge as error:
            raise ModelCallFailed(str(error)) from error
        except TimeoutError as error:
            raise _Again(f"no answer within {self._attempt_timeout_s:g} s") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise _Again(f"{type(error).__name__}: {error}") from error

    def _raise_for(self, response: RawReply, ticket: int) -> None:
        status = response.status
        why = f"HTTP {status}: {_error_message(response)}"
        if status in SLOW_DOWN:
            self.counts.rate_limited += 1
            self._limiter.slow_down(ticket)
        if status not in RETRIABLE:
            raise ModelCallFailed(f"the endpoint refused the call: {why}", hint=_HINTS.get(status, ""))
        raise _Again(why, retry_after_s(response.retry_after, now_s=self._now_ns() / 1e9))

    def _weaken(self, model: str, refused: JsonMode) -> bool:
        """Says whether another try can help; calls refused together weaken the mode once, not once each."""
        if self._json_modes.get(model, JsonMode.SCHEMA) is not refused:
            return True
        if refused not in WEAKER:
            return False
        self._json_modes[model] = WEAKER[refused]
        self.counts.weaker_json += 1
        return True

    def _priced(self, reply: ChatReply, request: ChatRequest) -> ChatReply:
        usage = usage_of(reply)
        model = reply.model or request.model
        if self._prices is None or usage is None:
            return replace(reply, model=model)
        cost = self._prices.price(model=model, provider=self._provider, usage=usage, at_ns=self._now_ns())
        self.counts.unpriced += cost is None
        return replace(reply, model=model, cost=cost)

    def _enter_loop(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        try:
            self._lanes = Lanes(self._url, headers=self._headers, kept=self._max_in_flight)
        except httpx2.InvalidURL as error:
            raise ModelCallFailed(
                f"the base URL is no address: {error}", hint="it looks like http://host/v1"
            ) from error
        except UnicodeEncodeError:
            # Without the cause, which would show the key.
            raise ModelCallFailed("the API key holds characters that no header can carry") from None
        self._limiter = Limiter(start=self._max_in_flight, largest=4 * self._max_in_flight)
        self._loop = loop

    async def aclose(self) -> None:
        """Closes the pool; the client may be used again afterwards."""
        lanes, self._lanes, self._loop = self._lanes, None, None
        if lanes is not None:
            await lanes.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"OpenAICompatible(url={self._url!r}, in_flight={self._limiter.in_flight}/{self._limiter.limit})"


_MOVED: Final = "the endpoint moved; give its new address"
_HINTS: Final = {
    **dict.fromkeys((301, 302, 303, 307, 308), _MOVED),
    401: "check the API key",
    403: "the key may not use this model",
    404: "check the base URL (it ends in /v1) and the model name",
}


def _error_message(response: RawReply) -> str:
    try:
        data: Any = msgspec.json.decode(response.content)
        error = data["error"]
        return str(error["message"] if isinstance(error, dict) else error)[:300]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        return repr(response.content[:480].decode("utf-8", "replace")[:120])
