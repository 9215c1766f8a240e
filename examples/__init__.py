"""Agents that run."""
