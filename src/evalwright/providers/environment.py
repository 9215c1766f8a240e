"""The model that the environment names, for programs that were given none."""

from __future__ import annotations

import os
from typing import Final

from evalwright.ports.prices import Prices
from evalwright.providers.address import provider_of
from evalwright.providers.openai_compatible import OpenAICompatible

OPENAI: Final = "https://api.openai.com/v1"


def judge_model() -> str:
    """Returns the model judges ask: ``EVALWRIGHT_JUDGE_MODEL``, or an empty text."""
    return os.environ.get("EVALWRIGHT_JUDGE_MODEL", "")


def chat_model() -> OpenAICompatible | None:
    """Returns a client of ``OPENAI_BASE_URL`` with ``OPENAI_API_KEY``; None when neither is set."""
    key, base_url = _key_and_base_url()
    return OpenAICompatible(base_url=base_url, api_key=key, prices=_prices()) if base_url else None


def provider_name() -> str:
    """Returns host and path of what ``chat_model`` asks; empty when there is none."""
    return provider_of(_key_and_base_url()[1])


def verdict_cache() -> str:
    """Returns where verdicts are kept: ``EVALWRIGHT_VERDICT_CACHE``, a file or ``off``; empty for the usual place."""
    return os.environ.get("EVALWRIGHT_VERDICT_CACHE", "")


def _key_and_base_url() -> tuple[str, str]:
    key = os.environ.get("OPENAI_API_KEY", "")
    return key, os.environ.get("OPENAI_BASE_URL") or (OPENAI if key else "")


def _prices() -> Prices | None:
    try:
        from evalwright.providers.prices import GenaiPrices
    except ImportError:  # price data comes with the server; without it costs are unknown, never zero
        return None
    return GenaiPrices()
