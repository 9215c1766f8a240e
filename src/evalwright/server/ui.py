"""The built web app: hashed assets for ever, every other page is the app itself."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse

IMMUTABLE = "public, max-age=31536000, immutable"
RESERVED = ("api", "v1")
NOT_BUILT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Evalwright</title></head><body>
<h1>Evalwright is running</h1>
<p>The web app is not part of this installation. From a source checkout, build it with
<code>python hatch_build.py</code> and reload this page. Everything else works without it:</p>
<ul><li>the HTTP API, described by <a href="/api/openapi.json">OpenAPI</a></li>
<li>OTLP at <code>/v1/traces</code></li><li>the command line: <code>evalwright traces list</code></li></ul>
</body></html>
"""


def ui_routes(folder: Path | None) -> APIRouter:
    """Returns routes that serve ``folder``; a plain page that says what to do where there is no build."""
    routes = APIRouter(include_in_schema=False)
    root = folder.resolve() if folder and (folder / "index.html").is_file() else None

    @routes.get("/{path:path}")
    def show(path: str) -> Response:
        if path.split("/", 1)[0] in RESERVED:
            raise HTTPException(404, f"nothing at {('/' + path)!r}")
        if root is None:
            return HTMLResponse(NOT_BUILT)
        return _file_or_app(root, path)

    return routes


def _file_or_app(root: Path, path: str) -> Response:
    file = _inside(root, path)
    if file is not None:
        immutable = path.startswith("assets/")
        return FileResponse(file, headers={"cache-control": IMMUTABLE if immutable else "no-cache"})
    if path.startswith("assets/"):
        raise HTTPException(404, f"nothing at {('/' + path)!r}")
    return FileResponse(root / "index.html", headers={"cache-control": "no-cache"})


def _inside(root: Path, path: str) -> Path | None:
    """Returns the file only when it lies inside the folder, links resolved."""
    try:
        file = (root / path).resolve()
        return file if path and file.is_relative_to(root) and file.is_file() else None
    except (OSError, ValueError):
        return None
