"""Counts of requests, and all counts as Prometheus text."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class RequestCounts:
    """Requests by method, route template and status; seconds spent in them. Templates keep the label set small."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._seconds: Counter[tuple[str, str]] = Counter()

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one finished request."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._seconds[method, route] += seconds  # type: ignore[assignment]

    def lines(self) -> Iterable[str]:
        """Yields exposition lines."""
        with self._lock:
            requests, seconds = dict(self._requests), dict(self._seconds)
        yield "# TYPE evalwright_http_requests_total counter"
        for (method, route, status), count in sorted(requests.items()):
            yield f'evalwright_http_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
        yield "# TYPE evalwright_http_request_seconds_total counter"
        for (method, route), total in sorted(seconds.items()):
            yield f'evalwright_http_request_seconds_total{{method="{method}",route="{route}"}} {total:.6f}'


def exposition(counts: RequestCounts, intake: str, *, uptime_s: float) -> str:
    """Returns every metric in Prometheus' text format; ``intake`` is appended as it is."""
    lines = list(counts.lines())
    lines += ["# TYPE evalwright_uptime_seconds gauge", f"evalwright_uptime_seconds {uptime_s:.3f}", ""]
    return "\n".join(lines) + intake
