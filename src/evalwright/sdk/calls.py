"""Every request of the HTTP API as a value: what to send, and how to read the answer. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from evalwright.domain.content import SpanContent
from evalwright.domain.dataset import Dataset, Item
from evalwright.domain.evaluator import EvaluatorSpec, RegisteredEvaluator, StepContent
from evalwright.domain.experiment import Comparison, Experiment
from evalwright.domain.gate import Criterion, Decision
from evalwright.domain.score import Score
from evalwright.domain.span import Span
from evalwright.domain.trace import FieldMatch, Page, ProjectSummary, SessionSummary, Table, TraceSummary, TraceTree
from evalwright.sdk.decode import read, read_page
from evalwright.sdk.results import ExperimentDetail, TrialDetail

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request. ``parameters`` with empty values are left out; the client adds its project where none is given.

    ``content`` is a body sent as it stands, described by ``headers``; ``body`` is sent as JSON.
    """

    method: str
    path: str
    read: Callable[[Any], T]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    in_project: bool = True
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def query(self, project: str) -> dict[str, str]:
        """Returns the query string as a mapping."""
        chosen = {"project": project, **{k: v for k, v in self.parameters.items() if v not in ("", None)}}
        return {key: str(value) for key, value in chosen.items() if self.in_project or key != "project"}


def _path(*parts: str) -> str:
    return "/api/v1/" + "/".join(quote(part, safe="") for part in parts)


def _page(cls: type[T]) -> Callable[[Any], Page[T]]:
    return lambda answer: read_page(cls, answer)


def _one(cls: type[T]) -> Callable[[Any], T]:
    return lambda answer: read(cls, answer)


def _as_is(answer: Any) -> Any:
    return answer


def _nothing(_answer: Any) -> None:
    return None


def _steps(answer: Any) -> Sequence[StepContent]:
    return [StepContent(span=read(Span, each), content=read(SpanContent, each["content"])) for each in answer["items"]]


def list_projects() -> Call[Page[ProjectSummary]]:
    """Projects that hold spans, newest activity first."""
    return Call("GET", _path("projects"), _page(ProjectSummary), in_project=False)


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
    return Call("GET", _path("traces"), _page(TraceSummary), _listing(locals()))


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
    return Call("GET", _path("spans"), _page(Span), _listing(locals()))


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
    return Call("GET", _path("sessions"), _page(SessionSummary), _listing(locals()))


