"""Probe reports kept and read back with the client."""

from __future__ import annotations

import asyncio
from pathlib import Path

from live_server import running_server

import evalwright as ew
from evalwright.domain.evaluator import Subject
from evalwright.domain.probing import ProbeVerdict
from evalwright.domain.score import Target
from evalwright.evaluators import evaluator
from evalwright.evaluators.probes import ProbeItem, ProbeReport, plan_of, probe


@evaluator
def longer_is_better(output: str) -> float:
    """Likes length."""
    return min(1.0, len(output) / 400)


def made() -> ProbeReport:
    items = [
        ProbeItem(subject=Subject(target=Target.TRIAL, key=f"k{n}", values={"output": f"Answer {n} in some words."}))
        for n in range(40)
    ]
    return asyncio.run(probe(plan_of(longer_is_better, items), ["verbosity", "position"]))


def test_a_report_is_kept_listed_and_read_back_as_it_was(tmp_path: Path) -> None:
    report = made()
    with running_server(tmp_path) as live:
        client = ew.Client(endpoint=live.endpoint)
        client.register_evaluator(longer_is_better.spec)
        kept = client.keep_probe(report)
        [summary] = client.list_probes("longer_is_better", version=report.version).items
        held = client.get_probe("longer_is_better", kept.id)
        client.close()
    assert (summary.id, summary.failed, summary.not_applicable) == (kept.id, 2, 2)
    assert summary.created_ns > 0
    assert [line.verdict for line in summary.lines][-1] is ProbeVerdict.FAIL
    assert held.report.verdicts == report.verdicts
    assert [line.effect for line in held.report.findings] == [line.effect for line in report.findings]
    assert [line.explanation for line in held.report.failed] == [line.explanation for line in report.failed]


def test_the_awaited_client_has_the_same(tmp_path: Path) -> None:
    report = made()

    async def keep_and_list(endpoint: str) -> int:
        async with ew.AsyncClient(endpoint=endpoint) as client:
            await client.keep_probe(report)
            return len((await client.list_probes("longer_is_better")).items)

    with running_server(tmp_path) as live:
        assert asyncio.run(keep_and_list(live.endpoint)) == 1
