"""A rubric tried on a few recorded things: bounded in number, size, model calls and time; nothing is stored."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from starlette.concurrency import run_in_threadpool

from evalwright.domain.errors import InvalidInput, LimitExceeded
from evalwright.domain.evaluator import Outcome, StepContent, Subject
from evalwright.domain.score import Score, ScoreStatus, Target
from evalwright.domain.span import Span
from evalwright.evaluators.judge import Judge, Rubric, parse_rubric
from evalwright.ports.spans import ListQuery
from evalwright.scoring.run import to_score
from evalwright.scoring.subjects import session_subject, span_subject, trace_subject
from evalwright.server.deps import Deps
from evalwright.server.paging import PAGE, pages

DEADLINE_S: Final = 60.0
MAX_CALLS: Final = 60
MAX_SPANS: Final = 5000
"""Spans of one trace or session that are read."""


async def try_out(deps: Deps, project: str, definition: str, model: str, filter: str, limit: int) -> dict[str, Any]:
    """Returns what the rubric says of the newest things that match.

    Raises:
        InvalidInput: no rubric, no model, nothing matches, or it would take too many calls.
        LimitExceeded: a trace or session is too long to try a rubric on.
    """
    if deps.open_model is None:
        raise InvalidInput(
            "no model is configured on this server, so a rubric cannot be tried here",
            hint="start it with EVALWRIGHT_OPENAI_BASE_URL (and EVALWRIGHT_OPENAI_API_KEY) of an OpenAI-compatible API",
        )
    rubric = parse_rubric(definition)
    _check(rubric, model, limit)
    subjects = await run_in_threadpool(lambda: list(_subjects(deps, project, rubric.target, filter, limit)))
    if not subjects:
        raise InvalidInput(f"no {rubric.target.value} in project {project!r} matches", hint="try an empty filter")
    started = time.perf_counter()
    async with deps.open_model() as client:
        judge = Judge(rubric, model=model, client=client, deadline_s=DEADLINE_S / 2)
        scores = await _judge_all(judge, subjects, deps.clock.now_ns())
    costs = [score.cost for score in scores]
    return {
        "spec": judge.spec,
        "scores": scores,
        "cost": None if any(cost is None for cost in costs) else sum(cost or 0.0 for cost in costs),
        "latency_ms": (time.perf_counter() - started) * 1000,
    }


def _check(rubric: Rubric, model: str, limit: int) -> None:
    if not model and not rubric.model.get("name"):
        raise InvalidInput("no model is named", hint="name one, or pin one in the rubric: model: {name: ...}")
    calls = (
        limit
        * rubric.samples
        * (1 if rubric.together else max(1, len(rubric.criteria)))
        * (2 if rubric.pairwise else 1)
    )
    if calls > MAX_CALLS:
        raise InvalidInput(
            f"trying this takes {calls} model calls, over {MAX_CALLS}", hint="try fewer, or less samples"
        )


async def _judge_all(judge: Judge, subjects: Sequence[Subject], now_ns: int) -> list[Score]:
    tasks = {asyncio.create_task(judge.evaluate(subject)): subject for subject in subjects}
    _, late = await asyncio.wait(tasks, timeout=DEADLINE_S)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    scores: list[Score] = []
    for task, subject in tasks.items():
        unfinished = Outcome(status=ScoreStatus.ERRORED, reason=f"not judged within {DEADLINE_S:g} s")
        results = [(judge.spec.name, judge.spec.type, unfinished)] if task in late else task.result()
        scores += [to_score(subject, judge, name, kind, outcome, now_ns) for name, kind, outcome in results]
    return scores


def _subjects(deps: Deps, project: str, target: Target, filter: str, limit: int) -> Iterator[Subject]:
    query = ListQuery(project=project, filter=filter, limit=limit)
    if target is Target.SPAN:
        yield from (span_subject(step) for step in _steps(deps, deps.spans.list_spans(query).items))
    elif target is Target.TRACE:
        for trace in deps.spans.list_traces(query).items:
            yield trace_subject(_read(deps, project, f"trace_id == {json.dumps(trace.trace_id)}"))
    else:
        for session in deps.spans.list_sessions(query).items:
            steps = _read(deps, project, f"session_id == {json.dumps(session.session_id)}")
            yield session_subject(session.session_id, steps)


def _read(deps: Deps, project: str, filter: str) -> list[StepContent]:
    query = ListQuery(project=project, filter=filter, sort="start_time", limit=PAGE)
    spans: list[Span] = []
    for page in pages(lambda cursor: deps.spans.list_spans(replace(query, cursor=cursor))):
        spans += page.items
        if page.next_cursor and len(spans) >= MAX_SPANS:
            raise LimitExceeded(f"{filter} has over {MAX_SPANS} spans", hint="choose shorter ones by a filter")
    return _steps(deps, spans)


def _steps(deps: Deps, spans: Sequence[Span]) -> list[StepContent]:
    return [StepContent(span=span, content=deps.content(span)) for span in spans]
