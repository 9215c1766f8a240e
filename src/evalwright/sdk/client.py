"""The HTTP API from Python: ``Client`` blocks, ``AsyncClient`` is awaited; both run the same calls."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import Any, Final, Generic, ParamSpec, Self, TypeVar, cast

import httpx2

from evalwright.domain.errors import InvalidInput
from evalwright.domain.trace import Page
from evalwright.sdk import calibration_calls, calls, probe_calls
from evalwright.sdk.call import Call
from evalwright.sdk.connection import Connection
from evalwright.sdk.problems import error_of, unreachable
from evalwright.sdk.retries import RETRYABLE, Retries, retry_after_s

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

_TIMEOUT_S: Final = 60.0


class _Exchange(Generic[T]):
    """One call on its way: the request, what an answer means, when to try again. Does no I/O itself."""

    def __init__(self, call: Call[T], connection: Connection, retries: Retries) -> None:
        self._call = call
        self._connection = connection
        self._retries = retries
        self._attempt = 0
        self.result: T | None = None
        headers = {**connection.headers, "accept": "application/json", **call.headers}
        if call.method != "GET":
            # The same key on every attempt: a write whose answer got lost is not done twice.
            headers["idempotency-key"] = uuid.uuid4().hex
        self.request: dict[str, Any] = {
            "method": call.method,
            "url": connection.endpoint + call.path,
            "params": call.query(connection.project),
            "headers": headers,
        }
        if call.body is not None:
            headers["content-type"] = "application/json"
            self.request["content"] = _encoded(call.body)
        elif call.content:
            self.request["content"] = call.content

    def answered(self, response: httpx2.Response) -> float | None:
        """Takes an answer: None when it is the result, else seconds to wait before another attempt.

        Raises:
            EvalwrightError: it is an error, and no attempt is left.
        """
        if response.is_success:
            self.result = self._call.read(_json(response))
            return None
        wish = retry_after_s(response.headers)
        wait = self._next_wait(wish) if response.status_code in RETRYABLE else None
        if wait is None:
            raise error_of(response.status_code, response.headers, _json(response))
        return wait

    def broke(self, problem: httpx2.TransportError) -> float:
        """Takes a failed connection: seconds to wait before another attempt.

        Raises:
            StoreUnavailable: no attempt is left.
        """
        wait = self._next_wait(None)
        if wait is None:
            raise unreachable(self._connection.endpoint, problem) from problem
        return wait

    def _next_wait(self, wish_s: float | None) -> float | None:
        self._attempt += 1
        return self._retries.wait_s(self._attempt, wish_s)


def _encoded(body: Any) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"a value cannot be sent as JSON: {error}", hint="use plain JSON values") from error


def _json(response: httpx2.Response) -> Any:
    try:
        return response.json() if response.content else None
    except ValueError:
        return None


class _Blocking(Generic[P, T]):
    """Makes a method that runs a call and returns its result."""

    def __init__(self, build: Callable[P, Call[T]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def __get__(self, client: Client | None, _owner: type[Client]) -> Callable[P, T]:
        def method(*args: P.args, **kwargs: P.kwargs) -> T:
            return cast("Client", client).run(self._build(*args, **kwargs))

        return _described(method, self._build)


class _Awaited(Generic[P, T]):
    """The same for the async client."""

    def __init__(self, build: Callable[P, Call[T]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def __get__(self, client: AsyncClient | None, _owner: type[AsyncClient]) -> Callable[P, Awaitable[T]]:
        async def method(*args: P.args, **kwargs: P.kwargs) -> T:
            return await cast("AsyncClient", client).run(self._build(*args, **kwargs))

        return _described(method, self._build)


def _described(method: F, build: Callable[..., Any]) -> F:
    method.__name__ = build.__name__
    method.__doc__ = build.__doc__
    return method


class Client:
    """Reads and writes through the server's HTTP API. Safe to share between threads; close it when done.

    Every method of ``calls`` is one of this class; those that return a page have ``iterate`` beside them. Failed
    connections and answers that ask for patience are tried again; errors are those of ``evalwright.domain.errors``.

    Example:
        >>> with Client(endpoint="http://127.0.0.1:4318", project="support") as client:  # doctest: +SKIP
        ...     for trace in client.iterate(client.list_traces, filter="error_count > 0"):
        ...         print(trace.trace_id, trace.name)
    """

    def __init__(
        self, *, endpoint: str = "", api_key: str = "", project: str = "", retries: Retries | None = None
    ) -> None:
        """Connects lazily; empty arguments come from ``EVALWRIGHT_ENDPOINT``, ``_API_KEY`` and ``_PROJECT``."""
        self.connection = Connection.of(endpoint=endpoint, api_key=api_key, project=project)
        self._retries = retries or Retries()
        self._http = httpx2.Client(timeout=_TIMEOUT_S, trust_env=not self.connection.is_loopback)

    def run(self, call: Call[T]) -> T:
        """Sends a call and returns its result."""
        exchange = _Exchange(call, self.connection, self._retries)
        while True:
            try:
                wait = exchange.answered(self._http.request(**exchange.request))
            except httpx2.TransportError as problem:
                wait = exchange.broke(problem)
            if wait is None:
                return cast(T, exchange.result)
            time.sleep(wait)

    def iterate(self, method: Callable[..., Page[T]], *args: Any, **kwargs: Any) -> Iterator[T]:
        """Yields every item of every page of a listing method."""
        cursor = ""
        while True:
            page = method(*args, **kwargs, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if not cursor:
                return

    def close(self) -> None:
        """Closes connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    list_projects = _Blocking(calls.list_projects)
    list_traces = _Blocking(calls.list_traces)
    list_spans = _Blocking(calls.list_spans)
    list_sessions = _Blocking(calls.list_sessions)
    get_trace = _Blocking(calls.get_trace)
    trace_spans = _Blocking(calls.trace_spans)
    search_trace = _Blocking(calls.search_trace)
    aggregate_spans = _Blocking(calls.aggregate_spans)
    sql = _Blocking(calls.sql)
    list_scores = _Blocking(calls.list_scores)
    write_scores = _Blocking(calls.write_scores)
    list_evaluators = _Blocking(calls.list_evaluators)
    register_evaluator = _Blocking(calls.register_evaluator)
    list_datasets = _Blocking(calls.list_datasets)
    get_dataset = _Blocking(calls.get_dataset)
    create_dataset = _Blocking(calls.create_dataset)
    delete_dataset = _Blocking(calls.delete_dataset)
    list_items = _Blocking(calls.list_items)
    add_items = _Blocking(calls.add_items)
    add_items_from_spans = _Blocking(calls.add_items_from_spans)
    remove_items = _Blocking(calls.remove_items)
    list_experiments = _Blocking(calls.list_experiments)
    get_experiment = _Blocking(calls.get_experiment)
    create_experiment = _Blocking(calls.create_experiment)
    delete_experiment = _Blocking(calls.delete_experiment)
    list_trials = _Blocking(calls.list_trials)
    add_trials = _Blocking(calls.add_trials)
    finish_experiment = _Blocking(calls.finish_experiment)
    compare_experiments = _Blocking(calls.compare_experiments)
    check_gate = _Blocking(calls.check_gate)
    calibrate = _Blocking(calibration_calls.calibrate)
    list_calibrations = _Blocking(calibration_calls.list_calibrations)
    get_calibration = _Blocking(calibration_calls.get_calibration)
    list_disagreements = _Blocking(calibration_calls.list_disagreements)
    summarise_scores = _Blocking(calibration_calls.summarise_scores)
    corrected_mean = _Blocking(calibration_calls.corrected_mean)
    compare_corrected = _Blocking(calibration_calls.compare_corrected)
    compare_judges = _Blocking(calibration_calls.compare_judges)
    bridge_versions = _Blocking(calibration_calls.bridge_versions)
    canary_standing = _Blocking(calibration_calls.canary_standing)
    keep_probe = _Blocking(probe_calls.keep_probe)
    list_probes = _Blocking(probe_calls.list_probes)
    get_probe = _Blocking(probe_calls.get_probe)
    status = _Blocking(calls.status)


