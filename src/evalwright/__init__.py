"""Evalwright: trace, judge, experiment with and gate AI agents. ``import evalwright as ew``."""

from __future__ import annotations

__version__ = "0.1.0"
