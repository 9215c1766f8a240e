"""Error answers become the errors of the domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalwright.domain import errors
from evalwright.domain.errors import EvalwrightError, FilterError, InvalidInput, RateLimited, StoreUnavailable
from evalwright.sdk.retries import retry_after_s


def _family(root: type[EvalwrightError]) -> Iterator[type[EvalwrightError]]:
    yield root
    for child in root.__subclasses__():
        yield from _family(child)


_BY_CODE = {cls.code: cls for cls in _family(EvalwrightError)}
_BY_STATUS = {404: errors.NotFound, 409: errors.Conflict, 413: errors.TooLarge, 429: RateLimited, 503: StoreUnavailable}


def error_of(status: int, headers: Mapping[str, str], body: Any) -> EvalwrightError:
    """Returns the error an answer stands for.

    Args:
        status: of the answer.
        headers: of the answer; ``Retry-After`` counts.
        body: its JSON, or None; RFC 9457 when it is ours.
    """
    told = body if isinstance(body, dict) else {}
    code = str(told.get("type", "")).rpartition("/")[2]
    message = str(told.get("detail") or told.get("title") or f"the server answered {status}")
    hint = str(told.get("hint") or "")
    cls = _BY_CODE.get(code) or _BY_STATUS.get(status) or (InvalidInput if 400 <= status < 500 else EvalwrightError)
    if cls is FilterError:
        return FilterError(
            message, position=int(told.get("position") or 0), length=int(told.get("length") or 1), hint=hint
        )
    if cls in (RateLimited, StoreUnavailable):
        return cls(message, retry_after_s=retry_after_s(headers) or 1.0, hint=hint)
    return cls(message, hint=hint)


def unreachable(endpoint: str, problem: Exception) -> StoreUnavailable:
    """Returns the error for a server that gave no answer at all."""
    return StoreUnavailable(
        f"{endpoint} cannot be reached: {str(problem) or type(problem).__name__}",
        hint="is the server running? `evalwright serve` starts it; EVALWRIGHT_ENDPOINT says where it is",
    )
