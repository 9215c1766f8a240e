"""Evaluators ready to use, by subject. Each is a factory: parameters in, evaluator out."""

from __future__ import annotations

from evalwright.evaluators.catalogue.budgets import cost_under, latency_under, output_length, tokens_under
from evalwright.evaluators.catalogue.fields import numeric_close, required_fields
from evalwright.evaluators.catalogue.grounding import cites_documents, ids_grounded, references_resolve
from evalwright.evaluators.catalogue.injection import no_prompt_injection
from evalwright.evaluators.catalogue.privacy import no_pii
from evalwright.evaluators.catalogue.similarity import bleu, edit_similarity, rouge_l
from evalwright.evaluators.catalogue.structure import json_schema, valid_json
from evalwright.evaluators.catalogue.text import contains, exact_match, regex_match
from evalwright.evaluators.catalogue.tools import (
    no_repeated_calls,
    no_tool_errors_ignored,
    tool_argument,
    tool_call_order,
    tool_called,
)
from evalwright.evaluators.catalogue.wording import language, not_refused, output_format, word_count

__all__ = [
    "bleu",
    "cites_documents",
    "contains",
    "cost_under",
    "edit_similarity",
    "exact_match",
    "ids_grounded",
    "json_schema",
    "language",
    "latency_under",
    "no_pii",
    "no_prompt_injection",
    "no_repeated_calls",
    "no_tool_errors_ignored",
    "not_refused",
    "numeric_close",
    "output_format",
    "output_length",
    "references_resolve",
    "regex_match",
    "required_fields",
    "rouge_l",
    "tokens_under",
    "tool_argument",
    "tool_call_order",
    "tool_called",
    "valid_json",
    "word_count",
]
