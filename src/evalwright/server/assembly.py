"""Puts the real parts together and takes them apart in the reverse order."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request

from evalwright.domain.errors import Forbidden, RateLimited, StoreUnavailable
from evalwright.domain.project import Principal, Scope
from evalwright.ingest import Intake, IntakeCounters, IntakeLimits
from evalwright.ingest.grpc import OtlpGrpcServer
from evalwright.ingest.http import otlp_routes
from evalwright.ports.models import ChatModel
from evalwright.ports.records import KeyStore, RecordStore
from evalwright.ports.spans import SpanStore
from evalwright.providers.prices import GenaiPrices
from evalwright.semconv import content
from evalwright.server.app import create_app
from evalwright.server.auth import Authenticator, check_sender
from evalwright.server.deps import Bounds, Deps, SystemClock
from evalwright.server.guard import identify
from evalwright.server.idempotency import IdempotencyCache
from evalwright.server.memory import MemoryKeeper
from evalwright.server.readiness import RoomCheck
from evalwright.server.snapshots import Snapshots
from evalwright.server.stores import open_records, open_spans, prepare_data, read_pepper
from evalwright.settings import Settings
from evalwright.storage.records import SqlRecordStore
from evalwright.storage.spans import SpanDatabase

UI_DIR: Final = Path(__file__).parent / "_ui"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A server that is open and only has to listen."""

    app: FastAPI
    deps: Deps
    intake: Intake
    grpc_port: int


@contextlib.contextmanager
def assemble(settings: Settings) -> Iterator[Parts]:
    """Opens stores, starts intake and gRPC, and yields the app; on exit everything is drained and closed.

    Raises:
        StoreUnavailable: a store is held by another process, away or damaged.
        Forbidden: others could reach the server and there is no admin key.
    """
    prepare_data(settings.data)
    clock = SystemClock()
    with contextlib.ExitStack() as stack:
        records = open_records(settings, clock)
        stack.callback(records.close)
        require_admin_key(settings, records)
        spans = open_spans(settings, records)
        stack.callback(spans.close)
        intake = _start_intake(settings, spans, clock)
        memory = MemoryKeeper(lambda: intake.counters.answered)
        memory.start()
        stack.callback(memory.stop)
        stack.callback(intake.drain, settings.limits.shutdown_s)
        open_locally = settings.is_loopback and not settings.require_auth
        authenticator = Authenticator(records, clock, read_pepper(settings), open_locally=open_locally)
        deps = _deps(settings, records, spans, intake, authenticator, clock)
        deps = dataclasses.replace(deps, snapshots=_snapshots(settings, records, spans, deps))
        grpc_port = _start_grpc(settings, intake, authenticator, stack)
        yield Parts(app=create_app(deps), deps=deps, intake=intake, grpc_port=grpc_port)


def require_admin_key(settings: Settings, keys: KeyStore) -> None:
    """Returns only when the server may listen where it is told to.

    Raises:
        Forbidden: keys will be needed and nobody could make one.
    """
    if settings.is_loopback and not settings.require_auth:
        return
    if any(Scope.ADMIN in key.scopes and not key.revoked_ns and not key.project for key in keys.list_keys()):
        return
    raise Forbidden(
        f"host {settings.host!r} needs API keys and there is no admin key yet",
        hint="make one first: evalwright keys create admin --scopes admin",
    )


def _start_intake(settings: Settings, spans: SpanStore, clock: SystemClock) -> Intake:
    limits = IntakeLimits(
        max_body_bytes=settings.limits.max_body_bytes,
        max_queue_bytes=settings.limits.max_queued_bytes,
        max_group_rows=settings.limits.max_group_spans,
        max_spool_bytes=settings.limits.max_spool_bytes,
    )
    intake = Intake(spans, GenaiPrices(), clock, IntakeCounters(), limits, settings.data / "spool")
    intake.start()
    return intake


def _start_grpc(settings: Settings, intake: Intake, authenticator: Authenticator, stack: contextlib.ExitStack) -> int:
    """Returns the port of OTLP/gRPC, 0 where it is off."""
    if settings.grpc_port < 0:
        return 0

    server = OtlpGrpcServer(intake, authorise=grpc_authorise(authenticator))
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    port = server.start(f"{host}:{settings.grpc_port}")
    stack.callback(server.stop, settings.limits.shutdown_s)
    return port


def grpc_authorise(authenticator: Authenticator) -> Callable[[Mapping[str, str], str], Principal]:
    """Returns what tells OTLP/gRPC who sends, by a call's metadata."""

    def authorise(metadata: Mapping[str, str], _: str) -> Principal:
        return check_sender(authenticator.principal(metadata), metadata)

    return authorise


def http_authorise(authenticator: Authenticator) -> Callable[[Request], Awaitable[Principal]]:
    """Returns what tells OTLP/HTTP who sends, by a request's headers."""

    async def authorise(request: Request) -> Principal:
        return check_sender(await identify(authenticator, request.headers), request.headers)

    return authorise


def _deps(
    settings: Settings,
    records: RecordStore,
    spans: SpanDatabase,
    intake: Intake,
    authenticator: Authenticator,
    clock: SystemClock,
) -> Deps:
    def accepts() -> bool:
        try:
            intake.check_room(0)
        except (StoreUnavailable, RateLimited):
            return False
        return True

    limits = settings.limits
    return Deps(
        spans=spans,
        records=records,
        clock=clock,
        authenticator=authenticator,
        idempotency=IdempotencyCache(clock, max_entries=limits.idempotency_entries),
        intake=intake.counters,
        accepts=accepts,
        check_room=_room_check(settings),
        changes=spans.changes,
        content=content,
        otlp=otlp_routes(intake, authorise=http_authorise(authenticator)),
        bounds=Bounds(
            max_body_bytes=limits.max_body_bytes,
            max_sql_rows=limits.max_sql_rows,
            sql_timeout_s=limits.sql_timeout_s,
            worker_threads=limits.worker_threads,
            default_project=settings.default_project,
        ),
        allowed_hosts=frozenset(name.lower() for name in settings.allowed_hosts),
        allowed_origins=frozenset(origin.lower().rstrip("/") for origin in settings.allowed_origins),
        any_host=not settings.is_loopback,
        ui_dir=UI_DIR,
        started_ns=clock.now_ns(),
        open_model=_model_opener(settings),
    )


def _snapshots(settings: Settings, records: SqlRecordStore, spans: SpanDatabase, deps: Deps) -> Snapshots | None:
    if settings.spans_url.get_secret_value() or settings.records_url.get_secret_value():
        return None
    return Snapshots(settings.data, spans, records, lambda: deps.new_id("snapshot"))


def _room_check(settings: Settings) -> Callable[[], None]:
    """The data folder matters where a store lives in it; stores named by URL answer for themselves."""
    embedded = settings.span_store_url.startswith("chdb:") or settings.record_store_url.startswith("sqlite:")
    return RoomCheck(settings.data) if embedded else lambda: None


def _model_opener(settings: Settings) -> Callable[[], contextlib.AbstractAsyncContextManager[ChatModel]] | None:
    if not settings.openai_base_url:
        return None
    from evalwright.providers import OpenAICompatible  # an HTTP client most servers never need

    key = settings.openai_api_key.get_secret_value()
    return lambda: OpenAICompatible(
        base_url=settings.openai_base_url, api_key=key, prices=GenaiPrices(), max_in_flight=8, max_attempts=3
    )
