"""Answers kept for ``Idempotency-Key``, so that a write sent twice happens once.

Kept in memory: 24 hours, a bounded number of entries and bytes, gone on restart. The stores' own upserts make the
writes that matter (spans, scores, trials, items) safe beyond that.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from evalwright.domain.errors import Conflict
from evalwright.ports.clock import Clock

LIFE_NS = 24 * 3600 * 1_000_000_000
MAX_ANSWER_BYTES = 256 * 1024
MAX_TOTAL_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer; ``fingerprint`` is a hash of the request that led to it."""

    fingerprint: str
    status: int
    media_type: str
    body: bytes
    expires_ns: int


class IdempotencyCache:
    """Remembers answers by caller and key, oldest out first. Thread-safe."""

    def __init__(self, clock: Clock, *, max_entries: int) -> None:
        self._clock = clock
        self._max_entries = max_entries
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._running: dict[str, str] = {}
        self._bytes = 0

    def begin(self, key: str, fingerprint: str) -> Answer | None:
        """Returns the earlier answer, or None and marks the key as running; then ``finish`` or ``abandon`` must follow.

        Raises:
            Conflict: the key belongs to another request, or to one that has not finished.
        """
        with self._lock:
            answer = self._answers.get(key)
            if answer and answer.expires_ns <= self._clock.now_ns():
                self._drop(key)
                answer = None
            if (answer.fingerprint if answer else self._running.get(key, fingerprint)) != fingerprint:
                raise Conflict("this Idempotency-Key was used for another request", hint="use a new key for each write")
            if key in self._running:
                raise Conflict("the first request with this Idempotency-Key is still running", hint="try again shortly")
            if answer is None:
                self._running[key] = fingerprint
            return answer

    def finish(self, key: str, *, status: int, media_type: str, body: bytes) -> None:
        """Keeps the answer, unless it is too large to keep."""
        with self._lock:
            fingerprint = self._running.pop(key)
            if len(body) > MAX_ANSWER_BYTES or not self._max_entries:
                return
            self._answers[key] = Answer(fingerprint, status, media_type, body, self._clock.now_ns() + LIFE_NS)
            self._bytes += len(body)
            while len(self._answers) > self._max_entries or self._bytes > MAX_TOTAL_BYTES:
                self._drop(next(iter(self._answers)))

    def abandon(self, key: str) -> None:
        """Forgets a request that failed, so that it can be tried again."""
        with self._lock:
            self._running.pop(key, None)

    def _drop(self, key: str) -> None:
        self._bytes -= len(self._answers.pop(key).body)
