"""Which project a span says it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from evalwright.semconv.values import text

_RESOURCE: Final = ("evalwright.project.name", "openinference.project.name")
_ATTRIBUTES: Final = ("evalwright.project.name", "openinference.project.name", "langsmith.trace.session_name")


def project_of(resource: Mapping[str, Any], attributes: Mapping[str, Any]) -> str:
    """The project named by the resource or the span itself; empty when the data does not say."""
    for source, keys in ((resource, _RESOURCE), (attributes, _ATTRIBUTES)):
        for key in keys:
            if key in source and (name := text(source[key])):
                return name
    return ""