def _listing(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments of a list as its query string; a False is the same as absent."""
    return {name: ("true" if value is True else value) for name, value in arguments.items() if value is not False}


def get_trace(trace_id: str, *, project: str = "") -> Call[TraceTree]:
    """The light tree of a trace."""
    return Call("GET", _path("traces", trace_id), _one(TraceTree), {"project": project})


def trace_spans(trace_id: str, *, ids: Sequence[str] = (), project: str = "") -> Call[Sequence[StepContent]]:
    """Full spans of a trace with their structured content, in start order; all of them when no ids are given."""
    parameters = {"ids": ",".join(ids), "project": project}
    return Call("GET", _path("traces", trace_id, "spans"), _steps, parameters)


def search_trace(trace_id: str, pattern: str, *, limit: int = 500, project: str = "") -> Call[Page[FieldMatch]]:
    """Where an RE2 pattern occurs in a trace."""
    parameters = {"pattern": pattern, "limit": limit, "project": project}
    return Call("GET", _path("traces", trace_id, "search"), _page(FieldMatch), parameters)


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
    return Call("POST", _path("spans", "aggregate"), _one(Table), {"project": project}, body)


def sql(query: str, *, project: str = "") -> Call[Table]:
    """Runs one read-only SELECT over the documented views."""
    return Call("POST", _path("sql"), _one(Table), {"project": project}, {"query": query})


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
    return Call("GET", _path("scores"), _page(Score), dict(locals()))


def write_scores(scores: Sequence[Mapping[str, Any]], *, project: str = "") -> Call[int]:
    """Stores up to 10,000 scores; each names what it judges (``trace_id``, ``span_id`` ...). Returns how many."""
    body = {"scores": [dict(score) for score in scores]}
    return Call("POST", _path("scores"), lambda answer: int(answer["written"]), {"project": project}, body)


def list_evaluators(*, project: str = "") -> Call[Page[RegisteredEvaluator]]:
    """Evaluators the server has seen."""
    return Call("GET", _path("evaluators"), _page(RegisteredEvaluator), {"project": project})


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
    }
    return Call("POST", _path("evaluators"), _one(RegisteredEvaluator), {"project": project}, body)


def list_datasets(*, limit: int = 50, cursor: str = "", project: str = "") -> Call[Page[Dataset]]:
    """Datasets, newest first."""
    return Call("GET", _path("datasets"), _page(Dataset), dict(locals()))


def get_dataset(name_or_id: str, *, project: str = "") -> Call[Dataset]:
    """One dataset at its newest version."""
    return Call("GET", _path("datasets", name_or_id), _one(Dataset), {"project": project})


def create_dataset(name: str, *, description: str = "", exist_ok: bool = False, project: str = "") -> Call[Dataset]:
    """Makes an empty dataset; with ``exist_ok`` one of this name is returned as it stands."""
    body = {"name": name, "description": description, "exist_ok": exist_ok}
    return Call("POST", _path("datasets"), _one(Dataset), {"project": project}, body)


def delete_dataset(name_or_id: str, *, project: str = "") -> Call[None]:
    """Deletes a dataset that no experiment used."""
    return Call("DELETE", _path("datasets", name_or_id), _nothing, {"project": project})


def list_items(
    name_or_id: str, *, version: int = 0, split: str = "", limit: int = 100, cursor: str = "", project: str = ""
) -> Call[Page[Item]]:
    """Items of a version (0: newest) in order of addition."""
    parameters = {"version": version, "split": split, "limit": limit, "cursor": cursor, "project": project}
    return Call("GET", _path("datasets", name_or_id, "items"), _page(Item), parameters)


def add_items(name_or_id: str, items: Sequence[Mapping[str, Any]], *, project: str = "") -> Call[Dataset]:
    """Adds or replaces items by key in one new version; each has ``input`` and maybe ``expected``, ``key`` ..."""
    body = {"items": [dict(item) for item in items]}
    return Call("POST", _path("datasets", name_or_id, "items"), _one(Dataset), {"project": project}, body)


def add_items_from_spans(name_or_id: str, *, filter: str, limit: int = 100, project: str = "") -> Call[Dataset]:
    """Adds the inputs and outputs of stored spans as items."""
    body = {"from_spans": {"filter": filter, "limit": limit}}
    return Call("POST", _path("datasets", name_or_id, "items"), _one(Dataset), {"project": project}, body)


def remove_items(name_or_id: str, keys: Sequence[str], *, project: str = "") -> Call[Dataset]:
    """Leaves items out of a new version."""
    return Call(
        "DELETE", _path("datasets", name_or_id, "items"), _one(Dataset), {"project": project}, {"keys": list(keys)}
    )


def list_experiments(
    *, dataset: str = "", limit: int = 50, cursor: str = "", project: str = ""
) -> Call[Page[Experiment]]:
    """Experiments, newest first."""
    return Call("GET", _path("experiments"), _page(Experiment), dict(locals()))


def get_experiment(name_or_id: str, *, project: str = "") -> Call[ExperimentDetail]:
    """One experiment with its metrics."""
    return Call("GET", _path("experiments", name_or_id), _one(ExperimentDetail), {"project": project})


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
    return Call("POST", _path("experiments"), _one(Experiment), {"project": project}, body)


def delete_experiment(name_or_id: str, *, project: str = "") -> Call[None]:
    """Deletes an experiment and its trials."""
    return Call("DELETE", _path("experiments", name_or_id), _nothing, {"project": project})


def list_trials(name_or_id: str, *, limit: int = 1000, cursor: str = "", project: str = "") -> Call[Page[TrialDetail]]:
    """Trials with their scores."""
    parameters = {"limit": limit, "cursor": cursor, "project": project}
    return Call("GET", _path("experiments", name_or_id, "trials"), _page(TrialDetail), parameters)


def add_trials(name_or_id: str, trials: Sequence[Mapping[str, Any]], *, project: str = "") -> Call[int]:
    """Stores finished trials with their scores; returns how many the experiment holds now."""
    body = {"trials": [dict(trial) for trial in trials]}
    path = _path("experiments", name_or_id, "trials")
    return Call("POST", path, lambda answer: int(answer["completed"]), {"project": project}, body)


def finish_experiment(name_or_id: str, *, status: str = "finished", project: str = "") -> Call[Experiment]:
    """Marks a run as ``finished``, ``failed`` or ``cancelled``."""
    path = _path("experiments", name_or_id, "finish")
    return Call("POST", path, _one(Experiment), {"project": project}, {"status": status})


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
    return Call("GET", _path("experiments", "compare"), _one(Comparison), parameters)


def check_gate(baseline: str, candidate: str, criteria: Sequence[Criterion], *, project: str = "") -> Call[Decision]:
    """Whether the candidate meets every criterion."""
    names = ("metric", "direction", "margin", "min", "max", "max_failed_items", "confidence")
    stated = [{name: getattr(each, name) for name in names if getattr(each, name) is not None} for each in criteria]
    body = {"baseline": baseline, "candidate": candidate, "criteria": stated}
    return Call("POST", _path("gate", "check"), _one(Decision), {"project": project}, body)


def status() -> Call[Mapping[str, Any]]:
    """What the server holds, and what intake had to repair."""
    return Call("GET", _path("status"), _as_is, in_project=False)
