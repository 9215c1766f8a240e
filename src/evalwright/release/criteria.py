"""``gate.yaml``: criteria per metric, checked key by key so that a typo never weakens a gate."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import yaml

from evalwright.domain.errors import InvalidInput
from evalwright.domain.experiment import default_direction
from evalwright.domain.gate import Criterion

BARS = ("margin", "min", "max", "max_failed_items")
_KEYS = tuple(field.name for field in fields(Criterion))
_DIRECTIONS = ("higher", "lower")


def load_criteria(yaml_text: str) -> list[Criterion]:
    """Read the text of a ``gate.yaml``.

    Raises:
        InvalidInput: not YAML, an unknown key (with the key that was probably meant), or a bar that makes no sense.
    """
    try:
        document = yaml.safe_load(yaml_text)
    except yaml.YAMLError as error:
        raise InvalidInput(f"the gate file is not valid YAML: {_where(error)}") from error
    return parse_criteria(document)


def parse_criteria(document: object) -> list[Criterion]:
    """The same from parsed YAML or JSON: ``{"criteria": [{...}, ...]}``."""
    if not isinstance(document, Mapping):
        raise InvalidInput("a gate file is a mapping with the key 'criteria'", hint="start it with `criteria:`")
    _refuse_unknown(document, ("criteria",), "gate file")
    entries = document.get("criteria")
    if not isinstance(entries, list) or not entries:
        raise InvalidInput("'criteria' must be a list with at least one entry")
    return [_criterion(entry, index) for index, entry in enumerate(entries, start=1)]


def _criterion(entry: object, index: int) -> Criterion:
    where = f"criterion {index}"
    if not isinstance(entry, Mapping):
        raise InvalidInput(f"{where} must be a mapping, got {entry!r}")
    _refuse_unknown(entry, _KEYS, where)
    metric = entry.get("metric")
    if not isinstance(metric, str) or not metric:
        raise InvalidInput(f"{where} needs a 'metric'")
    criterion = Criterion(
        metric=metric,
        direction=entry.get("direction", default_direction(metric)),
        margin=_number(entry, "margin", where),
        min=_number(entry, "min", where),
        max=_number(entry, "max", where),
        max_failed_items=_count(entry, "max_failed_items", where),
        confidence=_confidence(entry, where),
    )
    validate(criterion)
    return criterion


def validate(criterion: Criterion) -> None:
    """Refuse a criterion that cannot be checked: none or several bars, a negative margin, confidence of one half."""
    where = f"criterion for {criterion.metric!r}"
    given = [name for name in BARS if getattr(criterion, name) is not None]
    if len(given) != 1:
        found = " and ".join(map(repr, given)) or "none"
        raise InvalidInput(f"{where} needs exactly one of {', '.join(map(repr, BARS))}, got {found}")
    if criterion.direction not in _DIRECTIONS:
        raise InvalidInput(f"{where} has direction {criterion.direction!r}", hint="write 'higher' or 'lower'")
    if not 0.5 < criterion.confidence < 1.0:
        raise InvalidInput(
            f"{where} has confidence {criterion.confidence!r}", hint="a number between 0.5 and 1, such as 0.95"
        )
    for name in ("margin", "max_failed_items"):
        if (getattr(criterion, name) or 0) < 0:
            raise InvalidInput(
                f"{where} has a negative {name!r}", hint="write the tolerated worsening as a positive number"
            )


def _refuse_unknown(entry: Mapping[Any, Any], known: Iterable[str], where: str) -> None:
    names = tuple(known)
    for key in entry:
        if key not in names:
            close = difflib.get_close_matches(str(key), names, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(names)}"
            raise InvalidInput(f"{where} has the unknown key {key!r}", hint=hint)


def _number(entry: Mapping[Any, Any], key: str, where: str) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInput(f"{where}: {key!r} must be a number, got {value!r}")
    return float(value)


def _confidence(entry: Mapping[Any, Any], where: str) -> float:
    given = _number(entry, "confidence", where)
    return 0.95 if given is None else given


def _count(entry: Mapping[Any, Any], key: str, where: str) -> int | None:
    value = entry.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise InvalidInput(f"{where}: {key!r} must be a whole number, got {value!r}")
    return value


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "unreadable"
    return f"{problem} at line {mark.line + 1}, column {mark.column + 1}" if mark else str(problem)
