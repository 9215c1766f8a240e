"""The entry point: which command lives where, and how errors become exit codes.

Exit codes: 0 ok, 1 a check or gate failed, 2 wrong usage or input, 3 server or I/O trouble, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import Final

from cyclopts import App, CycloptsError

from evalwright.domain.errors import EvalwrightError, InvalidInput


def _version() -> str:
    from importlib.metadata import version

    return version("evalwright")


app = App(
    name="evalwright",
    help="Trace, judge, calibrate, experiment and gate production AI agents. Docs: docs/ in the repository.",
    help_epilogue="Exit codes: 0 ok, 1 a check or gate failed, 2 wrong usage or input, 3 server or I/O trouble.",
    version=_version,
)

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "serve": ("Start the server: UI, API and OTLP on one port, gRPC on another.", "serve --data /var/lib/evalwright"),
    "demo": ("Run the demo agent through the whole loop against a server on this machine.", "demo --no-stay"),
    "doctor": ("Explain the settings in force and check that this machine can run the server.", "doctor"),
    "status": ("What the server holds, what it repaired, rejected and dropped.", "status --json"),
    "backup": ("Copy everything the server keeps to a new folder, with checksums.", "backup /backups/2026-11-21"),
    "restore": ("Put a backup back, after checking all of it.", "restore /backups/2026-11-21"),
    "completion": ("Print a script that completes commands and options in a shell.", "completion bash"),
    "import": ("Send recorded traces or labels from files to the server.", "import traces.otlp.jsonl.gz"),
}
"""What each does, and an example."""

NOUNS: Final[dict[str, str]] = {
    "traces": "List, show, search and export traces.",
    "spans": "Query and aggregate spans, with filters or SQL.",
    "sessions": "List and show sessions.",
    "scores": "Add, list, summarise and export scores.",
    "evaluators": "List evaluators and run them over stored spans, traces and sessions.",
    "datasets": "Create datasets and fill them from files or spans.",
    "experiments": "Run a task over a dataset, list and compare runs.",
    "gate": "Decide whether a candidate holds the bar.",
    "keys": "Create, list and revoke API keys.",
}

MODULES: Final = {"import": ("import_", "import_"), "restore": ("backup", "restore")}
"""Commands whose module and function are not called as they are."""

for _name, (_help, _example) in COMMANDS.items():
    _module, _function = MODULES.get(_name, (_name, _name))
    _text = f"{_help}\n\nExample: evalwright {_example}"
    app.command(f"evalwright.cli.{_module}:{_function}", name=_name, help=_text)
for _name, _help in NOUNS.items():
    app.command(f"evalwright.cli.{_name}:app", name=_name, help=_help)


def run() -> None:
    """Runs the command line of this process and exits with its code."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Runs one command line and returns its exit code."""
    try:
        result = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return _fail(str(error), "evalwright --help lists the commands", 2)
    except EvalwrightError as error:
        return _fail(error.message, error.hint, exit_code(error))
    except KeyboardInterrupt:
        return _fail("interrupted", "what was finished is kept; run the same command again to go on", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        # What the command was pointed at: for the caller to change.
        return _fail(f"cannot read or write {str(error.filename)!r}: {error.strerror}", "", 2)
    except OSError as error:
        return _fail(str(error), "", 3)
    finally:
        if connect := sys.modules.get("evalwright.cli.connect"):  # not loaded for the sake of closing nothing
            connect.close_connections()
    return result if isinstance(result, int) else 0


def exit_code(error: EvalwrightError) -> int:
    """Returns 2 for anything the caller can change in the request, 3 for the rest."""
    return 2 if isinstance(error, InvalidInput) or 400 <= error.status < 500 else 3


def _fail(message: str, hint: str, code: int) -> int:
    print(f"evalwright: {message}", file=sys.stderr)  # noqa: T201
    if hint:
        print(f"hint: {hint}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    run()
