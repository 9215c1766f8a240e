"""Language models over HTTP: one thin client for every OpenAI-compatible endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalwright.providers.openai_compatible import CallCounts, OpenAICompatible

__all__ = ["CallCounts", "OpenAICompatible"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from evalwright.providers import openai_compatible

        return getattr(openai_compatible, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
