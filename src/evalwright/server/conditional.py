"""Lists that were read before and have not changed since: 304 for ``If-None-Match``, without asking the store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from evalwright.server.deps import Deps
from evalwright.server.params import reply


def reply_if_changed(request: Request, deps: Deps, project: str, read: Callable[[], Any]) -> Response:
    """Returns what ``read`` gives with an ETag, or 304 where nothing was written to the project since the caller's.

    The tag is taken before reading, so that a write in between makes the next request read again.
    """
    tag = _tag(request, deps, project)
    if not tag:
        return reply(read())
    if tag in {each.strip() for each in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers={"etag": tag})
    answer = reply(read())
    answer.headers["etag"] = tag
    return answer


def _tag(request: Request, deps: Deps, project: str) -> str:
    """Empty where others write to the store too. The start of the server is in it: counts begin anew then."""
    changes = deps.changes(project)
    if changes is None:
        return ""
    question = f"{request.url.path}\n{request.scope['query_string']!r}"
    said = f"{deps.started_ns}\n{project}\n{changes}\n{question}"
    return f'W/"{hashlib.blake2b(said.encode(), digest_size=9).hexdigest()}"'
