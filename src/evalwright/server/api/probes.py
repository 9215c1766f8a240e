"""Probe reports: kept by version of the evaluator, listed and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict

from evalwright.domain.errors import InvalidInput
from evalwright.domain.estimate import Estimate
from evalwright.domain.probing import Finding, ProbeReport, ProbeVerdict, StoredProbe
from evalwright.domain.project import Scope
from evalwright.domain.trace import Page
from evalwright.server import wire
from evalwright.server.judgements import Word
from evalwright.server.params import CallerParam, CursorParam, DepsParam, NameOrId, ProjectParam, reply
from evalwright.server.probe_reports import ReportIn
from evalwright.server.routing import router
from evalwright.server.schemas import extend, list_of, model_of, page_of, shape

routes = router("probes")

_COUNTS: dict[str, Any] = {"passed": int, "failed": int, "undecided": int, "not_applicable": int}
ProbeFinding = extend(Finding, "ProbeFinding", "One line of a probe report.", reasons=list[tuple[str, str, int]])
ProbeDetail = extend(
    StoredProbe,
    "ProbeDetail",
    "A stored probe report; ``report.verdicts`` are the anchors of a later run.",
    report=extend(ProbeReport, "ProbeReportDetail", "What probing found.", findings=list_of(ProbeFinding), **_COUNTS),
)
_Line = shape(
    "ProbeLine",
    "One line of a report at a glance.",
    probe=str,
    measure=str,
    verdict=ProbeVerdict,
    effect=model_of(Estimate) | None,
)
ProbeSummary = shape(
    "ProbeSummary",
    "A probe report at a glance, to hold versions side by side.",
    id=str,
    project=str,
    evaluator=str,
    evaluator_version=str,
    created_time=str | None,
    model=str,
    items_from=str,
    items=int,
    clusters=int,
    warnings=list[str],
    **_COUNTS,
    lines=list_of(_Line),
)
_SHOWN = ("model", "items_from", "items", "clusters", "warnings", *_COUNTS)


class ProbeIn(BaseModel):
    """A report to keep."""

    model_config = ConfigDict(extra="forbid")

    report: ReportIn
    project: Word = ""


@routes.post("/evaluators/{name}/probes", response_model=ProbeDetail, status_code=201)
def keep_probe(
    deps: DepsParam, caller: CallerParam, name: NameOrId, body: ProbeIn, project: ProjectParam = ""
) -> Response:
    """Keeps what probing found of one version; the same report as the version's newest is not kept twice."""
    allowed = caller.project(Scope.WRITE, body.project, project)
    report, version = body.report.plain(), body.report.version
    if body.report.evaluator != name:
        raise InvalidInput(f"the report is of evaluator {body.report.evaluator!r}, not {name!r}")
    newest = deps.records.list_probes(allowed, evaluator=name, version=version, limit=1).items
    if newest and newest[0].report == report:
        return reply(newest[0], 201)
    probe = StoredProbe(id="", project=allowed, evaluator=name, evaluator_version=version, report=report)
    return reply(deps.records.add_probe(probe), 201)


@routes.get("/evaluators/{name}/probes", response_model=page_of(ProbeSummary))
def list_probes(
    deps: DepsParam,
    caller: CallerParam,
    name: NameOrId,
    project: ProjectParam = "",
    version: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: CursorParam = "",
) -> Response:
    """Probe reports of an evaluator, newest first."""
    allowed = caller.project(Scope.READ, project)
    page = deps.records.list_probes(allowed, evaluator=name, version=version, limit=limit, cursor=cursor)
    return reply(Page(items=[_summary(probe) for probe in page.items], next_cursor=page.next_cursor))


def _summary(probe: StoredProbe) -> Mapping[str, Any]:
    plain = wire.to_plain(probe)
    report = plain.pop("report")
    shown = {key: report[key] for key in _SHOWN}
    lines = [{key: line[key] for key in ("probe", "measure", "verdict", "effect")} for line in report["findings"]]
    return {**plain, **shown, "lines": lines}


@routes.get("/evaluators/{name}/probes/{probe_id}", response_model=ProbeDetail)
def show_probe(
    deps: DepsParam, caller: CallerParam, name: NameOrId, probe_id: NameOrId, project: ProjectParam = ""
) -> Response:
    """One probe report with every line and the verdicts it was read from."""
    probe = deps.records.find_probe(caller.project(Scope.READ, project), probe_id)
    if probe.evaluator != name:
        raise InvalidInput(f"probe report {probe_id!r} is of evaluator {probe.evaluator!r}, not {name!r}")
    return reply(probe)
