"""POST /snapshots and DELETE /snapshots/{snapshot_id}: what a backup of a running server is copied from."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response

from evalwright.domain.errors import InvalidInput
from evalwright.domain.project import Scope
from evalwright.server.deps import Deps, SnapshotTaker
from evalwright.server.params import CallerParam, DepsParam, reply
from evalwright.server.routing import router
from evalwright.server.schemas import shape

routes = router("snapshots")
Snapshot = shape("Snapshot", "A snapshot, a folder of its name under `snapshot` in the data folder.", id=str)


@routes.post("/snapshots", response_model=Snapshot)
def take_snapshot(deps: DepsParam, caller: CallerParam) -> Response:
    """Leaves a consistent copy of all data in the server's data folder; an earlier one is removed. Needs `admin`.

    `evalwright backup` does this, copies the folder elsewhere with checksums, and drops it.
    """
    caller.everything(Scope.ADMIN)
    return reply({"id": _taker(deps).take()})


@routes.delete("/snapshots/{snapshot_id}", status_code=204, response_class=Response)
def drop_snapshot(
    deps: DepsParam, caller: CallerParam, snapshot_id: Annotated[str, Path(max_length=100, pattern="^[a-z0-9_]+$")]
) -> Response:
    """Removes a snapshot."""
    caller.everything(Scope.ADMIN)
    _taker(deps).drop(snapshot_id)
    return Response(status_code=204)


def _taker(deps: Deps) -> SnapshotTaker:
    if deps.snapshots is None:
        raise InvalidInput(
            "the stores are named by URL, not kept in the data folder", hint="back them up with their own tools"
        )
    return deps.snapshots
