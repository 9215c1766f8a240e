from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from subjects import step, subject

from evalwright.domain.content import Message, Part, SpanContent
from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.evaluator import EvaluatorKind, Outcome, StepContent
from evalwright.domain.score import ScoreStatus
from evalwright.domain.span import Span, SpanKind
from evalwright.evaluators.trajectory import TrajectoryMatch, compare
from evalwright.evaluators.trajectory.alignment import longest_alignment
from evalwright.evaluators.trajectory.arguments import ArgumentMode, arguments_match
from evalwright.evaluators.trajectory.assignment import maximum_matching
from evalwright.evaluators.trajectory.calls import ToolCall, calls_of
from evalwright.evaluators.trajectory.canonical import canonical, same
from evalwright.evaluators.trajectory.expected import parse_trajectory_file, read_calls, read_trajectory_file
from evalwright.evaluators.trajectory.match import Comparison, Rules, SequenceMode


def call(name: str, **arguments: Any) -> ToolCall:
    return ToolCall(name=name, arguments=arguments)


def tool(name: str, at: int, **arguments: Any) -> StepContent:
    return step("TOOL", name, given=arguments, gave="done", at=at)


def verdicts(evaluator: TrajectoryMatch, judged: Any) -> dict[str, Outcome]:
    return {name: outcome for name, _, outcome in asyncio.run(evaluator.evaluate(judged))}


GRAPHS = st.integers(0, 6).flatmap(
    lambda size: st.tuples(
        st.lists(st.lists(st.integers(0, max(size - 1, 0)), unique=True, max_size=size), max_size=6), st.just(size)
    )
)


def size_by_brute_force(fits: Sequence[Sequence[int]], size: int) -> int:
    """The largest matching by trying every order of the right side."""
    rights: list[int | None] = [*range(size), *([None] * len(fits))]
    return max(
        sum(right in fits[left] for left, right in enumerate(order) if right is not None)
        for order in set(itertools.permutations(rights, len(fits)))
    )


@given(GRAPHS.filter(lambda graph: len(graph[0]) + graph[1] <= 8))
def test_the_assignment_is_as_large_as_any_permutation_allows(graph: tuple[list[list[int]], int]) -> None:
    fits, size = graph
    paired = maximum_matching(fits, size)
    used = [right for right in paired if right is not None]
    assert len(used) == len(set(used)) == size_by_brute_force(fits, size)
    assert all(right is None or right in fits[left] for left, right in enumerate(paired))


@given(GRAPHS)
def test_an_alignment_keeps_the_order_of_both_sides_and_is_as_long_as_any(graph: tuple[list[list[int]], int]) -> None:
    fits = [sorted(rights) for rights in graph[0]]
    pairs = longest_alignment(fits)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(pairs))
    assert all(right in fits[left] for left, right in pairs)
    table = [[0] * (graph[1] + 1) for _ in range(len(fits) + 1)]
    for left, right in itertools.product(range(len(fits)), range(graph[1])):
        with_pair = table[left][right] + (right in fits[left])
        table[left + 1][right + 1] = max(with_pair, table[left][right + 1], table[left + 1][right])
    assert len(pairs) == table[-1][-1]


def test_a_long_alternating_path_is_found_without_recursion() -> None:
    size = 5000
    fits = [[place, place + 1] if place + 1 < size else [0] for place in range(size)]
    assert None not in maximum_matching(fits, size)


def test_greedy_matching_would_miss_a_pair_that_the_assignment_finds() -> None:
    actual = [call("search", query="refund policy"), call("search", query="anything")]
    reference = [call("search"), call("search", query="refund policy")]
    rules = Rules(sequence=SequenceMode.UNORDERED, arguments=ArgumentMode.SUPERSET)
    greedy: list[int] = []
    for made in actual:
        first = next((r for r, due in enumerate(reference) if r not in greedy and rules.fits(made, due)), None)
        greedy += [first] if first is not None else []
    assert len(greedy) == 1, "the first call is spent on the reference that any call fits"
    found = compare(actual, reference, rules)
    assert found.ok
    assert sorted(found.matched) == [(0, 1), (1, 0)]


