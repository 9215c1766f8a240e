"""``python -m evalwright.server``: the server with the settings in force."""

from __future__ import annotations

import sys

from evalwright.domain.errors import InvalidInput
from evalwright.server.configuration import read_settings
from evalwright.server.main import say, serve

EXIT_USAGE = 2


def main() -> int:
    """Returns the exit code of the server, 2 for wrong settings."""
    try:
        settings = read_settings()
    except InvalidInput as error:
        say(str(error))
        return EXIT_USAGE
    return serve(settings)


if __name__ == "__main__":
    sys.exit(main())
