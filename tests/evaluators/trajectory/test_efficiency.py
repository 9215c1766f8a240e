from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from subjects import only, step, subject

from evalwright.domain.content import Message, Part, SpanContent
from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Outcome, StepContent
from evalwright.domain.score import ScoreStatus
from evalwright.domain.span import Span, SpanKind
from evalwright.evaluators.trajectory.convergence import convergence, convergence_over_runs
from evalwright.evaluators.trajectory.invented import arguments_grounded
from evalwright.evaluators.trajectory.loops import Cycle, cycles, no_loops, redundant_calls
from evalwright.evaluators.trajectory.recovery import error_recovery


def judged(evaluator: Any, *steps: StepContent, **values: Any) -> Outcome:
    return asyncio.run(only(evaluator, subject(*steps, **values)))


def tools(names: str) -> list[StepContent]:
    return [step("TOOL", name, given={"n": 1}, gave="same", at=at) for at, name in enumerate(names)]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("aaa", [Cycle(start=0, period=1, times=3)]),
        ("aa", []),
        ("xababab", [Cycle(start=1, period=2, times=3)]),
        ("abcabcabcab", [Cycle(start=0, period=3, times=3)]),
        ("abab", []),
        ("aaaaaa", [Cycle(start=0, period=1, times=6)]),
        ("aaabbb", [Cycle(start=0, period=1, times=3), Cycle(start=3, period=1, times=3)]),
        ("", []),
    ],
)
def test_cycles_of_any_period_are_found_once_by_their_shortest(keys: str, found: list[Cycle]) -> None:
    assert cycles(keys, repeats=3, max_period=4) == found


@given(st.text("ab", max_size=14), st.integers(2, 4))
def test_there_is_a_cycle_exactly_when_some_block_repeats(keys: str, repeats: int) -> None:
    blocks = itertools.product(range(len(keys)), range(1, 5))
    expected = any(
        end <= len(keys) and keys[start:end] == keys[start : start + period] * repeats
        for start, period in blocks
        for end in [start + period * repeats]
    )
    assert bool(cycles(keys, repeats=repeats, max_period=4)) is expected


def test_a_loop_over_two_tools_is_named_with_its_first_span() -> None:
    outcome = judged(no_loops(), *tools("lclclc"))
    assert outcome.label == "false"
    assert outcome.explanation == "l, c ran 3 times in a row from call 1 on"
    assert outcome.evidence[0].span_id == f"{1:016x}"
    assert judged(no_loops(), *tools("lclcl")).label == "true"
    assert judged(no_loops(), step("LLM")).status is ScoreStatus.SKIPPED


def test_the_same_calls_with_other_arguments_are_no_loop() -> None:
    steps = [step("TOOL", "page", given={"page": at}, gave="x", at=at) for at in range(6)]
    assert judged(no_loops(), *steps).label == "true"


def test_a_loop_needs_a_sensible_size() -> None:
    with pytest.raises(InvalidInput):
        no_loops(repeats=1)


def test_a_call_that_told_nothing_new_is_redundant_but_a_retry_or_a_change_is_not() -> None:
    first = step("TOOL", "lookup", given={"id": 1}, gave={"state": "open"}, at=1)
    again = step("TOOL", "lookup", given={"id": 1.0}, gave={"state": "open"}, at=2)
    changed = step("TOOL", "lookup", given={"id": 1}, gave={"state": "closed"}, at=3)
    failed = [step("TOOL", "pay", given={}, gave={"error": "busy"}, at=at) for at in (4, 5)]
    outcome = judged(redundant_calls(), first, again, changed, *failed)
    assert outcome.value == pytest.approx(1 / 5)
    assert [evidence.span_id for evidence in outcome.evidence] == [f"{3:016x}"]
    assert judged(redundant_calls(), step("LLM")).status is ScoreStatus.SKIPPED


@pytest.mark.parametrize(
    ("later", "answer", "label"),
    [
        ([step("TOOL", "pay", gave="ok", at=5)], "Paid.", "recovered"),
        ([], "I could not pay: the service is unavailable.", "admitted"),
        ([], "Paid.", "ignored"),
        ([step("TOOL", "other", gave="ok", at=5)], "Paid.", "ignored"),
    ],
)
def test_an_error_is_recovered_from_admitted_or_ignored(later: list[StepContent], answer: str, label: str) -> None:
    failed = step("TOOL", "pay", gave={"error": "busy"}, at=1, failed=True)
    outcome = judged(error_recovery(), failed, *later, output=answer)
    assert outcome.label == label
    assert outcome.metadata["errors"] == 1


def test_a_run_without_errors_has_nothing_to_recover_from() -> None:
    assert judged(error_recovery(), *tools("ab"), output="x").status is ScoreStatus.SKIPPED


