"""Deciding whether a candidate may be released."""
