"""A program that runs an experiment until somebody kills it: ``python killed_run.py ENDPOINT PROJECT``."""

from __future__ import annotations

import sys
import time

import evalwright as ew


def slow(input: dict[str, int]) -> int:
    time.sleep(0.1)
    return input["n"]


if __name__ == "__main__":
    with ew.Client(endpoint=sys.argv[1], project=sys.argv[2]) as client:
        ew.experiment(
            slow,
            dataset="golden",
            name="killed",
            trials=5,
            concurrency=2,
            client=client,
            progress=lambda progress: print(progress.done, flush=True),
        )
