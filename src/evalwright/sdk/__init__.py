"""The light half: tracing a program, feedback, and a client of the HTTP API."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from evalwright.sdk.client import AsyncClient, Client
    from evalwright.sdk.context import prompt, session
    from evalwright.sdk.observing import observe
    from evalwright.sdk.outbox import ExportStats
    from evalwright.sdk.spans import ActiveSpan, current_span, span, update
    from evalwright.sdk.tracing import export_stats, flush, init, shutdown
    from evalwright.sdk.user_feedback import feedback

__all__ = [
    "ActiveSpan",
    "AsyncClient",
    "Client",
    "ExportStats",
    "current_span",
    "export_stats",
    "feedback",
    "flush",
    "init",
    "observe",
    "prompt",
    "session",
    "shutdown",
    "span",
    "update",
]

_HOMES: Final = {
    "ActiveSpan": "spans",
    "AsyncClient": "client",
    "Client": "client",
    "ExportStats": "outbox",
    "current_span": "spans",
    "export_stats": "tracing",
    "feedback": "user_feedback",
    "flush": "tracing",
    "init": "tracing",
    "observe": "observing",
    "prompt": "context",
    "session": "context",
    "shutdown": "tracing",
    "span": "spans",
    "update": "spans",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
