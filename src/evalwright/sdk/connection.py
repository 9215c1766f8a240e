"""Where the server is, and who is asking."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from evalwright.domain.errors import InvalidInput

DEFAULT_ENDPOINT: Final = "http://127.0.0.1:4318"
DEFAULT_PROJECT: Final = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An address, a key and a project. The key is not shown when printed."""

    endpoint: str = DEFAULT_ENDPOINT
    api_key: str = ""
    project: str = DEFAULT_PROJECT

    @classmethod
    def of(cls, *, endpoint: str = "", api_key: str = "", project: str = "") -> Connection:
        """Returns what is given, else what the environment says, else the local server without a key.

        The variables are ``EVALWRIGHT_ENDPOINT``, ``EVALWRIGHT_API_KEY`` and ``EVALWRIGHT_PROJECT``.

        Raises:
            InvalidInput: the endpoint is no HTTP address.
        """
        address = (endpoint or os.environ.get("EVALWRIGHT_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")
        if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).hostname:
            raise InvalidInput(f"{address!r} is not the address of a server", hint=f"for example {DEFAULT_ENDPOINT}")
        return cls(
            endpoint=address,
            api_key=api_key or os.environ.get("EVALWRIGHT_API_KEY", ""),
            project=project or os.environ.get("EVALWRIGHT_PROJECT") or DEFAULT_PROJECT,
        )

    @property
    def headers(self) -> dict[str, str]:
        """Headers every request carries."""
        return {"authorization": f"Bearer {self.api_key}"} if self.api_key else {}

    @property
    def is_loopback(self) -> bool:
        """True for this machine, where a proxy from the environment must not be asked."""
        return urlsplit(self.endpoint).hostname in {"localhost", "127.0.0.1", "::1"}

    def __repr__(self) -> str:
        shown = "'***'" if self.api_key else "''"
        return f"Connection(endpoint={self.endpoint!r}, api_key={shown}, project={self.project!r})"
