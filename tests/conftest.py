"""Fixtures every part shares."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))


@pytest.fixture(autouse=True)
def _verdicts_of_this_test_alone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No verdict of one test answers another, and none is left in the checkout."""
    folder = tmp_path_factory.getbasetemp()
    monkeypatch.setenv("EVALWRIGHT_VERDICT_CACHE", str(folder / f"verdicts-{secrets.token_hex(8)}.sqlite"))
