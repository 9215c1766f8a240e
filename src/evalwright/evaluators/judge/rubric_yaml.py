"""YAML with manners: duplicate keys are errors, ``yes`` is a word, and every key knows its line."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Any, Final

import yaml

from evalwright.domain.errors import InvalidInput

MAX_FILE_CHARS: Final = 1_000_000


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2 booleans, no aliases (so that no file can blow up) and no duplicate keys."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a plain word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} is given twice (first on line {seen[key.value]})", key.start_mark
                )
            seen[str(key.value)] = line
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def load_yaml(text: str, where: str) -> tuple[Any, Mapping[tuple[str, ...], int]]:
    """Returns the document and the line of every key by its path.

    Raises:
        InvalidInput: not YAML, an alias, a duplicate key, or more than ``MAX_FILE_CHARS``.
    """
    if len(text) > MAX_FILE_CHARS:
        raise InvalidInput(f"{where}: the file has more than {MAX_FILE_CHARS} characters")
    try:
        loader = _Loader(text)
    except yaml.YAMLError as error:
        raise InvalidInput(f"{where}: not YAML: {error}") from error
    try:
        node = loader.get_single_node()
        lines: dict[tuple[str, ...], int] = {}
        _note_lines(node, (), lines)
        return (loader.construct_document(node) if node is not None else None), lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InvalidInput(f"{where}, line {line}: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{where}: not YAML: {error}") from error
    finally:
        loader.dispose()


def _note_lines(node: yaml.Node | None, path: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            lines[inner] = key.start_mark.line + 1
            _note_lines(value, inner, lines)
    elif isinstance(node, yaml.SequenceNode):
        for place, element in enumerate(node.value):
            inner = (*path, str(place))
            lines[inner] = element.start_mark.line + 1
            _note_lines(element, inner, lines)
