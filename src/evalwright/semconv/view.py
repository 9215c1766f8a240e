"""One span seen by key: structured values before JSON text, JSON text before flattened lists."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalwright.domain.span import SpanEvent, SpanKind
from evalwright.semconv.values import is_redacted, parse_json

_INDEXED: Final = re.compile(r"(.+?)\.(\d+)(?:\.(.*))?", re.DOTALL)
_DEPTH: Final = 24


class SpanView:
    """Attributes and events of a span for reading; parses and unflattens each key once, when asked."""

    def __init__(
        self,
        attributes: Mapping[str, Any],
        events: Sequence[SpanEvent],
        kind: SpanKind = SpanKind.OTHER,
        shown: tuple[str, str] = ("", ""),
    ) -> None:
        self.attributes = attributes
        self.events = events
        self.kind = kind
        self.shown = shown
        self._parsed: dict[str, Any] = {}
        self._lists: dict[str, dict[str, Any]] | None = None

    def get(self, key: str) -> Any:
        """The value of ``key`` in its richest form, or None; redacted content is None."""
        if key not in self._parsed:
            self._parsed[key] = self._read(key)
        return self._parsed[key]

    def _read(self, key: str) -> Any:
        value = self.attributes.get(key)
        if value is None or value == "" or is_redacted(value):
            entries = self._flattened().get(key)
            return compacted(entries) if entries else None
        return parse_json(value)

    def _flattened(self) -> dict[str, dict[str, Any]]:
        if self._lists is None:
            self._lists = {}
            for key, value in self.attributes.items():
                if match := _INDEXED.fullmatch(key):
                    prefix, index, rest = match.groups()
                    entries = self._lists.setdefault(prefix, {})
                    place(entries, [str(int(index[:12])), *(rest.split(".", _DEPTH) if rest else ())], value)
        return self._lists


def place(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Puts ``value`` at ``path``; where a value already ends the path, the rest of the path stays dotted."""
    steps = [step for step in path if step]
    for position, step in enumerate(steps[:-1]):
        below = tree.setdefault(step, {})
        if not isinstance(below, dict):
            tree[".".join(steps[position:])] = value
            return
        tree = below
    if steps:
        tree[steps[-1]] = value


def compacted(tree: Any) -> Any:
    """Maps whose keys are all numbers as lists, in order and without gaps."""
    if not isinstance(tree, dict):
        return tree
    if tree and all(key.isdecimal() for key in tree if isinstance(key, str)):
        ordered = sorted(tree.items(), key=lambda item: int(item[0]))
        return [compacted(value) for _, value in ordered]
    return {key: compacted(value) for key, value in tree.items()}
