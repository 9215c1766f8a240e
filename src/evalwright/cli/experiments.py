"""``evalwright experiments``: run a task over a dataset, list, compare and report runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from cyclopts import App

from evalwright.cli.canary import as_rows
from evalwright.cli.connect import segment
from evalwright.cli.experiment_report import report
from evalwright.cli.judging_notes import reused_lines, tell_errored, tell_judging
from evalwright.cli.options import Caching, Options
from evalwright.cli.output import Column, adjusted_p, emit_json, emit_rows, estimate, note, one_line
from evalwright.cli.progress import progress
from evalwright.cli.scores import CORRECTED, explain_correction

if TYPE_CHECKING:
    from evalwright.experiments.canary import Watched

app = App(name="experiments", help="Run a task over a dataset, list and compare runs.")
app.command(report)

USAGE: Final = frozenset(("cost", "input_tokens", "output_tokens"))

COLUMNS: Sequence[Column] = (
    ("name", lambda row: row["name"]),
    ("dataset", lambda row: f"{row['dataset_name']} v{row['dataset_version']}"),
    ("trials", lambda row: f"{row['completed']}/{row['item_count'] * row['trials']}"),
    ("status", lambda row: row["status"]),
    ("created", lambda row: str(row["created_time"])[:19]),
    ("id", lambda row: row["id"]),
)
LISTED: Sequence[Column] = (
    *COLUMNS[:4],
    ("failed", lambda row: row["failed"]),
    ("score", lambda row: row["metric"]),
    ("mean", lambda row: estimate(row["estimate"])),
    ("without a value", lambda row: _gone(row["estimate"])),
    *COLUMNS[4:],
)
METRICS: Sequence[Column] = (
    ("metric", lambda row: row["metric"]),
    ("baseline", lambda row: estimate(row["baseline"])),
    ("candidate", lambda row: estimate(row["candidate"])),
    ("difference", lambda row: estimate(row["difference"])),
    ("p (BH)", adjusted_p),
    ("+/-/=", lambda row: "/".join(str(len(row[name])) for name in ("improved", "regressed", "unchanged"))),
    ("test", lambda row: row["test"]),
)

SIDES = ("baseline", "candidate", "difference")
CORRECTIONS: Sequence[Column] = (
    ("corrected metric", lambda row: row["metric"]),
    *((side, lambda row, side=side: estimate(row[side]["corrected"]) or "-") for side in SIDES),
)


def _gone(found: Mapping[str, Any] | None) -> str:
    """What of the trials a mean does not speak of."""
    counts = found["denominators"] if found else {}
    return ", ".join(f"{counts[name]} {name}" for name in ("skipped", "unseen", "errored") if counts.get(name))


def _by_score(experiment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """One row a score, so that none is cut off; one without where there is none yet."""
    none: Mapping[str, Any] = {"metric": "none yet", "estimate": None}
    return [{**experiment, **score} for score in experiment["metrics"] or [none]]


@app.command(name="list")
def list_(*, limit: int = 50, cursor: str = "", options: Options = Options()) -> None:
    """Lists experiments with the means of their scores, newest first.

    Example: evalwright experiments list
    """
    page = options.api().get("/experiments", limit=limit, cursor=cursor, **options.scope())
    rows = page["items"] if options.json else [row for each in page["items"] for row in _by_score(each)]
    emit_rows(rows, LISTED, as_json=options.json, more=page["next_cursor"], empty="no experiments yet")


@app.command
def show(name: str, *, corrected: bool = False, options: Options = Options()) -> None:
    """Shows one experiment with its metrics.

    Example: evalwright experiments show candidate

    Args:
        name: experiment name or id.
        corrected: also what people would have said, by what calibration knows of the judge's error.
    """
    asked = {"corrected": "true"} if corrected else {}
    _emit(options.api().get(f"/experiments/{segment(name)}", **asked, **options.scope()), options, corrected=corrected)


def _emit(
    experiment: Mapping[str, Any],
    options: Options,
    watched: Mapping[str, Watched] | None = None,
    *,
    corrected: bool = False,
) -> None:
    if options.json:
        emit_json(experiment if watched is None else {**experiment, "canaries": as_rows(watched)})
        return
    emit_rows([experiment], COLUMNS, as_json=False, empty="")
    columns: Sequence[Column] = (
        ("metric", lambda row: row["metric"]),
        ("mean", lambda row: estimate(row["estimate"])),
        *((CORRECTED,) if corrected else ()),
    )
    recorded, missing = _recorded(experiment["metrics"], ("estimate",))
    emit_rows(recorded, columns, as_json=False, empty="no scores yet")
    _tell_missing(missing)
    _tell_without_interval((row["metric"], row["estimate"]) for row in recorded)
    for row in experiment["metrics"]:
        explain_correction(row["metric"], row["correction"])
    if watched is not None:  # what canary sets showed was said when they were run
        tell_judging(experiment["judging"])
        return
    for line in reused_lines(experiment["judging"]):
        note(one_line(line))
    for warning in experiment["warnings"]:
        note(f"warning: {one_line(warning)}")


@app.command(name="run")
def run_(
    task: str,
    *,
    dataset: str,
    evaluators: str = "",
    trials: int = 1,
    name: str = "",
    concurrency: int = 16,
    timeout_s: float = 300.0,
    canary: bool = True,
    caching: Caching = Caching(),
    options: Options = Options(),
) -> int:
    """Runs a task over a dataset; run it again with the same name to go on where it stopped.

    A judge whose rubric names a canary set is first run over that set when rubric, model or provider have changed, and
    afterwards when the endpoint says that another model answered. Exit code 1 when it has moved, or an answer could not
    be judged because of an error; a task that failed is a result.

    Example: evalwright experiments run agent.py:answer --dataset golden --evaluators exact_match,tone.yaml --trials 3

    Args:
        task: file.py:function, called with the item's input.
        dataset: name or id.
        evaluators: ready names, file.py:function, file.py, rubric.yaml or a folder of them, separated by commas.
        trials: repeats per item.
        name: of the experiment; a new one when left out.
        concurrency: trials at once.
        timeout_s: longest a trial may take; a timeout is a result.
        canary: --no-canary leaves the canary set of a changed judge for later; the report says so.
        caching: where verdicts are kept; equal outputs of the same trial cost nothing again.
    """
    from evalwright.cli.judging import evaluators_of
    from evalwright.cli.loading import load_function
    from evalwright.experiments import experiment

    with evaluators_of(evaluators, options) as judges, progress(f"experiment on {dataset}", unit="trials") as report:
        result = experiment(
            load_function(task),
            dataset=dataset,
            evaluators=judges,
            trials=trials,
            name=name,
            concurrency=concurrency,
            timeout_s=timeout_s,
            cache=caching.place,
            canary=canary,
            tell=lambda text: note(one_line(text)),
            project=options.project,
            client=options.api().client,
            progress=lambda state: report(state.done, state.total, f"{state.failed} failed" if state.failed else ""),
        )
    _emit(options.api().get(f"/experiments/{result.experiment.id}", **options.scope()), options, result.canaries)
    errored = tell_errored(result.trials)
    return 1 if errored or any(each.alarm for each in result.canaries.values()) else 0


@app.command
def compare(baseline: str, candidate: str, *, corrected: bool = False, options: Options = Options()) -> None:
    """Compares two experiments on the items they share, each difference paired and with its interval.

    Example: evalwright experiments compare baseline candidate

    Args:
        baseline: experiment name or id.
        candidate: the other one.
        corrected: also what people would have said, by what calibration knows of the judge's error.
    """
    asked = {"corrected": "true"} if corrected else {}
    sides = {"baseline": baseline, "candidate": candidate}
    answer = options.api().get("/experiments/compare", **sides, **asked, **options.scope())
    if options.json:
        emit_json(answer)
        return
    emit_comparison(answer)
    if corrected:
        emit_corrections(answer["corrections"])


def _recorded(metrics: Sequence[Mapping[str, Any]], sides: Sequence[str]) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Returns the metrics, and apart from them the names of usage that no trial recorded: a program without a model."""
    missing = [row["metric"] for row in metrics if row["metric"] in USAGE and not any(row[side]["n"] for side in sides)]
    return [row for row in metrics if row["metric"] not in missing], missing


