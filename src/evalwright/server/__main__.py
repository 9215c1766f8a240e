"""``python -m evalwright.server``: the server with the settings in force."""

from __future__ import annotations

import sys

from evalwright.server.main import serve
from evalwright.settings import Settings

if __name__ == "__main__":
    sys.exit(serve(Settings()))
