"""The intake as one object: every door hands it a body and waits for the answer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from evalwright.domain.errors import EvalwrightError
from evalwright.domain.recent import Recent
from evalwright.domain.span import CostSource, Span
from evalwright.ingest.commit import Batch, GroupCommit
from evalwright.ingest.counters import IntakeCounters
from evalwright.ingest.inflate import inflate
from evalwright.ingest.limits import IntakeLimits
from evalwright.ingest.pipeline import Prepared, is_json, prepare_logs, prepare_metrics, prepare_traces
from evalwright.ingest.recent_calls import RecentCalls
from evalwright.ingest.spool import Request, Spool
from evalwright.ports.clock import Clock
from evalwright.ports.prices import Prices
from evalwright.ports.spans import SpanWriter

Signal = Literal["traces", "logs", "metrics"]

_ACCEPTED: Final[Mapping[str, str]] = {
    "traces": "accepted_spans",
    "logs": "accepted_logs",
    "metrics": "accepted_metrics",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeResult:
    """What became of a request that is durable now; ``message`` says why records were rejected."""

    accepted: int
    rejected: int = 0
    message: str = ""
    spooled: bool = False


class Intake:
    """Decodes, normalises, prices and commits OTLP requests. Thread-safe."""

    def __init__(
        self,
        writer: SpanWriter,
        prices: Prices,
        clock: Clock,
        counters: IntakeCounters,
        limits: IntakeLimits,
        spool_dir: Path | None = None,
    ) -> None:
        """Takes its ports; call ``start`` before the first request.

        Raises:
            StoreUnavailable: the spool folder cannot be opened.
        """
        self.limits = limits
        self.counters = counters
        self._prices = prices
        self._clock = clock
        self._recent = _RecentSpans(limits.recent_spans)
        self._calls = RecentCalls(limits.recent_spans // 5)
        self._spool = Spool(spool_dir, limits.max_spool_bytes) if spool_dir is not None else None
        self._commit = GroupCommit(
            writer, limits, spool=self._spool, prepare=self._prepare, on_replayed=self._count_replayed
        )

    def start(self) -> None:
        """Starts the writer and replays what an earlier run left in the spool."""
        self._commit.start()

    def drain(self, timeout_s: float = 30.0) -> bool:
        """Refuses new requests, finishes the queued ones and stops. False when the timeout was too short."""
        finished = self._commit.drain(timeout_s)
        if finished and self._spool is not None:
            self._spool.close()
        return finished

    @property
    def waiting(self) -> int:
        """Requests that wait for the store."""
        return self._commit.waiting

    @property
    def stopping(self) -> bool:
        """True once ``drain`` was called; readiness probes should fail then."""
        return self._commit.stopping

    def arriving(self) -> contextlib.AbstractContextManager[None]:
        """Returns what a door enters while it receives a request that it will submit: others' commits wait for it."""
        return self._commit.arriving()

    def check_room(self, body_bytes: int) -> None:
        """Raises RateLimited or StoreUnavailable when a body of this size would be refused now."""
        self._commit.check_room(body_bytes)

    def submit_traces(
        self, body: bytes, media_type: str, encoding: str = "", project: str = ""
    ) -> Future[IntakeResult]:
        """Decodes a trace request now and returns a future of its commit.

        Args:
            body: the bytes as received.
            media_type: ``application/x-protobuf`` or ``application/json``, without parameters.
            encoding: Content-Encoding; empty, ``identity``, ``gzip`` or ``deflate``.
            project: where spans go; empty leaves it to each span's resource.

        Raises:
            InvalidInput, TooLarge, UnsupportedType: the request can never succeed.
            RateLimited, StoreUnavailable: try again later. The future raises StoreUnavailable too.
        """
        return self.submit("traces", body, media_type, encoding, project)

    def submit_logs(self, body: bytes, media_type: str, encoding: str = "", project: str = "") -> Future[IntakeResult]:
        """Decodes a log request and returns a future of its commit; as ``submit_traces``."""
        return self.submit("logs", body, media_type, encoding, project)

    def submit_metrics(
        self, body: bytes, media_type: str, encoding: str = "", project: str = ""
    ) -> Future[IntakeResult]:
        """Decodes a metrics request and returns a future of its commit; as ``submit_traces``."""
        return self.submit("metrics", body, media_type, encoding, project)

    def submit(
        self, signal: Signal, body: bytes, media_type: str, encoding: str = "", project: str = ""
    ) -> Future[IntakeResult]:
        """Does what ``submit_<signal>`` does."""
        is_json(media_type)
        self._commit.check_room(len(body))
        plain = inflate(body, encoding, limit=self.limits.max_body_bytes)
        request = Request(
            signal=signal, media_type=media_type, project=project, received_ns=self._clock.now_ns(), body=plain
        )
        prepared = self._prepare(request)
        self._count_faults(prepared)
        if not prepared.rows:
            return _finished(IntakeResult(accepted=0, rejected=_total(prepared), message=_message(prepared)))
        return self._answer(signal, prepared, self._commit.put(Batch(request, prepared)))

    def _answer(self, signal: Signal, prepared: Prepared, written: Future[bool]) -> Future[IntakeResult]:
        answer: Future[IntakeResult] = Future()
        answer.set_running_or_notify_cancel()  # a client that goes away cannot cancel what is being written

        def finish(done: Future[bool]) -> None:
            if (cause := done.exception()) is not None:
                answer.set_exception(cause)
                return
            answer.set_result(self._count_accepted(signal, prepared, spooled=done.result()))

        written.add_done_callback(finish)
        return answer

    def _prepare(self, request: Request) -> Prepared:
        project, now_ns = request.project, request.received_ns
        if request.signal == "logs":
            return prepare_logs(request.body, request.media_type, project=project, limits=self.limits, now_ns=now_ns)
        if request.signal == "metrics":
            return prepare_metrics(request.body, request.media_type, project=project, limits=self.limits, now_ns=now_ns)
        return prepare_traces(
            request.body,
            request.media_type,
            project=project,
            prices=self._prices,
            limits=self.limits,
            now_ns=now_ns,
            mark=self._calls.mark,
        )

    def _count_faults(self, prepared: Prepared) -> None:
        is_traces = not prepared.logs and not prepared.metrics
        self.counters.add_all("rejected_spans" if is_traces else "rejected_records", prepared.rejected)
        self.counters.add_all("repaired_values", prepared.repairs)

    def _count_accepted(self, signal: Signal, prepared: Prepared, *, spooled: bool) -> IntakeResult:
        duplicates = prepared.merged + self._recent.count_known(prepared.spans)
        unpriced = sum(span.cost_source is CostSource.UNPRICED for span in prepared.spans)
        accepted = prepared.rows + prepared.merged
        self.counters.add(_ACCEPTED[signal], accepted)
        self.counters.add("duplicate_spans", duplicates)
        self.counters.add("unpriced_spans", unpriced)
        self.counters.add("spooled_batches", int(spooled))
        return IntakeResult(accepted=accepted, rejected=_total(prepared), message=_message(prepared), spooled=spooled)

    def _count_replayed(self, prepared: Prepared | None) -> None:
        self.counters.add("quarantined_batches" if prepared is None else "replayed_batches")


class _RecentSpans:
    """Remembers the last spans seen, to count repeated deliveries. A statistic: the store is what removes them."""

    def __init__(self, size: int) -> None:
        self._seen: Recent[int, None] = Recent(size)
        self._lock = threading.Lock()

    def count_known(self, spans: Sequence[Span]) -> int:
        known = 0
        with self._lock:
            for span in spans:
                key = hash((span.project, span.trace_id, span.span_id))
                known += key in self._seen
                self._seen.remember(key, None)
        return known


def retry_after_s(error: EvalwrightError) -> float | None:
    """Returns how long a client should wait, or None when repeating the request cannot help."""
    wait = getattr(error, "retry_after_s", None)
    return float(wait) if wait is not None else None


def _finished(result: IntakeResult) -> Future[IntakeResult]:
    done: Future[IntakeResult] = Future()
    done.set_result(result)
    return done


def _total(prepared: Prepared) -> int:
    return sum(prepared.rejected.values())


def _message(prepared: Prepared) -> str:
    return ", ".join(f"{count} rejected: {reason}" for reason, count in sorted(prepared.rejected.items()))
