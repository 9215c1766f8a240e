"""Streams from the server into files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalwright.cli.options import Options
from evalwright.cli.output import note
from evalwright.cli.progress import progress


def download(options: Options, path: str, to: Path, params: Mapping[str, Any]) -> None:
    """Leaves the whole stream in ``to``; an interrupted transfer leaves no half file behind."""
    part = to.with_name(f".{to.name}.part")
    size = 0
    try:
        with part.open("wb") as file, progress(f"writing {to.name}", unit="bytes") as report:
            for chunk in options.api().stream(path, params):
                file.write(chunk)
                size += len(chunk)
                report(size)
        os.replace(part, to)
    finally:
        part.unlink(missing_ok=True)
    note(f"wrote {to} ({size:,} bytes)")
