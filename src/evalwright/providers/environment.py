"""The model that the environment names, for programs that were given none."""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import urlsplit

from evalwright.ports.prices import Prices
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
    """Returns the host that ``chat_model`` asks; empty when there is none."""
    return urlsplit(_key_and_base_url()[1]).netloc.rpartition("@")[2]


def _key_and_base_url() -> tuple[str, str]:
    key = os.environ.get("OPENAI_API_KEY", "")
    return key, os.environ.get("OPENAI_BASE_URL") or (OPENAI if key else "")


def _prices() -> Prices | None:
    try:
        from evalwright.providers.prices import GenaiPrices
    except ImportError:  # price data comes with the server; without it costs are unknown, never zero
        return None
    return GenaiPrices()
