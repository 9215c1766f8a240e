"""GET /status, and the three doors for machines: /healthz, /readyz, /metrics."""

from __future__ import annotations

import contextlib
from typing import Final

from fastapi import APIRouter, Response
from starlette.responses import PlainTextResponse

from evalwright import __version__
from evalwright.domain.errors import NotFound, StoreUnavailable
from evalwright.domain.project import Scope
from evalwright.domain.repair import FLAGS
from evalwright.domain.trace import StoreStatus
from evalwright.server import metrics, wire
from evalwright.server.deps import Deps
from evalwright.server.params import CallerParam, DepsParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import extend

NO_TRACE: Final = "f" * 32
"""Looking for it costs a store next to nothing, and tells whether it answers."""

routes = router("status")
doors = APIRouter(include_in_schema=False)
Status = extend(
    StoreStatus,
    "Status",
    "What the store holds, what intake did, and what its repairs mean.",
    intake=dict[str, int | dict[str, int] | dict[str, dict[str, int]]],
    flag_meanings=dict[str, str],
    version=str,
    uptime_s=float,
)


def _uptime_s(deps: Deps) -> float:
    return max(0, deps.clock.now_ns() - deps.started_ns) / 1e9


@routes.get("/status", response_model=Status)
def show_status(deps: DepsParam, caller: CallerParam) -> Response:
    """Row counts, disk, repairs, unpriced models, intake counters."""
    caller.everything(Scope.READ)
    more = {
        "intake": dict(deps.intake.snapshot()),
        "flag_meanings": FLAGS,
        "version": __version__,
        "uptime_s": _uptime_s(deps),
    }
    return reply({**wire.to_plain(deps.spans.status()), **more})


@doors.get("/healthz")
async def healthz() -> Response:
    """The process runs."""
    return PlainTextResponse("ok\n")


@doors.get("/readyz")
def readyz(deps: DepsParam) -> Response:
    """The stores answer, can be written, and intake accepts."""
    if not deps.accepts():
        raise StoreUnavailable("intake is not accepting", retry_after_s=1)
    deps.check_room()
    deps.records.list_keys()
    with contextlib.suppress(NotFound):
        deps.spans.trace_spans("", NO_TRACE)
    return PlainTextResponse("ready\n")


@doors.get("/metrics")
async def show_metrics(deps: DepsParam) -> Response:
    """Prometheus text."""
    text = metrics.exposition(deps.counts, deps.intake.prometheus(), uptime_s=_uptime_s(deps))
    return Response(text, media_type=metrics.MEDIA_TYPE)
