"""``python -m evalwright.testing``: serves a script until interrupted."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from evalwright.testing.call import Call
from evalwright.testing.reply import Reply, Script
from evalwright.testing.server import ScriptedServer


def repeat_question(call: Call) -> Reply:
    """Answers with the newest user message, so that a client can be tried without a script."""
    return Reply(text=call.last_user)


def load_script(reference: str) -> Script:
    """Returns the function named by ``path/to/file.py:function``.

    Raises:
        SystemExit: there is no such file or function.
    """
    path, _, name = reference.partition(":")
    spec = importlib.util.spec_from_file_location("scripted_server_script", Path(path))
    if spec is None or spec.loader is None or not Path(path).is_file():
        raise SystemExit(f"no script at {path!r}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = getattr(module, name or "script", None)
    if not callable(found):
        raise SystemExit(f"{path!r} has no function {name or 'script'!r}")
    return cast(Script, found)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves until Ctrl-C; the base URL is the only line on stdout."""
    parser = argparse.ArgumentParser(prog="python -m evalwright.testing", description=__doc__)
    parser.add_argument("--script", default="", help="file.py:function (Call -> Reply or str)")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    script = load_script(given.script) if given.script else repeat_question
    with ScriptedServer(script, port=given.port, seed=given.seed, keep_calls=0) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
