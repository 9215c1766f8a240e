"""Group commit: all requests that wait are written by one insert, and answered when it is durable."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from evalwright.domain.errors import EvalwrightError, RateLimited, StoreUnavailable
from evalwright.ingest.limits import IntakeLimits
from evalwright.ingest.pipeline import Prepared
from evalwright.ingest.spool import Request, Spool, read_segment
from evalwright.ports.spans import SpanWriter

_log = logging.getLogger(__name__)

_LINGER_S: Final = 0.25
_RETURN_S: Final = 0.03
_FIRST_RETRY_S: Final = 0.5
_LAST_RETRY_S: Final = 30.0


@dataclass(slots=True)
class Batch:
    """One request on its way into the store. ``done`` ends when it is durable, True if it is in the spool."""

    request: Request
    prepared: Prepared
    done: Future[bool] = field(default_factory=Future)


class GroupCommit:
    """One writer thread behind a bounded queue.

    While the store is away batches go to the spool, if there is one, and the spool is replayed when the store is back.
    """

    def __init__(
        self,
        writer: SpanWriter,
        limits: IntakeLimits,
        *,
        spool: Spool | None,
        prepare: Callable[[Request], Prepared],
        on_replayed: Callable[[Prepared | None], None],
    ) -> None:
        """Takes the ports; starts nothing.

        Args:
            writer: where rows go; only the writer thread calls it.
            limits: bounds of the queue and of one insert.
            spool: where batches wait while the store is away; None refuses them instead.
            prepare: decodes a spooled request again.
            on_replayed: told of every request that left the spool; None when the store refused it for good.
        """
        self._writer = writer
        self._limits = limits
        self._spool = spool
        self._prepare = prepare
        self._on_replayed = on_replayed
        self._changed = threading.Condition()
        self._queue: deque[Batch] = deque()
        self._bytes = self._rows = self._arriving = self._returning = 0
        self._closing = False
        self._retry_s = self._probe_at = self._return_by = 0.0
        self._thread = threading.Thread(target=self._run, name="intake-writer", daemon=True)

    def start(self) -> None:
        """Starts the writer thread; what the last run spooled is replayed first."""
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Batches that no insert has taken yet."""
        return len(self._queue)

    @property
    def stopping(self) -> bool:
        """True once ``drain`` was called."""
        return self._closing

    def check_room(self, body_bytes: int) -> None:
        """Refuses early, before a body is decoded.

        Raises:
            RateLimited: the queue is full.
            StoreUnavailable: the intake is stopping.
        """
        if self._closing:
            raise StoreUnavailable("the server is stopping", retry_after_s=2)
        full = self._bytes + body_bytes > self._limits.max_queue_bytes or self._rows > self._limits.max_queue_rows
        if full and self._queue:
            raise RateLimited("more telemetry arrives than can be stored", retry_after_s=1, hint="retry later")

    @contextlib.contextmanager
    def arriving(self) -> Iterator[None]:
        """Tells the writer, for as long as it is entered, that one more batch is about to be put.

        The writer waits a moment for those: an insert costs the same ten milliseconds for one batch as for all. For
        the same reason it waits, shorter still, for the senders it has just answered to come back: else two halves of
        the senders would take turns for ever, each answered while the other waits.
        """
        with self._changed:
            self._arriving += 1
            self._returning -= self._returning > 0
        try:
            yield
        finally:
            with self._changed:
                self._arriving -= 1
                self._changed.notify()

    def put(self, batch: Batch) -> Future[bool]:
        """Queues a batch and returns its future.

        Raises:
            RateLimited: the queue is full.
            StoreUnavailable: the intake is stopping.
        """
        with self._changed:
            self.check_room(len(batch.request.body))
            self._queue.append(batch)
            self._bytes += len(batch.request.body)
            self._rows += batch.prepared.rows
            self._changed.notify()
        return batch.done

    def drain(self, timeout_s: float) -> bool:
        """Takes nothing new, finishes what is queued and stops. False when that took longer than the timeout."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            if group:
                self._commit(group)
            if self._spool and time.monotonic() >= self._probe_at:
                self._replay(self._spool)

    def _next_group(self) -> list[Batch] | None:
        # An empty group means that it is time to look at the spool, None that the queue is drained for good.
        with self._changed:
            if not self._queue and not self._closing:
                self._changed.wait(self._wait_s())
            if not self._queue:
                return None if self._closing else []
            back_in = max(0.0, self._return_by - time.monotonic())
            self._changed.wait_for(lambda: not self._returning or self._is_full(), back_in)
            self._changed.wait_for(lambda: not self._arriving or self._is_full(), _LINGER_S)
            group = [self._pop()]
            rows, size = group[0].prepared.rows, len(group[0].request.body)
            while self._queue:
                rows += self._queue[0].prepared.rows
                size += len(self._queue[0].request.body)
                if rows > self._limits.max_group_rows or size > self._limits.max_group_bytes:
                    break
                group.append(self._pop())
            return group

    def _is_full(self) -> bool:
        return self._closing or self._rows >= self._limits.max_group_rows

    def _wait_s(self) -> float | None:
        return max(0.0, self._probe_at - time.monotonic()) if self._spool else None

    def _pop(self) -> Batch:
        batch = self._queue.popleft()
        self._bytes -= len(batch.request.body)
        self._rows -= batch.prepared.rows
        return batch

    def _commit(self, group: Sequence[Batch]) -> None:
        if self._spool and time.monotonic() < self._probe_at:
            self._keep(group, StoreUnavailable("the store is away"))
            return
        try:
            self._write([batch.prepared for batch in group])
        except StoreUnavailable as cause:
            self._mark_away()
            self._keep(group, cause)
        except Exception as cause:
            self._isolate(group, cause)
        else:
            self._retry_s = self._probe_at = 0.0
            with self._changed:
                self._returning, self._return_by = len(group), time.monotonic() + _RETURN_S
            for batch in group:
                batch.done.set_result(False)

    def _write(self, prepared: Sequence[Prepared]) -> None:
        if spans := [span for one in prepared for span in one.spans]:
            self._writer.write_spans(spans)
        if logs := [row for one in prepared for row in one.logs]:
            self._writer.write_logs(logs)
        if metrics := [row for one in prepared for row in one.metrics]:
            self._writer.write_metrics(metrics)

    def _isolate(self, group: Sequence[Batch], cause: Exception) -> None:
        # One batch that the store cannot take must not cost its neighbours: writes are idempotent, so each goes alone.
        if len(group) == 1:
            group[0].done.set_exception(_as_known(cause))
            return
        for batch in group:
            self._commit([batch])

    def _keep(self, group: Sequence[Batch], cause: StoreUnavailable) -> None:
        if self._spool is None:
            self._fail(group, cause)
            return
        try:
            self._spool.append([batch.request for batch in group])
        except StoreUnavailable as full:
            self._fail(group, full)
            return
        for batch in group:
            batch.done.set_result(True)

    def _fail(self, group: Sequence[Batch], cause: StoreUnavailable) -> None:
        for batch in group:
            batch.done.set_exception(cause)

    def _mark_away(self) -> None:
        self._retry_s = min(_LAST_RETRY_S, self._retry_s * 2 or _FIRST_RETRY_S)
        self._probe_at = time.monotonic() + self._retry_s

    def _replay(self, spool: Spool) -> None:
        # One segment at a time, so that new requests never wait for all of a long outage.
        segment = spool.segments()[0]
        refused = False
        for request in read_segment(segment):
            try:
                refused |= not self._replay_one(request)
            except StoreUnavailable:
                self._mark_away()
                return
        self._retry_s = self._probe_at = 0.0
        if refused:
            spool.quarantine(segment)
        else:
            spool.remove(segment)

    def _replay_one(self, request: Request) -> bool:
        try:
            prepared = self._prepare(request)
            self._write([prepared])
        except StoreUnavailable:
            raise
        except Exception:
            _log.exception("a spooled request was refused and is set aside")
            self._on_replayed(None)
            return False
        self._on_replayed(prepared)
        return True


def _as_known(cause: Exception) -> EvalwrightError:
    if isinstance(cause, EvalwrightError):
        return cause
    # Nobody knows what this is, so nobody may conclude that the data is worthless: the sender keeps it and retries.
    _log.error("the store failed on a batch", exc_info=cause)
    return StoreUnavailable(f"the store failed: {type(cause).__name__}", hint="see the server's log")