class AsyncClient:
    """``Client`` for programs on an event loop: the same methods, awaited."""

    def __init__(
        self, *, endpoint: str = "", api_key: str = "", project: str = "", retries: Retries | None = None
    ) -> None:
        """Connects lazily; empty arguments come from ``EVALWRIGHT_ENDPOINT``, ``_API_KEY`` and ``_PROJECT``."""
        self.connection = Connection.of(endpoint=endpoint, api_key=api_key, project=project)
        self._retries = retries or Retries()
        self._http = httpx2.AsyncClient(timeout=_TIMEOUT_S, trust_env=not self.connection.is_loopback)

    async def run(self, call: Call[T]) -> T:
        """Sends a call and returns its result."""
        exchange = _Exchange(call, self.connection, self._retries)
        while True:
            try:
                wait = exchange.answered(await self._http.request(**exchange.request))
            except httpx2.TransportError as problem:
                wait = exchange.broke(problem)
            if wait is None:
                return cast(T, exchange.result)
            await asyncio.sleep(wait)

    async def iterate(self, method: Callable[..., Awaitable[Page[T]]], *args: Any, **kwargs: Any) -> AsyncIterator[T]:
        """Yields every item of every page of a listing method."""
        cursor = ""
        while True:
            page = await method(*args, **kwargs, cursor=cursor)
            for item in page.items:
                yield item
            cursor = page.next_cursor
            if not cursor:
                return

    async def close(self) -> None:
        """Closes connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    list_projects = _Awaited(calls.list_projects)
    list_traces = _Awaited(calls.list_traces)
    list_spans = _Awaited(calls.list_spans)
    list_sessions = _Awaited(calls.list_sessions)
    get_trace = _Awaited(calls.get_trace)
    trace_spans = _Awaited(calls.trace_spans)
    search_trace = _Awaited(calls.search_trace)
    aggregate_spans = _Awaited(calls.aggregate_spans)
    sql = _Awaited(calls.sql)
    list_scores = _Awaited(calls.list_scores)
    write_scores = _Awaited(calls.write_scores)
    list_evaluators = _Awaited(calls.list_evaluators)
    register_evaluator = _Awaited(calls.register_evaluator)
    list_datasets = _Awaited(calls.list_datasets)
    get_dataset = _Awaited(calls.get_dataset)
    create_dataset = _Awaited(calls.create_dataset)
    delete_dataset = _Awaited(calls.delete_dataset)
    list_items = _Awaited(calls.list_items)
    add_items = _Awaited(calls.add_items)
    add_items_from_spans = _Awaited(calls.add_items_from_spans)
    remove_items = _Awaited(calls.remove_items)
    list_experiments = _Awaited(calls.list_experiments)
    get_experiment = _Awaited(calls.get_experiment)
    create_experiment = _Awaited(calls.create_experiment)
    delete_experiment = _Awaited(calls.delete_experiment)
    list_trials = _Awaited(calls.list_trials)
    add_trials = _Awaited(calls.add_trials)
    finish_experiment = _Awaited(calls.finish_experiment)
    compare_experiments = _Awaited(calls.compare_experiments)
    check_gate = _Awaited(calls.check_gate)
    calibrate = _Awaited(calibration_calls.calibrate)
    list_calibrations = _Awaited(calibration_calls.list_calibrations)
    get_calibration = _Awaited(calibration_calls.get_calibration)
    list_disagreements = _Awaited(calibration_calls.list_disagreements)
    summarise_scores = _Awaited(calibration_calls.summarise_scores)
    corrected_mean = _Awaited(calibration_calls.corrected_mean)
    compare_corrected = _Awaited(calibration_calls.compare_corrected)
    compare_judges = _Awaited(calibration_calls.compare_judges)
    bridge_versions = _Awaited(calibration_calls.bridge_versions)
    canary_standing = _Awaited(calibration_calls.canary_standing)
    keep_probe = _Awaited(probe_calls.keep_probe)
    list_probes = _Awaited(probe_calls.list_probes)
    get_probe = _Awaited(probe_calls.get_probe)
    status = _Awaited(calls.status)
