"""Instrumentations that are installed beside us, switched on without being named."""

from __future__ import annotations

import logging
from importlib.metadata import entry_points
from typing import Final

_GROUPS: Final = ("openinference_instrumentor",)
_log = logging.getLogger(__name__)


def instrument_installed() -> list[str]:
    """Switches on every installed OpenInference instrumentation; returns the names of those that are on now.

    One that fails, for example because the library it is for is not installed, is left out and logged.
    """
    on: list[str] = []
    for found in (each for group in _GROUPS for each in entry_points(group=group)):
        try:
            instrumentor = found.load()()
            if not instrumentor.is_instrumented_by_opentelemetry:
                instrumentor.instrument()
            on.append(found.name)
        except Exception as error:  # somebody else's code; the program goes on without it
            _log.warning("evalwright: the instrumentation %r could not be switched on: %s", found.name, error)
    return on
