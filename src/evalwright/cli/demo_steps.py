"""The steps of ``evalwright demo``: what each is for, and the command anybody could type."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

PROJECT: Final = "support"
EXAMPLE: Final = "examples/support_triage"
FAILING: Final = 'score("resolution") < 0.5'


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Commands that belong together, and what to see in what they print."""

    title: str
    why: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """One run of the loop."""

    server: str
    model_url: str
    model: str
    sessions: int
    stamp: str
    scripted: bool

    @property
    def baseline(self) -> str:
        """Name of the experiment with the prompt in production."""
        return f"baseline-{self.stamp}"

    @property
    def candidate(self) -> str:
        """Name of the experiment with the prompt that may replace it."""
        return f"candidate-{self.stamp}"

    def steps(self) -> Iterator[Step]:
        """Yields every step but the gate, in order."""
        yield from self._record()
        if self.scripted:
            yield from self._calibrate()
        yield from self._curate()
        yield from self._experiment()

    def gate(self) -> Step:
        """The last step, whose exit code is the demo's."""
        command = f"evalwright gate check {self.candidate} --baseline {self.baseline} --gate {EXAMPLE}/gate.yaml"
        return Step(
            title="May it ship?",
            why="The burden of proof is on the candidate: a criterion passes when its whole interval holds the bar.",
            commands=(command,),
        )

    def places(self) -> Iterator[tuple[str, str]]:
        """Yields what to look at in the web app, and where it is."""
        compared = {"baseline": self.baseline, "candidate": self.candidate}
        yield "failed traces", self._page("traces", filter=FAILING)
        yield "the judge", self._page("evaluators/resolution")
        yield "the comparison", self._page("experiments/compare", **compared)
        yield "what was received", self._page("status")

    def _page(self, path: str, **search: str) -> str:
        return f"{self.server}/{path}?{urlencode({'project': PROJECT, **search})}"

    def _record(self) -> Iterator[Step]:
        desk = f"{sys.executable} -m examples.support_triage run --sessions {self.sessions}"
        where = f"--endpoint {self.server} --project {PROJECT} --base-url {self.model_url} --model {self.model}"
        patience = " --timeout 1" if self.scripted else ""  # some scripted calls hang, as some real ones do
        yield Step(
            title="An agent answers customers and sends its traces",
            why="A lead, two sub-agents, tools over a shop database, a retriever; recorded with plain OpenTelemetry.",
            commands=(f"{desk} {where}{patience}",),
        )
        yield Step(
            title="Five checks and one judge score every trace",
            why="Each trace is scored, skipped (nothing to say), unseen (an input is missing) or errored: four counts.",
            commands=(f"evalwright evaluators run {EXAMPLE}/evaluators --target trace",),
        )
        yield Step(
            title="What they found",
            why="Every mean stands with its 95 % interval and n.",
            commands=("evalwright scores summary",),
        )

    def _calibrate(self) -> Iterator[Step]:
        desk = f"{sys.executable} -m examples.support_triage label --project {PROJECT} --endpoint {self.server}"
        yield Step(
            title="Two people label some of the answers",
            why="They are scripted, as the model is. Without labels nobody knows how wrong a judge is.",
            commands=(desk,),
        )
        yield Step(
            title="How far does the judge agree with them?",
            why="Under the bar of its rubric (min_agreement) it may not decide a gate.",
            commands=("evalwright evaluators calibrate resolution --against resolution_by_people",),
        )
        yield Step(
            title="What people would have said",
            why="The judge's mean, corrected by what is now known of its error.",
            commands=("evalwright scores summary resolution --corrected",),
        )

    def _curate(self) -> Iterator[Step]:
        by = "--by agent_name,name,error_type --metrics 'count,p95(latency_ms)'"
        yield Step(
            title="Failing spans, grouped",
            why="Where it breaks: any columns, any metrics, the one filter language.",
            commands=(f"evalwright spans aggregate {by} --filter 'status == \"ERROR\"'",),
        )
        yield Step(
            title="The newest traces that were not resolved",
            why="A trace's worst scores stand beside it.",
            commands=(f"evalwright traces list --filter '{FAILING}' --limit 5",),
        )
        yield Step(
            title="A dataset out of the failures",
            why="Picked for having failed once: compare prompts on it, do not read levels from it.",
            commands=(
                "evalwright datasets create failures --exist-ok",
                f"evalwright datasets add failures --filter 'is_root and {FAILING}' --limit 40",
            ),
        )

    def _experiment(self) -> Iterator[Step]:
        run = f"evalwright experiments run {EXAMPLE}/task.py"
        options = f"--dataset failures --evaluators {EXAMPLE}/evaluators --trials 3"
        yield Step(
            title="The prompt in production on that dataset",
            why="Three trials an item: what an agent does once it may not do twice.",
            commands=(f"{run}:baseline {options} --name {self.baseline}",),
        )
        yield Step(
            title="The prompt that wants to replace it",
            why="The same items, the same evaluators.",
            commands=(f"{run}:candidate {options} --name {self.candidate}",),
        )
        yield Step(
            title="Side by side",
            why="Differences are paired by item; p-values are adjusted (Benjamini-Hochberg) for the number of metrics.",
            commands=(f"evalwright experiments compare {self.baseline} {self.candidate}",),
        )
