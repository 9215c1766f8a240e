from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalwright.domain.errors import InvalidInput, StoreUnavailable
from evalwright.domain.evaluator import Subject
from evalwright.domain.score import Score, ScoreStatus, Target
from evalwright.evaluators import CodeEvaluator, evaluator
from evalwright.scoring import score_subjects


def subjects(count: int) -> list[Subject]:
    return [
        Subject(target=Target.TRACE, key=f"t{n}", project="p", trace_id=f"{n + 1:032x}", values={"output": n})
        for n in range(count)
    ]


@evaluator
def mixed(output: int) -> Any:
    if output % 5 == 1:
        return None
    if output % 5 == 2:
        raise ValueError("odd one out")
    return output % 2 == 0


@evaluator
def needs_expected(expected: str) -> bool:
    return True


def run(evaluators: Sequence[CodeEvaluator], source: Any, **options: Any) -> tuple[Any, list[Score]]:
    written: list[Score] = []
    report = asyncio.run(score_subjects(evaluators, source, written.extend, now_ns=lambda: 7, **options))
    return report, written


def test_every_target_ends_in_exactly_one_of_the_four_counts() -> None:
    report, written = run([mixed, needs_expected], subjects(100))
    first, second = report.evaluators
    assert (first.denominators.scored, first.denominators.skipped, first.denominators.errored) == (60, 20, 20)
    assert second.denominators.unseen == 100
    assert second.reasons == (("unseen", "expected is absent", 100),)
    assert (report.subjects, report.written, len(written)) == (100, 200, 200)
    assert {score.created_ns for score in written} == {7}


def test_a_score_says_what_it_is_about_and_who_gave_it() -> None:
    _, [score] = run([mixed], subjects(1))
    assert (score.project, score.target, score.trace_id) == ("p", Target.TRACE, f"{1:032x}")
    assert (score.name, score.evaluator, score.evaluator_version) == ("mixed", "mixed", mixed.spec.version)
    assert (score.status, score.value, score.label) == (ScoreStatus.SCORED, 1.0, "true")


@settings(deadline=None)
@given(st.integers(0, 70), st.integers(1, 9), st.integers(1, 40), st.sets(st.integers(0, 70)))
def test_counts_and_writes_agree_whatever_the_sizes(count: int, concurrency: int, batch: int, done: set[int]) -> None:
    already = {"mixed": {f"t{n}" for n in done}}
    report, written = run([mixed], iter(subjects(count)), concurrency=concurrency, batch_size=batch, already=already)
    [tally] = report.evaluators
    assert tally.denominators.total + tally.already == count
    assert tally.already == len([n for n in done if n < count])
    assert len(written) == report.written == tally.denominators.total
    assert len({score.trace_id for score in written}) == len(written)


def test_a_second_run_goes_on_where_a_cancelled_one_stopped() -> None:
    written: list[Score] = []

    async def cut_off() -> None:
        reached = asyncio.Event()

        async def source() -> AsyncIterator[Subject]:
            for place, each in enumerate(subjects(50)):
                if place == 30:
                    reached.set()
                    await asyncio.Event().wait()
                yield each

        task = asyncio.ensure_future(score_subjects([mixed], source(), written.extend, batch_size=1000))
        await reached.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cut_off())
    assert len(written) == 30, "what was judged is handed over although the batch was not full"
    keys = {f"t{int(score.trace_id, 16) - 1}" for score in written}
    report, rest = run([mixed], subjects(50), already={"mixed": keys})
    assert report.evaluators[0].already == 30
    assert Counter(score.trace_id for score in [*written, *rest]).most_common(1)[0][1] == 1
    assert len(written) + len(rest) == 50


def test_a_sink_that_fails_ends_the_run_with_its_error() -> None:
    def full(batch: Sequence[Score]) -> None:
        raise StoreUnavailable("the store is away")

    with pytest.raises(StoreUnavailable, match="away"):
        asyncio.run(score_subjects([mixed], subjects(100), full, batch_size=10))


def test_a_source_that_fails_hands_over_what_is_judged() -> None:
    written: list[Score] = []

    def source() -> Iterator[Subject]:
        yield from subjects(64)
        raise StoreUnavailable("the server is gone")

    with pytest.raises(StoreUnavailable, match="gone"):
        asyncio.run(score_subjects([mixed], source(), written.extend))
    assert 0 < len(written) <= 64


def test_no_more_subjects_are_judged_at_once_than_allowed() -> None:
    running, most = 0, 0

    async def watched(output: int) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return True

    run([CodeEvaluator(watched)], subjects(60), concurrency=7)
    assert most == 7


def test_an_evaluator_that_breaks_its_promise_costs_only_its_own_score() -> None:
    class Rude(CodeEvaluator):
        async def evaluate(self, subject: Subject) -> Any:
            raise RuntimeError("I raise")

    rude = Rude(lambda output: True, name="rude")
    report, _ = run([rude, mixed], subjects(10))
    assert report.evaluators[0].denominators.errored == 10
    assert report.evaluators[0].reasons == (("errored", "RuntimeError: I raise", 10),)
    assert report.evaluators[1].denominators.total == 10


def test_progress_counts_every_subject() -> None:
    seen: list[tuple[int, int | None]] = []
    run([mixed], subjects(5), total=5, on_progress=lambda done, total, remark: seen.append((done, total)))
    assert seen[-1] == (5, 5)
    assert len(seen) == 5


@pytest.mark.parametrize("chosen", [[], [mixed, mixed]])
def test_evaluators_need_different_names(chosen: list[CodeEvaluator]) -> None:
    with pytest.raises(InvalidInput, match="different names"):
        run(chosen, subjects(1))
