"""Deciding whether a candidate may be released."""

from evalwright.release.gate import check, load_criteria, parse_criteria

__all__ = ["check", "load_criteria", "parse_criteria"]
