"""``evalwright gate``: the decision that CI acts on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cyclopts import App

from evalwright.cli.options import Options
from evalwright.cli.output import Column, emit_json, emit_rows, estimate, note, one_line

app = App(name="gate", help="Decide whether a candidate holds the bar.")

COLUMNS: Sequence[Column] = (
    ("verdict", lambda row: row["verdict"].upper()),
    ("metric", lambda row: row["criterion"]["metric"]),
    ("evidence", lambda row: estimate(row["evidence"])),
    ("because", lambda row: row["explanation"]),
)


@app.command
def check(
    candidate: str,
    *,
    gate: Path,
    baseline: str = "",
    allow_untrusted_judges: bool = False,
    options: Options = Options(),
) -> int:
    """Checks a candidate experiment against the criteria of a gate file.

    Example: evalwright gate check candidate --baseline baseline --gate gate.yaml

    Exit code 0 only if every criterion passes; 1 if one fails or the data cannot tell; 2 for a wrong gate file.

    Args:
        candidate: experiment name or id.
        gate: the gate.yaml with the criteria.
        baseline: experiment to compare with; needed for criteria with a margin.
        allow_untrusted_judges: let judges decide that were never calibrated or are under their bar; the decision
            names them.
    """
    import dataclasses

    from evalwright.release import load_criteria

    criteria = [dataclasses.asdict(criterion) for criterion in load_criteria(gate.read_text(encoding="utf-8"))]
    sides = {"baseline": baseline, "candidate": candidate, **options.scope()}
    body = {**sides, "criteria": criteria, "allow_untrusted_judges": allow_untrusted_judges}
    decision = options.api().post("/gate/check", body)
    if options.json:
        emit_json(decision)
    else:
        emit_rows(decision["results"], COLUMNS, as_json=False, empty="the gate has no criteria")
        for warning in decision["warnings"]:
            note(f"note: {one_line(warning)}")
        note(f"gate: {decision['summary']}")
    return 0 if decision["verdict"] == "pass" else 1
