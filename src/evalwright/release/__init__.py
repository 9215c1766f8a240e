"""Deciding whether a candidate may be released."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from evalwright.release.criteria import load_criteria, parse_criteria
    from evalwright.release.gate import check

__all__ = ["check", "load_criteria", "parse_criteria"]

_HOMES: Final = {"check": "gate", "load_criteria": "criteria", "parse_criteria": "criteria"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
