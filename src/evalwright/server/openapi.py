"""``python -m evalwright.server.openapi``: the description of the API, without opening any store."""

from __future__ import annotations

import json
import sys
from typing import Any

from evalwright.server.app import describe


def main() -> None:
    """Writes the OpenAPI document to stdout, keys in a stable order."""
    document: dict[str, Any] = describe().openapi()
    sys.stdout.write(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
