"""``evalwright evaluators canary``: today's judge over a fixed set of recorded outputs, beside yesterday's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from evalwright.cli.calibrate import bridge
from evalwright.cli.connect import segment
from evalwright.cli.options import Options
from evalwright.cli.output import emit_json, note
from evalwright.cli.progress import progress
from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Evaluator

KEY: Final = "canary"
"""Metadata of canary experiments; the server pairs their trials by item."""

OUTPUTS: Final = ("recorded_output", "output")


def canary(
    reference: str,
    *,
    dataset: str,
    model: str = "",
    concurrency: int = 16,
    options: Options = Options(),
) -> int:
    """Runs an evaluator over a dataset's recorded outputs, and compares it with the version that ran before.

    Run it whenever rubric, prompt, model or provider change. Items carry their output in metadata.recorded_output (as
    `datasets add` keeps it), in input.output, or as expected. Exit code 1 when the mean moves or the judge drifts.

    Example: evalwright evaluators canary faithful.yaml --dataset canary-set

    Args:
        reference: a ready name, file.py:function, rubric.yaml or recorded:file.jsonl.
        dataset: name or id.
        model: the model judges ask.
        concurrency: items at once.
    """
    from evalwright.cli.judging import evaluators_of

    with evaluators_of(reference, options, model=model) as evaluators:
        if len(evaluators) != 1:
            raise InvalidInput(f"{reference!r} names {len(evaluators)} evaluators", hint="run one canary at a time")
        judge = evaluators[0]
        earlier = _earlier(judge, options)
        with progress(f"{judge.spec.name} over {dataset}", unit="items") as report:
            held = _run(judge, dataset, concurrency, options, report)
    note(f"{judge.spec.name} version {judge.spec.version[:12]}: {held['completed']} items in {held['name']!r}")
    if earlier:
        return bridge(judge.spec.name, from_=earlier, to=judge.spec.version, dataset=dataset, options=options)
    note("the first version here: change the judge and run this again to see what moves")
    if options.json:
        emit_json(held)
    return 0


def _run(judge: Evaluator, dataset: str, concurrency: int, options: Options, report: Any) -> Mapping[str, Any]:
    from evalwright.experiments import experiment

    api = options.api()
    version = api.get(f"/datasets/{segment(dataset)}", **options.scope())["version"]
    result = experiment(
        recorded_output,
        dataset=dataset,
        dataset_version=version,
        evaluators=[judge],
        name=f"canary {judge.spec.name} {judge.spec.version[:12]} {dataset} v{version}",
        description="recorded outputs judged again",
        metadata={KEY: judge.spec.name},
        concurrency=concurrency,
        project=options.project,
        client=api.client,
        progress=lambda state: report(state.done, state.total, f"{state.failed} failed" if state.failed else ""),
    )
    held: Mapping[str, Any] = api.get(f"/experiments/{result.experiment.id}", **options.scope())
    return held


def recorded_output(input: Any, expected: Any, metadata: Mapping[str, Any]) -> Any:
    """Returns what was recorded for an item.

    Raises:
        InvalidInput: nothing was.
    """
    places = [metadata.get(name) for name in OUTPUTS]
    if isinstance(input, Mapping):
        pair = {name: input[name] for name in ("output_1", "output_2") if name in input}
        places += [input.get("output"), pair or None]
    found = next((each for each in (*places, expected) if each is not None), None)
    if found is None:
        raise InvalidInput("the item holds no recorded output", hint="put it into metadata.recorded_output")
    return found


def _earlier(judge: Evaluator, options: Options) -> str:
    """Returns the newest other version that ran over a canary set; empty for none."""
    found = options.api().pages("/experiments", limit=1000, **options.scope())
    name, version = judge.spec.name, judge.spec.version
    runs = (run["evaluators"].get(name, "") for run in found if run["metadata"].get(KEY) == name)
    return next((each for each in runs if each and each != version), "")
