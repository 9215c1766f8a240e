"""Options that every command shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from evalwright.sdk.connection import DEFAULT_ENDPOINT

if TYPE_CHECKING:
    from evalwright.cli.connect import Api


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Options:
    """Where the server is and how to answer."""

    server: Annotated[str, Parameter(env_var="EVALWRIGHT_ENDPOINT")] = DEFAULT_ENDPOINT
    "URL of the server."

    project: Annotated[str, Parameter(name=["--project", "-p"], env_var="EVALWRIGHT_PROJECT")] = "default"
    "Project to work in."

    json: bool = False
    "Answer with JSON on stdout, for machines."

    def api(self) -> Api:
        """A client of the server; the key comes from EVALWRIGHT_API_KEY."""
        from evalwright.cli.connect import Api

        return Api(self.server)

    def scope(self) -> dict[str, str]:
        """The query parameter that selects the project."""
        return {"project": self.project}

    def nothing(self, text: str) -> Callable[[], str]:
        """What to say of an empty list: where there is something, when this project holds no spans at all."""

        def said() -> str:
            projects = [each["name"] for each in self.api().get("/projects")["items"]]
            if self.project in projects or not projects:
                return text
            return (
                f"{text}\nproject {self.project!r} holds no spans; --project may be one of: {', '.join(projects[:10])}"
            )

        return said

    def project_or_any(self) -> str:
        """The project for look-ups by id: an id is enough unless the user named a project."""
        return "" if self.project == "default" else self.project


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Filtered:
    """What to select."""

    filter: Annotated[str, Parameter(name=["--filter", "-f"])] = ""
    'Filter expression, e.g. kind == "LLM" and latency_ms > 3000.'

    start: str = ""
    "Only what started at or after this time (RFC 3339)."

    end: str = ""
    "Only what started before this time (RFC 3339)."

    def params(self) -> dict[str, str]:
        """The query parameters; empty ones are left out."""
        given = {"filter": self.filter, "start": self.start, "end": self.end}
        return {name: value for name, value in given.items() if value}


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Paged:
    """Which page."""

    limit: int = 50
    "Rows a page, at most 1000."

    cursor: str = ""
    "Where the previous page ended."

    sort: str = ""
    "Field to sort by, - in front for descending."

    def params(self) -> dict[str, Any]:
        """The query parameters."""
        given: dict[str, Any] = {"limit": self.limit, "cursor": self.cursor, "sort": self.sort}
        return {name: value for name, value in given.items() if value != ""}


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Caching:
    """Where verdicts of judges are kept and looked up."""

    cache: Path | None = None
    "File that keeps judges' verdicts; .evalwright/verdicts.sqlite when left out."

    no_cache: Annotated[bool, Parameter(name="--no-cache", negative="")] = False
    "Judge afresh: use no verdict that was given before, and keep none."

    @property
    def place(self) -> bool | Path:
        """The file; True for the usual one, False for none."""
        if self.no_cache:
            return False
        return self.cache or True
