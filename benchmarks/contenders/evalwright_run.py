"""Evalwright: exact_match and a rubric judge in one scoring run, every score handed to a sink."""

from __future__ import annotations

import sys
from importlib.metadata import version

from common import answer, question, run

from evalwright.domain.evaluator import Subject
from evalwright.domain.score import Target
from evalwright.evaluators.catalogue import exact_match
from evalwright.evaluators.judge import Judge, parse_rubric
from evalwright.providers import OpenAICompatible
from evalwright.scoring import score_subjects

RUBRIC = """
name: good
target: trace
inputs: {question: input, answer: output}
output: {type: boolean, labels: {true: The answer is good., false: It is not.}}
"""


async def work(url: str, examples: int, concurrency: int) -> None:
    subjects = [
        Subject(
            target=Target.TRACE,
            key=str(n),
            trace_id=f"{n + 1:032x}",
            values={"input": question(n), "output": answer(n), "expected": answer(n)},
        )
        for n in range(examples)
    ]
    written: list[object] = []
    async with OpenAICompatible(base_url=url, max_in_flight=concurrency) as client:
        judge = Judge(parse_rubric(RUBRIC), model="m", client=client)
        report = await score_subjects([exact_match(), judge], subjects, written.extend, concurrency=concurrency)
    assert [each.denominators.scored for each in report.evaluators] == [examples] * 2
    assert len(written) == 2 * examples


if __name__ == "__main__":
    assert "scipy" not in sys.modules
    run(work, version("evalwright"))
