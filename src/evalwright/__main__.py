"""``python -m evalwright`` is the command line."""

from evalwright.cli.main import run

run()
