"""What people may call their things."""

from __future__ import annotations

import re
from typing import Final

from evalwright.domain.errors import InvalidInput

MAX_NAME: Final = 200

_FORBIDDEN = re.compile("[/\x00-\x1f\x7f\ud800-\udfff]")


def checked_name(noun: str, name: str) -> str:
    """Returns the name when it can stand in a URL, a file name and a table cell.

    Raises:
        InvalidInput: it is empty, too long, a dot path, or holds a slash or control character.
    """
    if not name.strip() or len(name) > MAX_NAME or name in {".", ".."} or _FORBIDDEN.search(name):
        raise InvalidInput(
            f"{name[:MAX_NAME]!r} cannot be the name of a {noun}",
            hint=f"use 1 to {MAX_NAME} characters without slashes and control characters",
        )
    return name
