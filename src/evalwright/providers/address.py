"""Who an address stands for, in words that hold no secret."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

_SECRET: Final = frozenset({"authorization", "proxy-authorization", "api-key", "x-api-key", "cookie"})


def provider_of(base_url: str) -> str:
    """Returns host, port and path of an address: gateways and deployments of one host differ by their path.

    User, password, query and fragment may hold keys and are left out.

    >>> provider_of("https://user:key@Models.example.com/openai/deployments/judge/?key=1")
    'models.example.com/openai/deployments/judge'
    """
    try:
        parts = urlsplit(base_url if "//" in base_url else f"//{base_url}")
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2].lower()
    return host + parts.path.rstrip("/")


def scope_of(base_url: str, headers: Mapping[str, str]) -> str:
    """Returns what decides, besides a request, who answers it: the address, and headers that gateways route by.

    Those headers are hashed, and keys are not among them: another key gets the same answers.
    """
    routed = sorted((name.lower(), value) for name, value in headers.items() if name.lower() not in _SECRET)
    digest = hashlib.sha256(json.dumps(routed).encode()).hexdigest()[:16] if routed else ""
    return f"{provider_of(base_url)} {digest}".strip()
