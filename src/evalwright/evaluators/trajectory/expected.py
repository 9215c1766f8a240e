"""Expected trajectories as data: from a file or a dataset item, checked before anything is compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.evaluators.judge.rubric_yaml import load_yaml
from evalwright.evaluators.trajectory.arguments import ArgumentMode, Rule, check_patterns
from evalwright.evaluators.trajectory.calls import ToolCall
from evalwright.evaluators.trajectory.canonical import as_arguments
from evalwright.evaluators.trajectory.match import Rules, SequenceMode

_KEYS: Final = ("name", "kind", "description", "match", "arguments", "tools", "trajectory")
_CALL_KEYS: Final = ("tool", "arguments")
_Mode = TypeVar("_Mode", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryFile:
    """A checked file. ``trajectory`` is None when each item brings its own."""

    name: str
    description: str = ""
    rules: Rules = field(default_factory=Rules)
    trajectory: Sequence[ToolCall] | None = None


def read_trajectory_file(path: str | Path) -> TrajectoryFile:
    """Returns the expectation in a YAML file.

    Raises:
        NotFound: there is no such file.
        InvalidInput: unknown keys or modes, broken calls or patterns; the message names the place.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(f"there is no file {str(path)!r}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{str(path)!r} cannot be read: {error}") from error
    document, _ = load_yaml(text, str(path))
    return parse_trajectory_file(document, str(path))


def parse_trajectory_file(document: Any, where: str) -> TrajectoryFile:
    """Returns the expectation a parsed document describes; see ``read_trajectory_file``."""
    given = _mapping(document, where, _KEYS)
    name = given.get("name")
    if not isinstance(name, str) or not name.strip():
        raise InvalidInput(f"{where}: name is missing", hint="the scores carry it: name: refund_path")
    found = given.get("trajectory")
    return TrajectoryFile(
        name=name.strip(),
        description=str(given.get("description", "")),
        rules=Rules(
            sequence=_mode(SequenceMode, given.get("match", "strict"), f"{where}: match"),
            arguments=_mode(ArgumentMode, given.get("arguments", "exact"), f"{where}: arguments"),
            tools=_tools(given.get("tools", {}), where),
        ),
        trajectory=None if found is None else read_calls(found, where),
    )


def read_calls(value: Any, where: str = "trajectory") -> Sequence[ToolCall]:
    """Returns the calls of a list of ``{tool, arguments}``.

    Where ``arguments`` is not given any will do; a bare word is such a call.

    Raises:
        InvalidInput: not such a list; the message names the place.
    """
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise InvalidInput(f"{where}: a trajectory is a list of calls", hint="- {tool: lookup_order, arguments: {}}")
    return [_read_call(call, f"{where}: call {place}") for place, call in enumerate(value, start=1)]


def _read_call(value: Any, where: str) -> ToolCall:
    given = {"tool": value} if isinstance(value, str) else _mapping(value, where, _CALL_KEYS)
    name = given.get("tool")
    if not isinstance(name, str) or not name:
        raise InvalidInput(f"{where}: tool is missing", hint="- {tool: lookup_order, arguments: {order_id: 7}}")
    arguments = as_arguments(given.get("arguments"))
    check_patterns(arguments, where)
    return ToolCall(name=name, arguments=arguments, any_arguments="arguments" not in given)


def _tools(value: Any, where: str) -> Mapping[str, Rule]:
    given = _mapping(value, f"{where}: tools", None)
    return {str(tool): _mode(ArgumentMode, mode, f"{where}: tools: {tool}") for tool, mode in given.items()}


def _mode(kind: Callable[[str], _Mode], value: Any, where: str) -> _Mode:
    try:
        return kind(value)
    except ValueError:
        known = SequenceMode if kind is SequenceMode else ArgumentMode
        raise InvalidInput(f"{where}: {value!r} is no mode", hint=f"one of {', '.join(known)}") from None


def _mapping(value: Any, where: str, keys: Sequence[str] | None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{where}: {type(value).__name__} instead of keys and values")
    unknown = [str(key) for key in value if keys is not None and key not in keys]
    if unknown:
        raise InvalidInput(f"{where}: unknown key {unknown[0]!r}", hint=f"keys: {', '.join(keys or ())}")
    return value
