"""The web app's copies of what the server defines are kept alike."""

from __future__ import annotations

import json
import re
from pathlib import Path

from evalwright.domain.repair import FLAGS
from evalwright.filters.fields import fields
from evalwright.server.app import describe

WEB = Path(__file__).resolve().parents[3] / "web"


def test_the_types_are_made_from_the_description_the_server_gives() -> None:
    kept = json.loads((WEB / "openapi.json").read_text("utf-8"))
    assert kept["components"] == json.loads(json.dumps(describe().openapi()))["components"], (
        "run: python -m evalwright.server.openapi > web/openapi.json, then npm run api"
    )


def test_the_filter_bar_knows_every_field() -> None:
    source = (WEB / "src" / "features" / "traces" / "fields.ts").read_text("utf-8")
    assert re.findall(r'name: "(\w+)"', source) == [field.name for field in fields()]


def test_every_repair_is_explained() -> None:
    source = (WEB / "src" / "features" / "trace" / "flags.ts").read_text("utf-8")
    assert dict(re.findall(r'(\w+):\s+"([^"]*)"', source)) == FLAGS
