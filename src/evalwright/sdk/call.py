"""One request of the HTTP API as a value: what to send, and how to read the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from evalwright.domain.trace import Page
from evalwright.sdk.decode import read, read_page

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request. ``parameters`` with empty values are left out; the client adds its project where none is given.

    ``content`` is a body sent as it stands, described by ``headers``; ``body`` is sent as JSON.
    """

    method: str
    path: str
    read: Callable[[Any], T]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    in_project: bool = True
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def query(self, project: str) -> dict[str, str]:
        """Returns the query string as a mapping."""
        chosen = {"project": project, **{k: v for k, v in self.parameters.items() if v not in ("", None)}}
        return {key: str(value) for key, value in chosen.items() if self.in_project or key != "project"}


def at(*parts: str) -> str:
    """Returns the path of these parts, whatever is in them."""
    return "/api/v1/" + "/".join(quote(part, safe="") for part in parts)


def page(cls: type[T]) -> Callable[[Any], Page[T]]:
    """Returns a reader of a page of ``cls``."""
    return lambda answer: read_page(cls, answer)


def one(cls: type[T]) -> Callable[[Any], T]:
    """Returns a reader of one ``cls``."""
    return lambda answer: read(cls, answer)


def slim(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns arguments as a query string has them; a False is the same as absent."""
    return {name: ("true" if value is True else value) for name, value in arguments.items() if value is not False}
