from __future__ import annotations

import asyncio
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest
from shared import shared_data

from evalwright.domain.evaluator import StepContent, Subject
from evalwright.domain.score import Score, ScoreStatus
from evalwright.evaluators import load
from evalwright.evaluators.catalogue.tools import tool_steps
from evalwright.ingest.json import decode_json
from evalwright.scoring import RunReport, score_subjects
from evalwright.scoring.subjects import trace_subject
from evalwright.semconv import content, normalise

CHECKS = (
    "no_repeated_calls:limit=2",
    "no_tool_errors_ignored",
    "ids_grounded",
    "cites_documents",
    "output_length:min=1,max=100000",
    "tool_called:name=transfer_to_human_agents",
    "latency_under:ms=1000000000",
    "tokens_under:n=1000000000",
)


def subjects_in(path: Path) -> list[Subject]:
    """The traces of a file, as the scoring run would get them from the server."""
    groups: dict[str, dict[str, StepContent]] = defaultdict(dict)
    with gzip.open(path) as lines:
        for line in lines:
            for raw in decode_json(line, max_value_chars=10_000_000, now_ns=1).spans:
                span = normalise(raw, project="p", received_ns=1)
                groups[span.trace_id][span.span_id] = StepContent(span=span, content=content(span))
    return [trace_subject(list(steps.values())) for steps in groups.values()]


def run(subjects: Sequence[Subject]) -> tuple[RunReport, list[Score]]:
    written: list[Score] = []
    report = asyncio.run(score_subjects([load(name) for name in CHECKS], subjects, written.extend))
    return report, written


@pytest.mark.shared_data
def test_tool_calls_of_real_airline_runs_are_counted_as_their_messages_count_them() -> None:
    folder = shared_data() / "tau-bench"
    subjects = subjects_in(folder / "tau_airline_gpt4o.run.otlp.jsonl.gz")
    runs = json.loads(gzip.decompress((folder / "gpt-4o-airline.json.gz").read_bytes()))
    # The benchmark carries out the first call of a message only, and so do its spans.
    said = Counter(
        call["function"]["name"] for run in runs for m in run["traj"] for call in (m.get("tool_calls") or ())[:1]
    )
    seen = Counter(step.span.tool_name for subject in subjects for step in tool_steps(subject.steps))
    assert len(subjects) == len(runs)
    assert seen == said
    report, written = run(subjects)
    transfers = next(part for part in report.evaluators if part.name == "tool_called")
    with_transfer = sum(
        any(
            call["function"]["name"] == "transfer_to_human_agents"
            for m in r["traj"]
            for call in m.get("tool_calls") or ()
        )
        for r in runs
    )
    assert transfers.labels["true"] == with_transfer
    assert not [score.reason for score in written if score.status is ScoreStatus.ERRORED]


@pytest.mark.shared_data
@pytest.mark.slow
def test_no_real_trace_makes_a_ready_made_check_fail() -> None:
    files = sorted(shared_data().glob("*/*.otlp.jsonl.gz"), key=lambda path: path.stat().st_size)
    assert files
    for path in files[:6]:
        subjects = subjects_in(path)
        report, written = run(subjects)
        assert not [(path.name, s.name, s.reason) for s in written if s.status is ScoreStatus.ERRORED]
        assert {part.denominators.total for part in report.evaluators} == {len(subjects)}
