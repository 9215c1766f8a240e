"""Versions of evaluator functions: a hash of everything in their module that decides the verdict."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import textwrap
import types
from collections.abc import Callable, Mapping
from typing import Any


def source_of(function: Callable[..., Any]) -> str:
    """Returns the source text, or a stable rendering of the bytecode where there is none (a REPL)."""
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return f"{code.co_code.hex()} {code.co_consts!r}" if code else repr(type(function))


def fingerprint(function: Callable[..., Any], config: Mapping[str, Any]) -> str:
    """Returns twelve hex digits that change with the function, what it uses of its module, and ``config``.

    Functions and simple constants of the same module that it names are followed; other modules are not, so a new
    version of a library keeps the version of the evaluators that use it.
    """
    parts = [json.dumps(config, sort_keys=True, default=repr)]
    seen: set[str] = set()
    _collect(function, parts, seen)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:12]


def _collect(function: Callable[..., Any], parts: list[str], seen: set[str]) -> None:
    parts.append(source_of(function))
    code = getattr(function, "__code__", None)
    scope = getattr(function, "__globals__", {})
    if code is None:
        return
    for name in sorted(_names(code)):
        value = scope.get(name)
        if name in seen or name not in scope:
            continue
        seen.add(name)
        if isinstance(value, types.FunctionType) and value.__module__ == function.__module__:
            _collect(value, parts, seen)
        elif (rendered := _constant(value)) is not None:
            parts.append(f"{name}={rendered}")


def _constant(value: Any) -> str | None:
    """Returns a rendering that is equal for equal constants; None for what is no constant."""
    if isinstance(value, re.Pattern):
        return f"{value.pattern!r} {value.flags}"
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=repr)
    try:
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return None


def _names(code: types.CodeType) -> set[str]:
    inner = (const for const in code.co_consts if isinstance(const, types.CodeType))
    return set(code.co_names).union(*(_names(const) for const in inner))
