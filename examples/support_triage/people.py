"""Two people who label what the desk answered, so that its judge can be calibrated. They are scripted too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import evalwright as ew
from examples.support_triage.judge_script import call_luck, verdict

LABEL: Final = "resolution_by_people"
PEOPLE: Final = {"ada": 0.02, "grace": 0.05}
"""Who labels, and how often each sees something the other way round."""

_VALUES: Final = {"unresolved": 0.0, "partly": 0.5, "resolved": 1.0}
_READ: Final = """
SELECT trace_id, anyIf(output, is_root) AS answer, countIf(position(output, 'refund_id') > 0) AS refunds
FROM spans GROUP BY trace_id ORDER BY trace_id LIMIT 10000
"""


def label_traces(client: ew.Client, share: float) -> int:
    """Labels a share of the project's traces, each by both people; returns how many labels were written.

    Ids are random, so the first of them are a random sample.
    """
    table = client.sql(_READ)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows[: round(share * len(table.rows))]]
    scores = [score for row in rows for score in labels_of(row["trace_id"], row["answer"], row["refunds"] > 0)]
    return client.write_scores(scores) if scores else 0


def labels_of(trace_id: str, output: str, refunded: bool) -> list[dict[str, Any]]:
    """Returns what each person says of one answer; nothing where there is no answer to read."""
    truth, why, _ = verdict(_answer(output), "refund_id" if refunded else "")
    if truth not in _VALUES:
        return []
    said = {name: _seen(truth, trace_id, name, rate) for name, rate in PEOPLE.items()}
    return [
        {
            **{"name": LABEL, "source": "human", "annotator": name, "target": "trace", "trace_id": trace_id},
            **{"type": "ordinal", "label": label, "value": _VALUES[label]},
            "explanation": why if label == truth else "On the whole it reads that way.",
        }
        for name, label in said.items()
    ]


def _seen(truth: str, trace_id: str, name: str, rate: float) -> str:
    if call_luck(f"{name} {trace_id}", 0) >= rate:
        return truth
    return "unresolved" if truth == "resolved" else "resolved"


def _answer(output: str) -> str:
    try:
        held = json.loads(output)
    except ValueError:
        return output
    return str(held.get("answer", output)) if isinstance(held, Mapping) else output
