"""Evaluators ready to use, by subject. Each is a factory: parameters in, evaluator out."""

from __future__ import annotations

from evalwright.evaluators.catalogue.budgets import cost_under, latency_under, output_length, tokens_under
from evalwright.evaluators.catalogue.grounding import cites_documents, ids_grounded
from evalwright.evaluators.catalogue.structure import json_schema, valid_json
from evalwright.evaluators.catalogue.text import contains, exact_match, regex_match
from evalwright.evaluators.catalogue.tools import (
    no_repeated_calls,
    no_tool_errors_ignored,
    tool_call_order,
    tool_called,
)

__all__ = [
    "cites_documents",
    "contains",
    "cost_under",
    "exact_match",
    "ids_grounded",
    "json_schema",
    "latency_under",
    "no_repeated_calls",
    "no_tool_errors_ignored",
    "output_length",
    "regex_match",
    "tokens_under",
    "tool_call_order",
    "tool_called",
    "valid_json",
]
