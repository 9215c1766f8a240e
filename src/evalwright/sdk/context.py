"""What all spans of a stretch of program have in common: session, user, tags, prompt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, cast

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from evalwright.sdk.attributes import AttributeValue, attributes_of

_SHARED: Final = "evalwright.shared_attributes"


def shared_attributes(context: Context | None = None) -> Mapping[str, AttributeValue]:
    """Returns the attributes every span started in this context gets."""
    return cast("Mapping[str, AttributeValue]", otel_context.get_value(_SHARED, context) or {})


@contextmanager
def _sharing(fields: Mapping[str, Any]) -> Iterator[None]:
    merged = {**shared_attributes(), **attributes_of(fields)}
    token = otel_context.attach(otel_context.set_value(_SHARED, merged))
    try:
        yield
    finally:
        otel_context.detach(token)


def session(
    session_id: str = "",
    *,
    user_id: str | None = None,
    tags: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> AbstractContextManager[None]:
    """Puts every span of the ``with`` block into a session, those of other instrumentations too.

    Args:
        session_id: of the conversation; empty leaves the session as it is.
        user_id: who is served.
        tags: of every span.
        metadata: of every span.

    Example:
        >>> with session("conversation-7", user_id="ada", tags=["beta"]):
        ...     pass
    """
    return _sharing({"session_id": session_id or None, "user_id": user_id, "tags": tags, "metadata": metadata})


def prompt(name: str, version: str | int | None = None) -> AbstractContextManager[None]:
    """Says which prompt, and which version of it, the spans of the ``with`` block used.

    Example:
        >>> with prompt("triage", version=3):
        ...     pass
    """
    return _sharing({"prompt_name": name, "prompt_version": None if version is None else str(version)})