@pytest.mark.parametrize(
    ("mode", "made", "ok"),
    [
        ("strict", "abc", True),
        ("strict", "acb", False),
        ("strict", "abcd", False),
        ("strict", "ab", False),
        ("unordered", "cab", True),
        ("unordered", "caab", False),
        ("unordered", "ca", False),
        ("subset", "ca", True),
        ("subset", "cad", False),
        ("subset", "", True),
        ("superset", "dcabd", True),
        ("superset", "ab", False),
    ],
)
def test_each_mode_allows_what_its_name_says(mode: str, made: str, ok: bool) -> None:
    actual, reference = [call(name) for name in made], [call(name) for name in "abc"]
    assert compare(actual, reference, Rules(sequence=SequenceMode(mode))).ok is ok


@given(st.lists(st.sampled_from("ab"), max_size=5), st.lists(st.sampled_from("ab"), max_size=5))
def test_modes_imply_one_another(made: list[str], due: list[str]) -> None:
    ok = {
        mode: compare([call(n) for n in made], [call(n) for n in due], Rules(sequence=mode)).ok for mode in SequenceMode
    }
    assert not ok[SequenceMode.STRICT] or ok[SequenceMode.UNORDERED]
    assert ok[SequenceMode.UNORDERED] == (ok[SequenceMode.SUBSET] and ok[SequenceMode.SUPERSET])


@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_every_call_of_both_sides_is_in_exactly_one_list(made: list[str], due: list[str]) -> None:
    actual = [call(name, n=place % 2) for place, name in enumerate(made)]
    reference = [call(name, n=place % 2) for place, name in enumerate(due)]
    for mode in SequenceMode:
        found = compare(actual, reference, Rules(sequence=mode))
        pairs = [*found.matched, *found.out_of_order, *found.wrong_arguments]
        assert sorted([*(a for a, _ in pairs), *found.extra]) == list(range(len(actual)))
        assert sorted([*(r for _, r in pairs), *found.missing]) == list(range(len(reference)))


@pytest.mark.parametrize(
    ("mode", "given", "ok"),
    [
        ("exact", {"a": 1, "b": 2}, True),
        ("exact", {"a": 1}, False),
        ("exact", {"a": 1, "b": 2, "c": 3}, False),
        ("ignore", {"z": 9}, True),
        ("subset", {"a": 1}, True),
        ("subset", {"a": 1, "c": 3}, False),
        ("superset", {"a": 1, "b": 2, "c": 3}, True),
        ("superset", {"a": 1, "c": 3}, False),
        ("superset", {"a": 2, "b": 2}, False),
    ],
)
def test_argument_modes_compare_the_actual_with_the_reference(mode: str, given: dict[str, Any], ok: bool) -> None:
    assert arguments_match(given, {"a": 1, "b": 2}, ArgumentMode(mode)) is ok


@pytest.mark.parametrize(
    ("reference", "value", "ok"),
    [
        ({"$regex": "^INV-[0-9]+$"}, "INV-1042", True),
        ({"$regex": "^INV-[0-9]+$"}, "ORD-1", False),
        ({"$contains": "Refund"}, "a refund please", True),
        ({"$contains": "refund"}, "nothing", False),
        ({"$any_of": [1, 2]}, 2.0, True),
        ({"$any_of": [1, 2]}, 3, False),
        ({"$present": True}, None, True),
    ],
)
def test_a_pattern_stands_for_a_value(reference: dict[str, Any], value: Any, ok: bool) -> None:
    assert arguments_match({"x": value}, {"x": reference}, ArgumentMode.EXACT) is ok
    assert not arguments_match({}, {"x": reference}, ArgumentMode.EXACT), "an absent value fits no pattern"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_canonical_values_do_not_depend_on_writing_and_key_order(value: Any) -> None:
    def turned(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: turned(held) for key, held in reversed(part.items())}
        return [turned(element) for element in part] if isinstance(part, list) else part

    assert same(value, turned(value))
    assert same(value, json.loads(json.dumps(value)))
    assert hash(canonical(value)) == hash(canonical(turned(value)))


def test_numbers_are_one_kind_truth_is_another_and_letters_are_composed() -> None:
    assert same({"n": 1, "s": "caf\u00e9"}, {"s": "cafe\u0301", "n": 1.0})
    assert not same(True, 1)
    assert not same("1", 1)
    assert not same([1, 2], [2, 1])


