"""Runs the server: opens everything, listens, and takes it down in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Final

import uvicorn

from evalwright.domain.errors import EvalwrightError
from evalwright.server.assembly import Parts, assemble
from evalwright.server.memory import calm_collector, leave_out_dataframes
from evalwright.settings import Settings, is_loopback

EXIT_IO: Final = 3


def serve(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT, then drains; a second signal quits at once. Returns the exit code.

    Order on the way down: no new connections, open requests finish, intake drains, stores close. Exit code 3 when it
    cannot start: a store is held by another process, a port is taken, a key is missing.
    """
    configure_logging(settings.log_level)
    leave_out_dataframes()
    try:
        with listening(settings.host, settings.port) as http, assemble(settings) as parts:
            calm_collector()
            return _run(settings, parts, http)
    except EvalwrightError as error:
        say(str(error))
        return EXIT_IO
    except OSError as error:
        say(f"cannot listen: {error}")
        return EXIT_IO


def configure_logging(level: str) -> None:
    """Logs to stderr; libraries that narrate their start are heard from ``warning`` on, unless all is asked for."""
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if level != "debug":
        for name in ("alembic", "uvicorn"):
            logging.getLogger(name).setLevel(logging.WARNING)


def say(text: str) -> None:
    """Writes a line for people to stderr."""
    sys.stderr.write(f"evalwright: {text}\n")
    sys.stderr.flush()


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Yields a bound socket; binding before anything is opened makes a taken port cheap to find out.

    Raises:
        OSError: the address is taken or not of this machine.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(address)
        except OSError as error:
            raise OSError(f"{host}:{port}: {error.strerror or error}") from error
        yield bound


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to ``serve`` and says where it listens."""

    def __init__(self, config: uvicorn.Config, greeting: str) -> None:
        super().__init__(config)
        self._greeting = greeting

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the handlers alone: uvicorn's would end the process before intake has drained."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Greets once requests are answered."""
        await super().startup(sockets)
        if self.started:
            say(self._greeting)


def _run(settings: Settings, parts: Parts, http: socket.socket) -> int:
    port = http.getsockname()[1]
    config = uvicorn.Config(
        parts.app,
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=int(settings.limits.shutdown_s),
    )
    server = _Server(config, greeting(settings, port, parts.grpc_port))
    _stop_on_signals(server)
    with asyncio.Runner() as runner:
        runner.run(server.serve(sockets=[http]))
    return 0


def _stop_on_signals(server: uvicorn.Server) -> None:
    """Installed after the stores are open, so that no library's handlers remain on top."""

    def stop(number: int, _: FrameType | None) -> None:
        if server.should_exit:
            say("stopping at once; what was not acknowledged is lost")
            os._exit(128 + number)
        say("stopping; a second signal quits at once")
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def greeting(settings: Settings, port: int, grpc_port: int) -> str:
    """Returns where to look, in one block."""
    shown = "127.0.0.1" if is_loopback(settings.host) else settings.host
    name = f"[{shown}]" if ":" in shown else shown
    grpc = f"{name}:{grpc_port}" if grpc_port else "off"
    base = f"http://{name}:{port}"
    return f"ready\n  UI and API   {base}\n  OTLP/HTTP    {base}/v1/traces\n  OTLP/gRPC    {grpc}"
