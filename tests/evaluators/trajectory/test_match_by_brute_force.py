"""Whole verdicts held against trying everything: sequence modes, argument modes and rules of single tools together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from evalwright.evaluators.trajectory import compare
from evalwright.evaluators.trajectory.arguments import ArgumentMode
from evalwright.evaluators.trajectory.calls import ToolCall
from evalwright.evaluators.trajectory.match import Rules, SequenceMode

CALLS = st.lists(
    st.builds(
        ToolCall,
        name=st.sampled_from(("find", "pay")),
        arguments=st.dictionaries(st.sampled_from("ab"), st.integers(1, 2)),
    ),
    max_size=4,
)
MODES = st.sampled_from(list(ArgumentMode))


def fits(actual: ToolCall, reference: ToolCall, rules: Rules) -> bool:
    """The rules said again in sets of pairs."""
    mode: Any = rules.tools.get(reference.name, rules.arguments)
    made, due = set(actual.arguments.items()), set(reference.arguments.items())
    holds = {
        ArgumentMode.EXACT: made == due,
        ArgumentMode.IGNORE: True,
        ArgumentMode.SUBSET: made <= due,
        ArgumentMode.SUPERSET: made >= due,
    }
    return actual.name == reference.name and holds[mode]


def most_pairs(actual: Sequence[ToolCall], reference: Sequence[ToolCall], rules: Rules, in_order: bool) -> int:
    """The most calls that can be paired, by trying every choice and, unless order counts, every order."""
    for size in range(min(len(actual), len(reference)), 0, -1):
        for made in itertools.combinations(actual, size):
            orders = itertools.combinations(reference, size) if in_order else itertools.permutations(reference, size)
            if any(all(fits(a, r, rules) for a, r in zip(made, due, strict=True)) for due in orders):
                return size
    return 0


@settings(max_examples=400, deadline=None)
@given(CALLS, CALLS, st.sampled_from(list(SequenceMode)), MODES, st.dictionaries(st.just("pay"), MODES))
def test_a_verdict_is_the_one_that_trying_everything_finds(
    actual: list[ToolCall],
    reference: list[ToolCall],
    sequence: SequenceMode,
    arguments: ArgumentMode,
    tools: dict[str, ArgumentMode],
) -> None:
    rules = Rules(sequence=sequence, arguments=arguments, tools=tools)
    found = compare(actual, reference, rules)
    most = most_pairs(actual, reference, rules, sequence is SequenceMode.STRICT)
    every_call, every_expected = most == len(actual), most == len(reference)
    allowed = {
        SequenceMode.STRICT: every_call and every_expected,
        SequenceMode.UNORDERED: every_call and every_expected,
        SequenceMode.SUBSET: every_call,
        SequenceMode.SUPERSET: every_expected,
    }
    assert len(found.matched) == most
    assert found.ok is allowed[sequence]
    assert all(fits(actual[a], reference[r], rules) for a, r in (*found.matched, *found.out_of_order))
