"""The model that the environment names."""

from __future__ import annotations

import pytest

from evalwright.providers.environment import chat_model, judge_model


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "EVALWRIGHT_JUDGE_MODEL"):
        monkeypatch.delenv(name, raising=False)


def test_without_address_and_key_there_is_no_model() -> None:
    assert chat_model() is None
    assert judge_model() == ""


def test_an_address_is_enough_for_endpoints_without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert chat_model() is not None


def test_the_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    assert "sk-very-secret" not in repr(chat_model())
