"""``evalwright completion``: commands and options on Tab."""

from __future__ import annotations

import sys
from typing import Literal


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Prints a script that lets a shell complete commands and options.

    Args:
        shell: the shell that will read it.
    """
    from evalwright.cli.main import app

    sys.stdout.write(app.generate_completion(shell=shell))