def test_a_matcher_gets_actual_then_reference_and_only_for_its_tool() -> None:
    seen: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []

    def at_least(actual: Mapping[str, Any], reference: Mapping[str, Any]) -> bool:
        seen.append((actual, reference))
        return bool(actual["amount"] >= reference["amount"])

    evaluator = TrajectoryMatch(
        tools={"refund": at_least},
        trajectory=[{"tool": "lookup", "arguments": {}}, {"tool": "refund", "arguments": {"amount": 5}}],
    )
    judged = subject(tool("lookup", 1), tool("refund", 2, amount=9))
    assert verdicts(evaluator, judged)["trajectory_match"].value == 1.0
    assert seen == [({"amount": 9}, {"amount": 5})]


def test_what_a_matcher_raises_is_an_errored_outcome() -> None:
    def broken(actual: Mapping[str, Any], reference: Mapping[str, Any]) -> bool:
        raise KeyError("amount")

    evaluator = TrajectoryMatch(arguments=broken, trajectory=[{"tool": "t", "arguments": {}}])
    outcomes = verdicts(evaluator, subject(tool("t", 1)))
    assert {outcome.status for outcome in outcomes.values()} == {ScoreStatus.ERRORED}
    assert "KeyError" in outcomes["trajectory_match"].reason


def test_the_verdict_names_missing_extra_and_wrong_calls_with_their_spans() -> None:
    evaluator = TrajectoryMatch(
        name="path",
        match="unordered",
        trajectory=[
            {"tool": "lookup", "arguments": {"id": 7}},
            {"tool": "refund", "arguments": {"id": 7, "amount": 20}},
            {"tool": "notify"},
        ],
    )
    judged = subject(tool("lookup", 1, id=7), tool("refund", 2, id=7, amount=25), tool("delete", 3))
    outcomes = verdicts(evaluator, judged)
    main = outcomes["path"]
    assert (main.value, main.label) == (0.0, "false")
    assert main.explanation == (
        "call 2, refund: amount is 25, not 20. notify, expected as number 3, is missing. "
        "call 3, delete, was not expected"
    )
    assert [evidence.span_id for evidence in main.evidence] == [f"{3:016x}", f"{4:016x}"]
    assert main.metadata["counts"] == {
        "matched": 1,
        "out_of_order": 0,
        "wrong_arguments": 1,
        "missing": 1,
        "extra": 1,
    }
    assert outcomes["path.precision"].value == pytest.approx(1 / 3)
    assert outcomes["path.recall"].value == pytest.approx(1 / 3)
    assert outcomes["path.f1"].value == pytest.approx(1 / 3)


def test_calls_in_another_order_are_told_as_such() -> None:
    found: Comparison = compare([call("b"), call("a")], [call("a"), call("b")], Rules())
    assert not found.ok
    assert (len(found.matched), len(found.out_of_order), found.missing, found.extra) == (1, 1, [], [])


def test_the_item_brings_its_own_expectation() -> None:
    evaluator = TrajectoryMatch(match="superset")
    expected = {"trajectory": ["lookup", {"tool": "refund", "arguments": '{"id": 7}'}]}
    judged = subject(tool("lookup", 1, any=1), tool("refund", 2, id=7.0), tool("notify", 3), expected=expected)
    assert verdicts(evaluator, judged)["trajectory_match"].label == "true"


def test_without_steps_or_expectation_all_scores_are_unseen() -> None:
    evaluator = TrajectoryMatch()
    for judged in (subject(expected={"trajectory": []}), subject(tool("t", 1)), subject(tool("t", 1), expected="42")):
        assert {outcome.status for outcome in verdicts(evaluator, judged).values()} == {ScoreStatus.UNSEEN}


def test_a_rate_without_a_denominator_is_skipped_not_zero() -> None:
    evaluator = TrajectoryMatch(trajectory=[])
    outcomes = verdicts(evaluator, subject(step("LLM", at=1)))
    assert outcomes["trajectory_match"].value == 1.0
    assert {outcomes[f"trajectory_match.{rate}"].status for rate in ("precision", "recall", "f1")} == {
        ScoreStatus.SKIPPED
    }


