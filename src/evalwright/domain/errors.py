"""The one tree of errors. Every door (HTTP, gRPC, CLI) maps it in exactly one place.

EvalwrightError
├── InvalidInput            400  the caller must change the request
│   ├── FilterError              a filter expression that does not parse or type-check (carries a position)
│   └── QueryRefused             SQL outside the read-only allow-list
├── Unauthenticated         401
├── Forbidden               403
├── NotFound                404
├── Conflict                409
├── TooLarge                413
├── UnsupportedType         415
├── LimitExceeded           422  a row, time or memory limit stopped the work
├── RateLimited             429  carries retry_after_s
├── ModelCallFailed         502  an LLM endpoint did not give a usable answer
└── StoreUnavailable        503  carries retry_after_s; nothing was acknowledged
"""

from __future__ import annotations

from typing import ClassVar


class EvalwrightError(Exception):
    """Root of every error that is part of the interface.

    Attributes:
        code: stable machine-readable name, used as the problem+json ``type`` suffix.
        status: HTTP status the server answers with.
        message: lower-case sentence, values as ``!r``.
        hint: what to do next; empty when there is nothing useful to say.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class InvalidInput(EvalwrightError):
    """The request can never succeed as it stands."""

    code = "invalid-input"
    status = 400


class FilterError(InvalidInput):
    """A filter expression is wrong at ``position`` (0-based character offset, ``length`` characters)."""

    code = "invalid-filter"

    def __init__(self, message: str, *, position: int, length: int = 1, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position
        self.length = length


class QueryRefused(InvalidInput):
    """A SQL query is not a single read-only SELECT over the documented views."""

    code = "query-refused"


class Unauthenticated(EvalwrightError):
    """No key, or a key that does not exist or was revoked."""

    code = "unauthenticated"
    status = 401


class Forbidden(EvalwrightError):
    """The key is good but lacks the scope or the project."""

    code = "forbidden"
    status = 403


class NotFound(EvalwrightError):
    """The named thing does not exist in this project."""

    code = "not-found"
    status = 404


class Conflict(EvalwrightError):
    """The write contradicts what is stored (name taken, version moved on)."""

    code = "conflict"
    status = 409


class TooLarge(EvalwrightError):
    """A body or value is over its bound, before or after decompression."""

    code = "too-large"
    status = 413


class UnsupportedType(EvalwrightError):
    """A content type or encoding this endpoint does not speak."""

    code = "unsupported-type"
    status = 415


class LimitExceeded(EvalwrightError):
    """A row, time or memory limit stopped the work; nothing was changed."""

    code = "limit-exceeded"
    status = 422


class RateLimited(EvalwrightError):
    """Over quota; try again after ``retry_after_s`` seconds."""

    code = "rate-limited"
    status = 429

    def __init__(self, message: str, *, retry_after_s: float = 1.0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class ModelCallFailed(EvalwrightError):
    """An LLM endpoint refused, timed out or answered nonsense after all retries."""

    code = "model-call-failed"
    status = 502


class StoreUnavailable(EvalwrightError):
    """A store cannot take or give data now; nothing was acknowledged."""

    code = "store-unavailable"
    status = 503

    def __init__(self, message: str, *, retry_after_s: float = 5.0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s
