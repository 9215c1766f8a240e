"""A bounded queue with one background thread that delivers: never in the way of the program that fills it."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of sending a batch. ``retry_after_s`` set: nothing was taken, send the same batch again."""

    delivered: int = 0
    failed: int = 0
    retry_after_s: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportStats:
    """What became of everything that was handed over.

    Attributes:
        exported: the server has it.
        dropped: never sent: the queue was full, or the process ended first.
        failed: the server refused it.
        queued: still to be sent.
        last_problem: why the last attempt failed; empty after a success.
    """

    exported: int = 0
    dropped: int = 0
    failed: int = 0
    queued: int = 0
    last_problem: str = ""


def added(past: ExportStats, now: ExportStats) -> ExportStats:
    """Returns ``now`` with what was settled before it."""
    return replace(
        now,
        exported=past.exported + now.exported,
        dropped=past.dropped + now.dropped,
        failed=past.failed + now.failed,
    )


class Outbox(Generic[T]):
    """Takes things at once and sends them in batches, keeping them while the server is away."""

    def __init__(
        self,
        send: Callable[[Sequence[T]], Delivery],
        *,
        name: str,
        max_items: int = 8_192,
        max_bytes: int = 64 * 2**20,
        batch_items: int = 512,
        interval_s: float = 1.0,
    ) -> None:
        """Starts nothing yet; the thread begins with the first thing put.

        Args:
            send: delivers one batch. Called from one thread only; a batch it raises for has failed.
            name: of the thread, and of the things in the log.
            max_items: things kept at most.
            max_bytes: their size at most, as told to ``put``.
            batch_items: things in a batch at most.
            interval_s: how long a lone thing waits for company.
        """
        self._send = send
        self._name = name
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._batch_items = batch_items
        self._interval_s = interval_s
        self._start_empty()
        if hasattr(os, "register_at_fork"):
            start_empty = weakref.WeakMethod(self._start_empty)

            def after_fork() -> None:
                if start := start_empty():
                    start()

            os.register_at_fork(after_in_child=after_fork)

    def _start_empty(self) -> None:
        """A forked child has the queue of its parent but not its thread: what is queued is the parent's to send."""
        self._exported = self._dropped = self._failed = 0
        self._last_problem = ""
        self._changed = threading.Condition()
        self._queue: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._flying = 0
        self._hurry = False
        self._closing = False
        self._closed = False
        self._thread: threading.Thread | None = None

    def put(self, thing: T, size: int) -> bool:
        """Queues a thing of about ``size`` bytes; False when it had to be dropped."""
        with self._changed:
            full = len(self._queue) + self._flying >= self._max_items or self._bytes + size > self._max_bytes
            if full or self._closed or not self._is_started():
                self._dropped += 1
                return False
            self._queue.append((thing, size))
            self._bytes += size
            if len(self._queue) in (1, self._batch_items):
                self._changed.notify_all()
        return True

    def flush(self, timeout_s: float) -> bool:
        """Waits until all is delivered or refused; False when time ran out first."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            return self._changed.wait_for(self._is_idle, timeout_s)

    def close(self, timeout_s: float) -> bool:
        """Tries once to send what is queued, then takes nothing more; what was not sent is counted as dropped."""
        with self._changed:
            if self._closed:
                return True
            self._closing = True
        done = self.flush(timeout_s)
        with self._changed:
            self._closed = True
            lost = len(self._queue) + self._flying
            self._dropped += lost
            self._queue.clear()
            self._flying = 0
            self._changed.notify_all()
        if lost:
            _log.warning("%s: %d could not be sent any more and are lost", self._name, lost)
        return done

    def stats(self) -> ExportStats:
        """What became of everything so far."""
        with self._changed:
            return ExportStats(
                exported=self._exported,
                dropped=self._dropped,
                failed=self._failed,
                queued=len(self._queue) + self._flying,
                last_problem=self._last_problem,
            )

    def _is_started(self) -> bool:
        if self._thread is None:
            thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is ending
                return False
            self._thread = thread
        return True

    def _is_idle(self) -> bool:
        return self._closed or (not self._queue and not self._flying)

    def _run(self) -> None:
        while batch := self._next_batch():
            self._deliver(batch)

    def _next_batch(self) -> list[tuple[T, int]]:
        """Waits for a full batch, the interval, or hurry; empty when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            self._changed.wait_for(self._is_due, self._interval_s)
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), self._batch_items))]
            self._flying = len(batch)
            return batch

    def _is_due(self) -> bool:
        return self._closed or self._hurry or len(self._queue) >= self._batch_items

    def _deliver(self, batch: list[tuple[T, int]]) -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            with self._changed:
                if self._closed:
                    return
            delivery = self._attempt([thing for thing, _ in batch])
            self._complain(delivery, len(batch))
            with self._changed:
                self._last_problem = delivery.problem
                if delivery.retry_after_s is None or self._closing:
                    self._settle(delivery, batch)
                    return
                # Someone who flushes gets another attempt at once, but never a storm of them.
                self._hurry = False
                pause = min(max(wait_s, delivery.retry_after_s), _LONGEST_WAIT_S)
                self._changed.wait_for(lambda: self._closed or self._closing or self._hurry, pause)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def _attempt(self, things: Sequence[T]) -> Delivery:
        try:
            return self._send(things)
        except Exception as error:  # the thread must live on, or everything after would be lost
            return Delivery(failed=len(things), problem=f"{type(error).__name__}: {error}")

    def _complain(self, delivery: Delivery, count: int) -> None:
        """Says in the log that things do not arrive: once, until they arrive again, and when it is too late."""
        if delivery.problem and delivery.retry_after_s is not None and self._closing:
            _log.warning("%s: %d could not be sent: %s", self._name, count, delivery.problem)
        elif not delivery.problem or self._last_problem:
            return
        elif delivery.retry_after_s is None:
            _log.warning("%s: %d refused: %s", self._name, delivery.failed, delivery.problem)
        else:
            advice = f"up to {self._max_items:,} are kept and tried again"
            _log.warning("%s: nothing arrives: %s; %s", self._name, delivery.problem, advice)

    def _settle(self, delivery: Delivery, batch: list[tuple[T, int]]) -> None:
        if self._closed:  # too late: the batch is counted as dropped
            return
        self._exported += delivery.delivered
        self._failed += delivery.failed
        self._dropped += len(batch) - delivery.delivered - delivery.failed
        self._bytes -= sum(size for _, size in batch)
        self._flying = 0
        if not self._queue:
            self._hurry = False
        self._changed.notify_all()
