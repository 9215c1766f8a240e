"""The machine that runs these may be busy: how long an example took says nothing about the estimator."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("busy-machine", deadline=None)
settings.load_profile("busy-machine")
