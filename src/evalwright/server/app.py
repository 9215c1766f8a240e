"""The app, built from its parts and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from evalwright import __version__
from evalwright.server import problems
from evalwright.server.api import (
    calibration,
    comparisons,
    datasets,
    evaluators,
    experiments,
    keys,
    probes,
    projects,
    ready_evaluators,
    reports,
    rubrics,
    scores,
    sessions,
    snapshots,
    spans,
    sql,
    status,
    traces,
)
from evalwright.server.deps import Deps
from evalwright.server.guard import Guard
from evalwright.server.schemas import PROBLEMS
from evalwright.server.ui import ui_routes

PREFIX = "/api/v1"
NOUNS = (
    projects,
    traces,
    spans,
    sessions,
    scores,
    sql,
    rubrics,
    ready_evaluators,
    evaluators,
    calibration,
    probes,
    datasets,
    comparisons,
    experiments,
    reports,
    keys,
    snapshots,
    status,
)
"""In order of matching: ``comparisons`` has a path that ``experiments`` would read as a name."""


def create_app(deps: Deps) -> FastAPI:
    """Returns the app: API, OTLP, doors for machines and the web app, all behind one guard.

    The caller keeps ownership of everything in ``deps``.
    """
    app = describe()
    app.state.deps = deps
    app.include_router(status.doors)
    app.router.routes.extend(deps.otlp)
    app.include_router(ui_routes(deps.ui_dir))
    app.add_middleware(Guard, deps=deps)
    return app


class _Described(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Returns the description, made once; errors are told apart from answers by their media type."""
        if self.openapi_schema is None:
            for operations in super().openapi()["paths"].values():
                for operation in operations.values():
                    _describe_problems(operation["responses"])
        return super().openapi()


def _describe_problems(responses: dict[str, Any]) -> None:
    """FastAPI describes every model as application/json; problems are application/problem+json."""
    for code in PROBLEMS:
        content = responses[str(code)]["content"]
        content[problems.MEDIA_TYPE] = content.pop("application/json")


def describe() -> FastAPI:
    """Returns the API alone, not yet able to answer: what OpenAPI is made from."""
    app = _Described(
        title="Evalwright",
        version=__version__,
        description="Traces, scores, experiments and gates for AI agents.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
    )
    problems.install(app)
    api = APIRouter(prefix=PREFIX)
    for noun in NOUNS:
        api.include_router(noun.routes)
    app.include_router(api)
    return app


def _operation_id(route: APIRoute) -> str:
    """Function names are unique over the API and make readable client methods."""
    return route.name


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    deps: Deps = app.state.deps
    anyio.to_thread.current_default_thread_limiter().total_tokens = deps.bounds.worker_threads
    yield