def test_an_identifier_nobody_gave_is_invented() -> None:
    looked = step("TOOL", "find", given={"email": "a@b.example"}, gave={"order_id": "O-77"}, at=1)
    refund = step("TOOL", "refund", given={"order": {"order_id": "O-77"}, "customer_id": "C-12", "amount": 5}, at=2)
    outcome = judged(arguments_grounded(), looked, refund, input="refund please, I am a@b.example")
    assert outcome.label == "false"
    assert outcome.explanation == "customer_id='C-12' in refund was never seen before"
    assert outcome.evidence[0].span_id == f"{3:016x}"
    assert outcome.metadata == {"checked": 3, "invented": 1}


def test_what_a_call_is_about_to_return_is_no_source_for_its_own_arguments() -> None:
    call = step("TOOL", "find", given={"order_id": "O-1"}, gave={"order_id": "O-1"}, at=1)
    assert judged(arguments_grounded(), call, input="find my order").label == "false"
    assert judged(arguments_grounded(), call, call, input="order #O-1, please.").label == "true"


def test_what_the_model_wrote_is_no_source_but_what_users_said_later_is() -> None:
    def model(role: str) -> StepContent:
        said = Message(role=role, parts=(Part(type="text", text="take O-9"),))
        return StepContent(
            span=Span(project="p", trace_id="t", span_id="m", kind=SpanKind.LLM),
            content=SpanContent(input_messages=(said,)),
        )

    call = step("TOOL", "find", given={"orderId": "O-9"}, at=1)
    assert judged(arguments_grounded(), model("assistant"), call, input="hello").label == "false"
    assert judged(arguments_grounded(), model("user"), call, input="hello").label == "true"


def test_only_named_keys_are_checked_when_given() -> None:
    call = step("TOOL", "find", given={"order_id": "O-1", "shop": "north"}, at=1)
    assert judged(arguments_grounded(keys="shop"), call, input="the north one").label == "true"
    assert judged(arguments_grounded(keys="nothing"), call, input="x").status is ScoreStatus.SKIPPED


def test_convergence_is_best_over_taken_and_never_over_one() -> None:
    assert judged(convergence(best=2), *tools("abcd")).value == 0.5
    assert judged(convergence(best=9), *tools("abcd")).value == 1.0
    by_item = {"trajectory": ["a", "b", "c"]}
    assert judged(convergence(), *tools("abcd"), expected=by_item).value == 0.75
    assert judged(convergence(), *tools("abcd"), expected={"best_steps": 1}).value == 0.25
    assert judged(convergence(), *tools("abcd")).status is ScoreStatus.SKIPPED
    assert judged(convergence(best=1, count="models"), *tools("ab"), step("LLM", at=3)).value == 1.0
    with pytest.raises(InvalidInput):
        convergence(count="words")


def test_convergence_over_runs_leaves_out_runs_that_failed_and_clusters_by_item() -> None:
    found = convergence_over_runs([4, 8, 2, 3, 3], "aabbb", succeeded=[True, True, False, True, True])
    assert found.estimate == pytest.approx((1 + 0.5 + 1 + 1) / 4)
    assert (found.method, found.denominators.skipped) == ("wilson_effective", 1)
    assert "best taken from the same runs" in found.warnings
    known = convergence_over_runs([4, 8], "ab", best={"a": 2, "b": 8})
    assert known.estimate == 0.75
    assert "best taken from the same runs" not in known.warnings
    with pytest.raises(InvalidInput):
        convergence_over_runs([0], "a")
    with pytest.raises(InvalidInput):
        convergence_over_runs([1, 2], "a")


@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from("abcdef")), min_size=1, max_size=60), st.booleans())
def test_the_interval_of_a_convergence_stays_where_a_convergence_can_be(
    runs: list[tuple[int, str]], known: bool
) -> None:
    steps, items = [taken for taken, _ in runs], [item for _, item in runs]
    found = convergence_over_runs(steps, items, best=dict.fromkeys("abcdef", 3) if known else None)
    assert 0.0 <= found.low <= found.estimate <= found.high <= 1.0


def test_the_interval_of_a_convergence_near_one_covers_its_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(20_261_121)
    detours = rng.poisson(np.where(rng.random((600, 30, 1)) < 0.3, 1.0, 0.0), (600, 30, 3))
    truth = 0.7 + 0.3 * float(np.mean(4 / (4 + rng.poisson(1.0, 1_000_000))))
    items = [str(item) for item in range(30) for _ in range(3)]
    best = dict.fromkeys(items, 4)
    found = [convergence_over_runs([4 + int(d) for d in world.ravel()], items, best=best) for world in detours]
    assert 0.925 <= np.mean([each.low <= truth <= each.high for each in found]) <= 0.985
