"""``evalwright serve``: the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalwright.domain.errors import InvalidInput


def serve(*, host: str = "", port: int | None = None, grpc_port: int | None = None, data: Path | None = None) -> int:
    """Starts the server: UI, API and OTLP/HTTP on one port, OTLP/gRPC on another. SIGTERM drains and stops it.

    Settings come from evalwright.toml and EVALWRIGHT_* in the environment; options win. `evalwright doctor` shows them.

    Args:
        host: address to listen on; anything but loopback needs API keys first.
        port: of UI, API and OTLP/HTTP (4318).
        grpc_port: of OTLP/gRPC (4317).
        data: folder of the embedded stores.
    """
    try:
        from evalwright.server.configuration import read_settings
        from evalwright.server.main import serve as run_server
    except ImportError as error:
        raise InvalidInput(
            f"the server's dependencies are not installed: {error}", hint='pip install "evalwright[server]"'
        ) from error
    given: dict[str, Any] = {"host": host or None, "port": port, "grpc_port": grpc_port, "data": data}
    return run_server(read_settings(**{name: value for name, value in given.items() if value is not None}))
