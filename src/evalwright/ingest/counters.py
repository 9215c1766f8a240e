"""What intake did, counted: shown by ``evalwright status``, ``/api/v1/status`` and ``/metrics``."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

_PLAIN: Final = {
    "accepted_spans": "spans acknowledged",
    "accepted_logs": "log records acknowledged",
    "accepted_metrics": "metric points acknowledged",
    "duplicate_spans": "spans delivered more than once",
    "unpriced_spans": "spans with token counts but no known price",
    "spooled_batches": "requests kept on disk while the store was away",
    "replayed_batches": "requests moved from disk into the store",
    "quarantined_batches": "requests on disk that the store refused; their files are kept",
    "refused_batches": "requests answered with 'try again later'",
}
_LABELLED: Final = {
    "rejected_spans": ("reason", "spans refused"),
    "rejected_records": ("reason", "log records and metric points refused"),
    "repaired_values": ("flag", "values repaired"),
}


class IntakeCounters:
    """Thread-safe counts since the start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plain: Counter[str] = Counter()
        self._labelled: dict[str, Counter[str]] = {name: Counter() for name in _LABELLED}
        self._requests: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, amount: int = 1) -> None:
        """Adds to a plain counter."""
        if amount:
            with self._lock:
                self._plain[name] += amount

    def add_all(self, name: str, amounts: Mapping[str, int]) -> None:
        """Adds to the labels of a labelled counter."""
        if amounts:
            with self._lock:
                self._labelled[name].update(amounts)

    def request(self, protocol: str, status: str) -> None:
        """Counts one answered request; ``protocol`` is ``http`` or ``grpc``."""
        with self._lock:
            self._requests[protocol, status] += 1

    @property
    def answered(self) -> int:
        """Requests answered so far."""
        with self._lock:
            return self._requests.total()

    def snapshot(self) -> dict[str, Any]:
        """Returns all counts as JSON values; every name is there from the start."""
        with self._lock:
            read: dict[str, Any] = {name: self._plain[name] for name in _PLAIN}
            for name, counts in self._labelled.items():
                read[name] = dict(counts)
            requests: dict[str, dict[str, int]] = {}
            for (protocol, status), count in self._requests.items():
                requests.setdefault(protocol, {})[status] = count
        read["requests"] = requests
        return read

    def prometheus(self) -> str:
        """Returns all counts in the Prometheus text format."""
        read = self.snapshot()
        lines: list[str] = []
        for name, help_text in _PLAIN.items():
            lines += _header(name, help_text)
            lines.append(f"evalwright_intake_{name}_total {read[name]}")
        for name, (label, help_text) in _LABELLED.items():
            lines += _header(name, help_text)
            lines += [
                f'evalwright_intake_{name}_total{{{label}="{key}"}} {count}'
                for key, count in sorted(read[name].items())
            ]
        lines += _header("requests", "requests answered")
        lines += [
            f'evalwright_intake_requests_total{{protocol="{protocol}",status="{status}"}} {count}'
            for protocol, counts in sorted(read["requests"].items())
            for status, count in sorted(counts.items())
        ]
        return "\n".join(lines) + "\n"


def _header(name: str, help_text: str) -> list[str]:
    full = f"evalwright_intake_{name}_total"
    return [f"# HELP {full} {help_text}", f"# TYPE {full} counter"]
