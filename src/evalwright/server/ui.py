"""The built web app: hashed assets for ever, every other page is the app itself."""

from __future__ import annotations

import functools
import mimetypes
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import Match
from starlette.types import Scope

from evalwright.server.compression import accepts_gzip, gzipped

IMMUTABLE: Final = "public, max-age=31536000, immutable"
RESERVED: Final = ("api", "v1")
PACKED: Final = (".js", ".css", ".svg", ".json", ".html")
NOT_BUILT: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Evalwright</title></head><body>
<h1>Evalwright is running</h1>
<p>The web app is not part of this installation. From a source checkout, build it with
<code>python hatch_build.py</code> and reload this page. Everything else works without it:</p>
<ul><li>the HTTP API, described by <a href="/api/openapi.json">OpenAPI</a></li>
<li>OTLP at <code>/v1/traces</code></li><li>the command line: <code>evalwright traces list</code></li></ul>
</body></html>
"""


class _PageRoute(APIRoute):
    """A route of the web app: never an address of the API, so that a wrong method there is told as such."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Leaves reserved addresses to the routes that know their methods."""
        if scope["path"].lstrip("/").split("/", 1)[0] in RESERVED:
            return Match.NONE, {}
        return super().matches(scope)


def ui_routes(folder: Path | None) -> APIRouter:
    """Returns routes that serve ``folder``; a plain page that says what to do where there is no build."""
    routes = APIRouter(include_in_schema=False, route_class=_PageRoute)
    home = folder.resolve() if folder else None

    @routes.api_route("/{path:path}", methods=["GET", "HEAD"])
    def show(request: Request, path: str) -> Response:
        if home is None or not (home / "index.html").is_file():
            return HTMLResponse(NOT_BUILT)
        return _file_or_app(home, path, request)

    return routes


def _file_or_app(home: Path, path: str, request: Request) -> Response:
    file = _inside(home, path)
    if path.startswith("assets/"):
        if file is None:
            raise HTTPException(404, f"nothing at {('/' + path)!r}")
        return _asset(file, packed=accepts_gzip(request))
    return FileResponse(file or home / "index.html", headers={"cache-control": "no-cache"})


def _asset(file: Path, *, packed: bool) -> Response:
    headers = {"cache-control": IMMUTABLE, "vary": "accept-encoding"}
    if not packed or file.suffix not in PACKED:
        return FileResponse(file, headers=headers)
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers["content-encoding"] = "gzip"
    return Response(_packed(file), headers=headers, media_type=media_type)


@functools.lru_cache(maxsize=128)
def _packed(file: Path) -> bytes:
    """Returns a hashed asset compressed; its name changes with its content, so it is packed once."""
    return gzipped(file.read_bytes())


def _inside(home: Path, path: str) -> Path | None:
    """Returns the file only when it lies inside the folder, links resolved."""
    try:
        file = (home / path).resolve()
        return file if path and file.is_relative_to(home) and file.is_file() else None
    except (OSError, ValueError):
        return None
