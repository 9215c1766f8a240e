"""What users say about an answer, sent as scores without making them wait."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Any, Final

from opentelemetry import trace

from evalwright.domain.errors import EvalwrightError, InvalidInput, RateLimited, StoreUnavailable
from evalwright.sdk.connection import Connection
from evalwright.sdk.endings import at_end
from evalwright.sdk.outbox import Delivery, ExportStats, Outbox, added
from evalwright.sdk.retries import Retries
from evalwright.sdk.values import cut

_MAX_QUEUED: Final = 10_000
_SIZE: Final = 2_000
_EXIT_TIMEOUT_S: Final = 5.0


class _Feedback:
    """The queue of this process. Judgements go where spans went when they were given."""

    def __init__(self) -> None:
        self._start()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._start)

    def _start(self) -> None:
        """A forked child leaves what is queued to its parent."""
        self._lock = threading.Lock()
        self._past = ExportStats()
        self._outbox: Outbox[tuple[Connection, dict[str, Any]]] | None = None

    def outbox(self) -> Outbox[tuple[Connection, dict[str, Any]]]:
        """Returns the queue; the first use sees to it that the end of the program empties it."""
        with self._lock:
            if self._outbox is None:
                self._outbox = Outbox(_send, name="evalwright-feedback", max_items=_MAX_QUEUED, interval_s=0.2)
                at_end(close_feedback)
            return self._outbox

    def stats(self) -> ExportStats:
        with self._lock:
            return added(self._past, self._outbox.stats()) if self._outbox else self._past

    def flush(self, timeout_s: float) -> bool:
        return self._outbox.flush(timeout_s) if self._outbox else True

    def close(self, timeout_s: float) -> None:
        with self._lock:
            former, self._outbox = self._outbox, None
        if former:
            former.close(timeout_s)
            with self._lock:
                self._past = added(self._past, former.stats())


_state = _Feedback()


def flush_feedback(timeout_s: float) -> bool:
    """Waits until all feedback is sent; False when time ran out."""
    return _state.flush(timeout_s)


def close_feedback(timeout_s: float = _EXIT_TIMEOUT_S) -> None:
    """Sends what is queued, as far as time allows."""
    _state.close(timeout_s)


def feedback_stats() -> ExportStats:
    """Returns what became of the feedback of this process."""
    return _state.stats()


def feedback(
    trace_id: str = "",
    *,
    name: str,
    value: bool | float | str,
    span_id: str = "",
    session_id: str = "",
    comment: str = "",
    user: str = "",
    wait: bool = False,
) -> bool:
    """Stores what a user said, as a score of source ``user``; the same user's later word on it replaces the earlier.

    Args:
        trace_id: what it is about; the current trace when neither this nor ``session_id`` is given.
        name: such as ``thumbs``.
        value: a bool, a number, or a label.
        span_id: one step of the trace.
        session_id: a whole conversation.
        comment: in the user's words.
        user: who said it.
        wait: sends it now instead of in the background.

    Returns:
        Whether the server has it (``wait``), or whether it was queued. A full queue, a refusing or absent server
        never raise.

    Raises:
        InvalidInput: nothing says what the feedback is about.
    """
    from evalwright.sdk.tracing import active_connection

    score = _score(trace_id or ("" if session_id else _current_trace_id()), name, value, comment)
    given = {"span_id": span_id, "session_id": session_id, "annotator": user}
    score.update({key: text for key, text in given.items() if text})
    connection = active_connection() or Connection.of()
    if wait:
        return _send([(connection, score)]).delivered == 1
    return _state.outbox().put((connection, score), _SIZE + len(comment))


def _score(trace_id: str, name: str, value: bool | float | str, comment: str) -> dict[str, Any]:
    score: dict[str, Any] = {"name": name, "source": "user", "explanation": cut(comment)}
    score["label" if isinstance(value, str) else "value"] = value
    return {**score, "trace_id": trace_id} if trace_id else score


def _current_trace_id() -> str:
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        raise InvalidInput("there is no current trace to give feedback on", hint="pass trace_id or session_id")
    return f"{context.trace_id:032x}"


def _send(queued: Sequence[tuple[Connection, dict[str, Any]]]) -> Delivery:
    """Sends what belongs together in one request; never raises."""
    # Here, because it takes long: a program that only traces, or only starts, does not pay for it.
    from evalwright.sdk.client import Client

    delivered = failed = 0
    problem = ""
    for connection in dict.fromkeys(connection for connection, _ in queued):
        scores = [score for wanted, score in queued if wanted == connection]
        try:
            with Client(
                endpoint=connection.endpoint,
                api_key=connection.api_key,
                project=connection.project,
                retries=Retries(attempts=0),
            ) as client:
                client.write_scores(scores)
            delivered += len(scores)
        except (RateLimited, StoreUnavailable) as error:
            return Delivery(retry_after_s=error.retry_after_s, problem=error.message)
        except (EvalwrightError, TypeError) as error:
            failed += len(scores)
            problem = str(error)
    return Delivery(delivered=delivered, failed=failed, problem=problem)
