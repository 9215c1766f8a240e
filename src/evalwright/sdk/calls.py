"""Requests of the HTTP API as values: traces, scores, datasets, experiments, gates. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalwright.domain.content import SpanContent
from evalwright.domain.dataset import ChangedDataset, Dataset, Item
from evalwright.domain.evaluator import EvaluatorSpec, RegisteredEvaluator, StepContent
from evalwright.domain.experiment import Comparison, Experiment
from evalwright.domain.gate import Criterion, Decision
from evalwright.domain.score import Score
from evalwright.domain.span import Span
from evalwright.domain.trace import FieldMatch, Page, ProjectSummary, SessionSummary, Table, TraceSummary, TraceTree
from evalwright.sdk.call import Call, at, one, page, slim
from evalwright.sdk.decode import read
from evalwright.sdk.results import ExperimentDetail, ExperimentSummary, TrialDetail


def _as_is(answer: Any) -> Any:
    return answer


def _nothing(_answer: Any) -> None:
    return None


def _steps(answer: Any) -> Sequence[StepContent]:
    return [StepContent(span=read(Span, each), content=read(SpanContent, each["content"])) for each in answer["items"]]


def list_projects() -> Call[Page[ProjectSummary]]:
    """Projects that hold spans, newest activity first."""
    return Call("GET", at("projects"), page(ProjectSummary), in_project=False)


def list_traces(
    *,
    filter: str = "",
    sort: str = "",
    limit: int = 50,
    cursor: str = "",
    start: str = "",
    end: str = "",
    project: str = "",
) -> Call[Page[TraceSummary]]:
    """Traces, newest first; ``filter`` is the filter language, times are RFC 3339."""
    return Call("GET", at("traces"), page(TraceSummary), slim(locals()))


def list_spans(
    *,
    filter: str = "",
    sort: str = "",
    limit: int = 50,
    cursor: str = "",
    start: str = "",
    end: str = "",
    full: bool = False,
    project: str = "",
) -> Call[Page[Span]]:
    """Spans; payloads are cut to 2,000 characters unless ``full``."""
    return Call("GET", at("spans"), page(Span), slim(locals()))


def list_sessions(
    *,
    filter: str = "",
    sort: str = "",
    limit: int = 50,
    cursor: str = "",
    start: str = "",
    end: str = "",
    project: str = "",
) -> Call[Page[SessionSummary]]:
    """Sessions, newest first."""
    return Call("GET", at("sessions"), page(SessionSummary), slim(locals()))


def get_trace(trace_id: str, *, project: str = "") -> Call[TraceTree]:
    """The light tree of a trace."""
    return Call("GET", at("traces", trace_id), one(TraceTree), {"project": project})


def trace_spans(trace_id: str, *, ids: Sequence[str] = (), project: str = "") -> Call[Sequence[StepContent]]:
    """Full spans of a trace with their structured content, in start order; all of them when no ids are given."""
    parameters = {"ids": ",".join(ids), "project": project}
    return Call("GET", at("traces", trace_id, "spans"), _steps, parameters)


def search_trace(trace_id: str, pattern: str, *, limit: int = 500, project: str = "") -> Call[Page[FieldMatch]]:
    """Where an RE2 pattern occurs in a trace."""
    parameters = {"pattern": pattern, "limit": limit, "project": project}
    return Call("GET", at("traces", trace_id, "search"), page(FieldMatch), parameters)


def aggregate_spans(
    *,
    group_by: Sequence[str] = (),
    metrics: Sequence[str] = ("count",),
    filter: str = "",
    start: str = "",
    end: str = "",
    limit: int = 1000,
    project: str = "",
) -> Call[Table]:
    """One row a group, one column a metric such as ``count`` or ``p95(latency_ms)``."""
    body = {
        "group_by": list(group_by),
        "metrics": list(metrics),
        "filter": filter,
        "start": start,
        "end": end,
        "limit": limit,
    }
    return Call("POST", at("spans", "aggregate"), one(Table), {"project": project}, body)


def sql(query: str, *, project: str = "") -> Call[Table]:
    """Runs one read-only SELECT over the documented views."""
    return Call("POST", at("sql"), one(Table), {"project": project}, {"query": query})


def list_scores(
    *,
    name: str = "",
    target: str = "",
    source: str = "",
    status: str = "",
    evaluator: str = "",
    trace_id: str = "",
    span_id: str = "",
    session_id: str = "",
    experiment_id: str = "",
    limit: int = 100,
    cursor: str = "",
    project: str = "",
) -> Call[Page[Score]]:
    """Scores, newest first."""
    return Call("GET", at("scores"), page(Score), dict(locals()))


def write_scores(scores: Sequence[Mapping[str, Any]], *, project: str = "") -> Call[int]:
    """Stores up to 10,000 scores; each names what it judges (``trace_id``, ``span_id`` ...). Returns how many."""
    body = {"scores": [dict(score) for score in scores]}
    return Call("POST", at("scores"), lambda answer: int(answer["written"]), {"project": project}, body)


def list_evaluators(*, project: str = "") -> Call[Page[RegisteredEvaluator]]:
    """Evaluators the server has seen."""
    return Call("GET", at("evaluators"), page(RegisteredEvaluator), {"project": project})


def register_evaluator(spec: EvaluatorSpec, *, project: str = "") -> Call[RegisteredEvaluator]:
    """Makes a version of an evaluator known."""
    body = {
        "name": spec.name,
        "version": spec.version,
        "kind": spec.kind.value,
        "target": spec.target.value,
        "type": spec.type.value,
        "inputs": list(spec.inputs),
        "labels": list(spec.labels),
        "description": spec.description,
        "definition": dict(spec.definition),
        "min_agreement": spec.min_agreement,
    }
    return Call("POST", at("evaluators"), one(RegisteredEvaluator), {"project": project}, body)


def list_datasets(*, limit: int = 50, cursor: str = "", project: str = "") -> Call[Page[Dataset]]:
    """Datasets, newest first."""
    return Call("GET", at("datasets"), page(Dataset), dict(locals()))


def get_dataset(name_or_id: str, *, project: str = "") -> Call[Dataset]:
    """One dataset at its newest version."""
    return Call("GET", at("datasets", name_or_id), one(Dataset), {"project": project})


def create_dataset(name: str, *, description: str = "", exist_ok: bool = False, project: str = "") -> Call[Dataset]:
    """Makes an empty dataset; with ``exist_ok`` one of this name is returned as it stands."""
    body = {"name": name, "description": description, "exist_ok": exist_ok}
    return Call("POST", at("datasets"), one(Dataset), {"project": project}, body)


def delete_dataset(name_or_id: str, *, project: str = "") -> Call[None]:
    """Deletes a dataset that no experiment used."""
    return Call("DELETE", at("datasets", name_or_id), _nothing, {"project": project})


def list_items(
    name_or_id: str, *, version: int = 0, split: str = "", limit: int = 100, cursor: str = "", project: str = ""
) -> Call[Page[Item]]:
    """Items of a version (0: newest) in order of addition."""
    parameters = {"version": version, "split": split, "limit": limit, "cursor": cursor, "project": project}
    return Call("GET", at("datasets", name_or_id, "items"), page(Item), parameters)


def add_items(name_or_id: str, items: Sequence[Mapping[str, Any]], *, project: str = "") -> Call[ChangedDataset]:
    """Adds or replaces items by key in one new version; each has ``input`` and maybe ``expected``, ``key`` ..."""
    body = {"items": [dict(item) for item in items]}
    return Call("POST", at("datasets", name_or_id, "items"), one(ChangedDataset), {"project": project}, body)


def add_items_from_spans(name_or_id: str, *, filter: str, limit: int = 100, project: str = "") -> Call[ChangedDataset]:
    """Adds the inputs and outputs of stored spans as items; ``more`` of the answer says that the limit was short."""
    body = {"from_spans": {"filter": filter, "limit": limit}}
    return Call("POST", at("datasets", name_or_id, "items"), one(ChangedDataset), {"project": project}, body)


def remove_items(name_or_id: str, keys: Sequence[str], *, project: str = "") -> Call[Dataset]:
    """Leaves items out of a new version."""
    return Call("DELETE", at("datasets", name_or_id, "items"), one(Dataset), {"project": project}, {"keys": list(keys)})


def list_experiments(
    *, dataset: str = "", limit: int = 50, cursor: str = "", project: str = ""
) -> Call[Page[ExperimentSummary]]:
    """Experiments with the means of their scores, newest first."""
    return Call("GET", at("experiments"), page(ExperimentSummary), dict(locals()))


def get_experiment(name_or_id: str, *, corrected: bool = False, project: str = "") -> Call[ExperimentDetail]:
    """One experiment with its metrics; ``corrected`` adds what people would have said of those a judge wrote."""
    asked = slim({"corrected": corrected, "project": project})
    return Call("GET", at("experiments", name_or_id), one(ExperimentDetail), asked)


def create_experiment(
    name: str,
    *,
    dataset: str,
    dataset_version: int = 0,
    trials: int = 1,
    description: str = "",
    metadata: Mapping[str, Any] | None = None,
    evaluators: Mapping[str, str] | None = None,
    project: str = "",
) -> Call[Experiment]:
    """Starts an experiment, or resumes the one of this name when dataset version and trials are the same."""
    body = {
        "name": name,
        "dataset": dataset,
        "dataset_version": dataset_version,
        "trials": trials,
        "description": description,
        "metadata": dict(metadata or {}),
        "evaluators": dict(evaluators or {}),
    }
    return Call("POST", at("experiments"), one(Experiment), {"project": project}, body)


def delete_experiment(name_or_id: str, *, project: str = "") -> Call[None]:
    """Deletes an experiment and its trials."""
    return Call("DELETE", at("experiments", name_or_id), _nothing, {"project": project})


def list_trials(name_or_id: str, *, limit: int = 1000, cursor: str = "", project: str = "") -> Call[Page[TrialDetail]]:
    """Trials with their scores."""
    parameters = {"limit": limit, "cursor": cursor, "project": project}
    return Call("GET", at("experiments", name_or_id, "trials"), page(TrialDetail), parameters)


def add_trials(name_or_id: str, trials: Sequence[Mapping[str, Any]], *, project: str = "") -> Call[int]:
    """Stores finished trials with their scores; returns how many the experiment holds now."""
    body = {"trials": [dict(trial) for trial in trials]}
    path = at("experiments", name_or_id, "trials")
    return Call("POST", path, lambda answer: int(answer["completed"]), {"project": project}, body)


def finish_experiment(name_or_id: str, *, status: str = "finished", project: str = "") -> Call[Experiment]:
    """Marks a run as ``finished``, ``failed`` or ``cancelled``."""
    path = at("experiments", name_or_id, "finish")
    return Call("POST", path, one(Experiment), {"project": project}, {"status": status})


def compare_experiments(
    baseline: str, candidate: str, *, lower: Sequence[str] = (), project: str = ""
) -> Call[Comparison]:
    """Candidate against baseline over every metric they share; ``lower`` names those of which less is better."""
    parameters = {
        "baseline": baseline,
        "candidate": candidate,
        "lower": ",".join(lower),
        "limit": "0",
        "project": project,
    }
    return Call("GET", at("experiments", "compare"), one(Comparison), parameters)


def check_gate(
    baseline: str,
    candidate: str,
    criteria: Sequence[Criterion],
    *,
    allow_untrusted_judges: bool = False,
    project: str = "",
) -> Call[Decision]:
    """Whether the candidate meets every criterion.

    A criterion on a judge that no calibration speaks for is inconclusive, unless such judges are let decide; the
    decision then names them.
    """
    names = ("metric", "direction", "margin", "min", "max", "max_failed_items", "confidence")
    stated = [{name: getattr(each, name) for name in names if getattr(each, name) is not None} for each in criteria]
    allowed = {"allow_untrusted_judges": allow_untrusted_judges}
    body = {"baseline": baseline, "candidate": candidate, "criteria": stated, **allowed}
    return Call("POST", at("gate", "check"), one(Decision), {"project": project}, body)


def status() -> Call[Mapping[str, Any]]:
    """What the server holds, and what intake had to repair."""
    return Call("GET", at("status"), _as_is, in_project=False)
