"""Three ways to look for the decisive error: the whole run at once, step by step, or by halving.

They are those of Zhang et al., "Which Agent Causes Task Failures and When?" (arXiv 2505.00212): all at once is cheapest
and best at naming the agent; step by step asks once a step and is best at naming the step; halving asks log2(steps)
times.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Final

from evalwright.evaluators.trajectory.asking import Asker
from evalwright.evaluators.trajectory.attribution.contract import (
    Blame,
    is_it_this,
    read_blame,
    read_choice,
    read_explanation,
    read_quotes,
    what_went_wrong,
    which_half,
    which_step,
)
from evalwright.evaluators.trajectory.rendering import Turn, transcript


class Strategy(StrEnum):
    """How the decisive error is looked for."""

    ALL_AT_ONCE = "all_at_once"
    STEP_BY_STEP = "step_by_step"
    BINARY_SEARCH = "binary_search"


@dataclass(slots=True, kw_only=True)
class Search:
    """One search in one run; ``cut`` and ``left_out`` add up what its questions could not show."""

    asker: Asker
    turns: Sequence[Turn]
    about: Mapping[str, str]
    max_chars: int
    cut: int = 0
    left_out: int = 0
    _shown: set[tuple[int, int]] = field(default_factory=set)

    def blocks(self, turns: Sequence[Turn]) -> Mapping[str, str]:
        """Returns what the run was about and these steps of it."""
        told = transcript(turns, max_chars=self.max_chars)
        span = turns[0].place, turns[-1].place
        if span not in self._shown:
            self._shown.add(span)
            self.cut = max(self.cut, told.cut)
            self.left_out = max(self.left_out, told.left_out)
        return {**self.about, "steps": told.text}


async def all_at_once(search: Search) -> Blame | None:
    """Shows the whole run and asks for step and agent."""
    question = which_step(search.turns)
    read = partial(read_blame, turns=search.turns)
    return await search.asker.ask(search.blocks(search.turns), question.text, question.schema, read)


async def step_by_step(search: Search) -> Blame | None:
    """Shows the run as it grew and asks of each step in turn; None when no step was found decisive."""
    for count, turn in enumerate(search.turns, start=1):
        question = is_it_this(turn)
        blame = await search.asker.ask(
            search.blocks(search.turns[:count]), question.text, question.schema, partial(_if_decisive, turn=turn)
        )
        if blame is not None:
            return blame
    return None


def _if_decisive(answer: Mapping[str, object], turn: Turn) -> Blame | None:
    if not read_choice(answer, "decisive", (True, False)):
        return None
    return Blame(
        place=turn.place,
        agent=turn.agent or "agent",
        explanation=read_explanation(answer),
        quotes=read_quotes(answer),
    )


async def binary_search(search: Search) -> Blame | None:
    """Asks in which half the error is until one step is left, then what went wrong in it."""
    left = search.turns
    while len(left) > 1:
        middle = (len(left) + 1) // 2
        question = which_half(left, middle)
        read = partial(read_choice, key="half", allowed=("first", "second"))
        half = await search.asker.ask(search.blocks(left), question.text, question.schema, read)
        left = left[:middle] if half == "first" else left[middle:]
    question = what_went_wrong(left[0])
    explain = partial(read_blame, turns=search.turns, place=left[0].place)
    return await search.asker.ask(search.blocks(left), question.text, question.schema, explain)


STRATEGIES: Final[Mapping[Strategy, Callable[[Search], Awaitable[Blame | None]]]] = {
    Strategy.ALL_AT_ONCE: all_at_once,
    Strategy.STEP_BY_STEP: step_by_step,
    Strategy.BINARY_SEARCH: binary_search,
}