def test_a_broken_expectation_in_an_item_is_errored() -> None:
    outcomes = verdicts(TrajectoryMatch(), subject(tool("t", 1), expected={"trajectory": [{"name": "t"}]}))
    assert outcomes["trajectory_match"].status is ScoreStatus.ERRORED
    assert "unknown key 'name'" in outcomes["trajectory_match"].reason


def test_too_many_calls_are_refused_not_compared_for_minutes() -> None:
    many = [call("t", n=n) for n in range(1001)]
    with pytest.raises(InvalidInput, match="cannot be held against"):
        compare(many, many, Rules())


def test_a_thousand_equal_calls_compare_in_bounded_time() -> None:
    many = [call("t")] * 900
    assert compare(many, many, Rules()).ok
    assert compare(many, many, Rules(sequence=SequenceMode.UNORDERED)).ok


def test_calls_come_from_model_messages_where_no_tool_span_exists() -> None:
    part = Part(type="tool_call", tool_name="lookup", tool_call_id="c1", arguments={"id": 1})
    repeated = SpanContent(output_messages=(Message(role="assistant", parts=(part,)),))
    steps = [
        StepContent(span=Span(project="p", trace_id="t", span_id=str(n), kind=SpanKind.LLM), content=repeated)
        for n in range(2)
    ]
    assert [(made.name, made.arguments, made.span_id) for made in calls_of(steps)] == [("lookup", {"id": 1}, "0")]


def test_a_file_says_what_is_expected(tmp_path: Path) -> None:
    path = tmp_path / "refund.yaml"
    path.write_text(
        "name: refund_path\nkind: trajectory\nmatch: unordered\narguments: superset\ntools: {notify: ignore}\n"
        "trajectory:\n- {tool: lookup, arguments: {id: {$regex: '^[0-9]+$'}}}\n- notify\n"
    )
    evaluator = TrajectoryMatch.from_file(read_trajectory_file(path))
    assert (evaluator.spec.name, evaluator.spec.kind) == ("refund_path", EvaluatorKind.TRAJECTORY)
    judged = subject(tool("notify", 1, text="x"), tool("lookup", 2, id="12", extra=1))
    assert verdicts(evaluator, judged)["refund_path"].label == "true"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "name is missing"),
        ({"match": "loose"}, "'loose' is no mode"),
        ({"arguments": "some"}, "'some' is no mode"),
        ({"tools": {"t": "never"}}, "tools: t: 'never' is no mode"),
        ({"speed": 1}, "unknown key 'speed'"),
        ({"trajectory": "lookup"}, "a trajectory is a list of calls"),
        ({"trajectory": [{"arguments": {}}]}, "call 1: tool is missing"),
        ({"trajectory": [{"tool": "t", "arguments": {"a": {"$regexp": "x"}}}]}, "pattern '\\$regexp'"),
        ({"trajectory": [{"tool": "t", "arguments": {"a": {"$regex": "("}}}]}, "no regular expression"),
        ({"trajectory": [{"tool": "t", "arguments": {"a": {"$any_of": 1}}}]}, "takes a list"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(change: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        parse_trajectory_file({"name": "x", "trajectory": []} | change, "x.yaml")


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_trajectory_file(tmp_path / "none.yaml")


def test_the_version_changes_with_what_decides_the_verdict() -> None:
    def one(actual: Mapping[str, Any], reference: Mapping[str, Any]) -> bool:
        return True

    def two(actual: Mapping[str, Any], reference: Mapping[str, Any]) -> bool:
        return False

    made = [
        TrajectoryMatch(),
        TrajectoryMatch(match="subset"),
        TrajectoryMatch(arguments="ignore"),
        TrajectoryMatch(tools={"t": one}),
        TrajectoryMatch(tools={"t": two}),
        TrajectoryMatch(trajectory=read_calls(["t"])),
        TrajectoryMatch(trajectory=[{"tool": "t", "arguments": {}}]),
    ]
    assert len({evaluator.spec.version for evaluator in made}) == len(made)
    assert TrajectoryMatch(description="other words").spec.version == made[0].spec.version
