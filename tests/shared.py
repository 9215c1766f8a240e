"""Where the real traces are, for tests that read them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared_data() -> Path:
    """Returns the folder of real data, or skips the calling test, saying how to provide it."""
    given = os.environ.get("EVALWRIGHT_SHARED_DATA")
    folder = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set EVALWRIGHT_SHARED_DATA to a folder that holds it")
    return folder
