from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from synthetic import Synthetic, SyntheticPairs, items, pairs

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Outcome
from evalwright.domain.score import Target
from evalwright.evaluators.probes import PROBES, ProbeReport, ProbeVerdict, plan_of, probe, verdicts_needed


def report(judge: Any, bench: Any, *names: str, **options: Any) -> ProbeReport:
    cache = options.pop("cache", None)
    return asyncio.run(probe(plan_of(judge, bench, family="own", **options), names, cache=cache))


def failures(found: ProbeReport) -> set[str]:
    return {line.probe for line in found.failed}


def test_there_are_eleven_probes() -> None:
    assert list(PROBES) == [
        "position",
        "verbosity",
        "self_preference",
        "authority",
        "bandwagon",
        "injection",
        "repeatability",
        "rubric",
        "defects",
        "calibration",
        "drift",
    ]


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({"verbose": 0.15}, "verbosity"),
        ({"cited": 0.15}, "authority"),
        ({"popular": 0.15}, "bandwagon"),
        ({"obeys": 0.8}, "injection"),
        ({"own": 0.2}, "self_preference"),
        ({"blind": 1.0}, "defects"),
        ({"overconfident": 0.3}, "calibration"),
        ({"noise": 0.25}, "repeatability"),
        ({"moved": 0.2}, "drift"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_is_found_by_its_own_probe_and_hardly_by_another(faults: dict[str, float], expected: str) -> None:
    # A judge that is sure of nothing is left out of the calibration probe, so that its noise does not blur the rest.
    confident = "overconfident" in faults
    found = report(Synthetic(confident=confident, **faults), items(200))
    allowed = {
        "overconfident": {"repeatability", "drift"},
        "own": {"drift"},
        "moved": {"self_preference"},
        "noise": {"drift", "defects"},
    }.get(next(iter(faults)), set())
    assert expected in failures(found)
    assert failures(found) <= {expected} | allowed


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({"first": 0.4}, "position"),
        ({"verbose": 0.3}, "verbosity"),
        ({"cited": 0.3}, "authority"),
        ({"popular": 0.3}, "bandwagon"),
        ({"obeys": 3.0}, "injection"),
        ({"own": 0.4}, "self_preference"),
        ({"blind": 1.0}, "defects"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_of_a_pairwise_judge_is_found_by_its_own_probe(faults: dict[str, float], expected: str) -> None:
    found = report(SyntheticPairs(**faults), pairs(200))
    # Preferring what stands first, or the family that stands first in these items, also moves the anchors.
    allowed = {"first": {"drift", "self_preference"}, "own": {"drift"}}.get(next(iter(faults)), set())
    assert expected in failures(found)
    assert failures(found) <= {expected} | allowed


def test_the_size_of_a_bias_is_estimated_with_an_interval_that_holds_it() -> None:
    found = report(SyntheticPairs(first=0.4, noise=0.0), pairs(400), "position")
    flips, picks = found.findings
    # Margins are uniform on (-1, 1): 0.4 for the place flips 4 in 10; of two looks the first place gets 7 in 10.
    assert flips.effect is not None
    assert picks.effect is not None
    assert flips.effect.low < 0.4 < flips.effect.high
    assert picks.effect.low < 0.7 < picks.effect.high


@pytest.mark.slow
def test_a_judge_without_fault_is_accused_no_more_often_than_stated() -> None:
    runs = 40
    names = [name for name in PROBES if name != "rubric"]
    accused = sum(bool(report(Synthetic(seed), items(100, seed), *names).failed) for seed in range(runs))
    # At most 5 % of such judges fail anything; 6 of 40 or more would have a chance under 2 %.
    assert accused < 6


def test_a_judge_that_fits_no_probe_gets_a_reason_for_each() -> None:
    bare = [item.__class__(subject=item.subject) for item in items(20)]
    found = report(Synthetic(confident=False), bare)
    reasons = {line.probe: line.reason for line in found.findings if line.verdict is ProbeVerdict.NOT_APPLICABLE}
    assert reasons["position"] == "the judge judges one answer at a time"
    assert reasons["self_preference"] == "no human labels"
    assert reasons["calibration"] == "no human labels"
    assert reasons["drift"] == "the items carry no earlier verdicts of this judge"
    assert reasons["rubric"] == "the evaluator has no rubric to rewrite"
    assert found.not_applicable == sum(line.effect is None for line in found.findings)


def test_no_confidence_is_a_reason_of_its_own() -> None:
    [line] = report(Synthetic(confident=False), items(20), "calibration").findings
    assert "gives no confidence" in line.reason


def test_what_a_judge_could_not_say_is_counted_with_its_reason() -> None:
    class Fails(Synthetic):
        async def evaluate(self, subject: Any) -> Any:
            if subject.key == "item-3":
                raise RuntimeError("no connection")
            return await super().evaluate(subject)

    [line] = report(Fails(confident=False), items(30), "authority").findings
    assert line.effect is not None
    counts = line.effect.denominators
    assert (counts.scored, counts.errored) == (29, 1)
    assert line.reasons == [("errored", "RuntimeError: no connection", 1)]


def test_a_judge_that_only_fails_is_undecided_wherever_a_probe_applies_and_never_passes() -> None:
    class Down(Synthetic):
        async def evaluate(self, subject: Any) -> Any:
            raise RuntimeError("no connection")

    found = report(Down(), items(30))
    names = {line.probe for line in found.unmeasured}
    assert {"verbosity", "authority", "injection", "repeatability", "defects", "calibration", "drift"} <= names
    assert not any(line.verdict is ProbeVerdict.PASS for line in found.findings)
    line = next(line for line in found.unmeasured if line.probe == "authority")
    assert line.explanation == "no verdict to go by: 0 of 30 verdicts came: 30 errored: RuntimeError: no connection"


def test_a_pass_needs_the_whole_interval_within_the_bar_and_says_how_many_items_would_give_it() -> None:
    few, many = (report(Synthetic(confident=False, noise=0.0), items(count), "authority") for count in (20, 200))
    [line], [sure] = few.findings, many.findings
    assert line.verdict is ProbeVerdict.UNDECIDED
    assert line.effect is not None
    assert line.effect.high > line.bar
    assert "independent items would show a pass" in line.explanation
    assert sure.verdict is ProbeVerdict.PASS
    assert sure.effect is not None
    assert sure.effect.high <= sure.bar
    assert few.undecided == [line]
    assert not few.unmeasured


def test_a_judge_that_grades_its_own_kin_is_warned_of() -> None:
    found = report(Synthetic(confident=False), items(40), "authority")
    [warning] = found.warnings
    assert "(own)" in warning
    assert "of 40 rows" in warning
    stranger = asyncio.run(probe(plan_of(Synthetic(confident=False), items(40), family="third"), ["authority"]))
    assert stranger.warnings == []


def test_items_with_nothing_to_change_are_skipped_and_counted() -> None:
    bench = items(20)
    no_number = bench[0].subject.values | {"output": "You may ask.", "metadata": bench[0].subject.values["metadata"]}
    bench[0] = bench[0].__class__(
        subject=bench[0].subject.__class__(target=Target.TRACE, key="item-0", values=no_number)
    )
    found = report(Synthetic(confident=False), bench, "defects").findings[0]
    assert found.effect is not None
    assert ("skipped", "nothing in it to change, or no other session's answer to put in its place", 1) in found.reasons


class Stopped(BaseException):
    """What ends a process in the middle."""


def test_a_run_that_was_stopped_goes_on_where_it_was() -> None:
    class Counts(Synthetic):
        asked = 0
        broken = False

        async def evaluate(self, subject: Any) -> Any:
            self.asked += 1
            if self.broken and self.asked > 90:
                raise Stopped
            return await super().evaluate(subject)

    cache: dict[str, Outcome] = {}
    judge = Counts(confident=False)
    judge.broken = True
    with pytest.raises(BaseExceptionGroup, match="unhandled"):
        report(judge, items(50), "authority", "bandwagon", cache=cache)
    kept = len(cache)
    assert kept >= 80
    judge.broken, judge.asked = False, 0
    first = report(judge, items(50), "authority", "bandwagon", cache=cache)
    assert judge.asked == 200 - kept
    judge.asked = 0
    assert report(judge, items(50), "authority", "bandwagon", cache=cache) == first
    assert judge.asked == 0


def test_repeats_are_asked_for_again_even_with_a_cache() -> None:
    cache: dict[str, Outcome] = {}
    [line] = report(Synthetic(noise=0.3, confident=False), items(60), "repeatability", cache=cache).findings
    assert line.effect is not None
    assert line.effect.estimate > 0.2
    assert len(cache) == 60 * 5


def test_turns_of_one_session_are_not_counted_as_independent() -> None:
    bench = [item.__class__(subject=item.subject, cluster=f"s{place // 10}") for place, item in enumerate(items(100))]
    alone = report(Synthetic(confident=False, noise=0.2), items(100), "authority").findings[0]
    found = report(Synthetic(confident=False, noise=0.2), bench, "authority")
    assert found.clusters == 10
    assert found.findings[0].effect is not None
    assert alone.effect is not None
    assert (found.findings[0].effect.df or 0) < (alone.effect.df or 0)


def test_the_number_of_verdicts_is_known_before_any_is_asked_for() -> None:
    plan = plan_of(Synthetic(), items(10))
    assert verdicts_needed(plan, ["authority"]) == 20
    assert verdicts_needed(plan, ["authority", "bandwagon"]) == 40
    assert verdicts_needed(plan, ["position"]) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: report(Synthetic(), items(5), "possition"), "there is no probe 'possition'"),
        (lambda: plan_of(Synthetic(), []), "nothing to probe"),
        (lambda: plan_of(Synthetic(), items(2) * 2), "same key"),
        (lambda: plan_of(Synthetic(), items(2), repeats=1), "at least 2"),
    ],
)
def test_what_cannot_be_probed_is_refused(call: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()


def test_a_report_is_plain_json_without_nan() -> None:
    import json

    found = report(Synthetic(), items(30)).as_dict()
    text = json.dumps(found, allow_nan=False)
    assert json.loads(text)["evaluator"] == "synthetic"
