"""``evalwright status``: what is held, and everything that was repaired, rejected or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalwright.cli.options import Options
from evalwright.cli.output import emit_json, emit_rows, note
from evalwright.domain.repair import FLAGS


def status(*, options: Options = Options()) -> None:
    """Shows what the server holds, what it repaired, rejected and dropped."""
    answer = options.api().get("/status")
    if options.json:
        emit_json(answer)
        return
    held = {name: answer[name] for name in ("spans", "traces", "scores", "logs", "metrics", "disk_bytes")}
    _section("held", held)
    _section("intake", answer["intake"])
    repairs = {f"{flag} ({FLAGS.get(flag, flag)})": count for flag, count in answer["flags"].items()}
    _section("spans with repairs", repairs)
    _section("spans without a price, by model", answer["unpriced_models"])
    note(f"evalwright {answer['version']} on {answer['engine']}, up {answer['uptime_s']:.0f} s")


def _section(title: str, values: Mapping[str, Any]) -> None:
    rows = [{"name": name, "value": value} for name, value in _flat(values)]
    if rows:
        columns = ((title, lambda row: row["name"]), ("", lambda row: f"{row['value']:,}"))
        emit_rows(rows, columns, as_json=False, empty="")


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, int | float]]:
    found: list[tuple[str, int | float]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{name} ")
        elif isinstance(value, int | float) and value:
            found.append((prefix + name, value))
    return found