def _tell_missing(names: Sequence[str]) -> None:
    if names:
        note(f"not recorded by any trial: {', '.join(names)}")


def _tell_without_interval(estimates: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Says of each number without an interval why it has none."""
    for metric, found in estimates:
        if found["estimate"] is not None and found["low"] is None:
            note(f"{metric}: {one_line('; '.join(found['warnings']))}")


def emit_comparison(answer: Mapping[str, Any]) -> None:
    """Prints a comparison with everything that weakens it."""
    recorded, missing = _recorded(answer["metrics"], ("baseline", "candidate"))
    emit_rows(recorded, METRICS, as_json=False, empty="the two experiments share no metric")
    _tell_missing(missing)
    _tell_without_interval((row["metric"], row["difference"]) for row in recorded)
    note(
        f"{answer['common_items']} common items; {answer['only_baseline']} only in the baseline, "
        f"{answer['only_candidate']} only in the candidate; +/-/= counts items improved, regressed, unchanged"
    )
    for warning in answer["warnings"]:
        note(f"warning: {one_line(warning)}")


def emit_corrections(found: Sequence[Mapping[str, Any]]) -> None:
    """Prints what people would have said of both sides, and how that is known."""
    emit_rows(found, CORRECTIONS, as_json=False, empty="no metric here was ever calibrated against people")
    for row in found:
        for side in SIDES:
            explain_correction(f"{row['metric']}, {side}", row[side])
