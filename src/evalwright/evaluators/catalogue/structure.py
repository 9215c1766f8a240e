"""Outputs that must be JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalwright.domain.errors import InvalidInput
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.result import Score
from evalwright.evaluators.schema_check import check_schema, violations


def valid_json() -> CodeEvaluator:
    """The output is JSON and nothing but JSON; a value that is not text already is."""

    def valid_json(output: Any) -> Score:
        """The output is valid JSON."""
        problem = _parse(output)[1]
        return Score(value=not problem, explanation=problem)

    return CodeEvaluator(valid_json, type="boolean")


def json_schema(*, schema: Mapping[str, Any] | str) -> CodeEvaluator:
    """The output is JSON that satisfies ``schema`` (a JSON schema, its text, or the path of a file that holds it)."""
    wanted = _read_schema(schema)

    def json_schema(output: Any) -> Score:
        """The output satisfies a JSON schema."""
        value, problem = _parse(output)
        problems = [problem] if problem else violations(value, wanted)
        return Score(value=not problems, explanation="; ".join(problems[:10]))

    return CodeEvaluator(json_schema, type="boolean", config={"schema": wanted})


def _parse(output: Any) -> tuple[Any, str]:
    if not isinstance(output, str):
        return output, ""
    try:
        return json.loads(output), ""
    except (ValueError, RecursionError) as error:
        return None, f"not JSON: {error}"


def _read_schema(schema: Mapping[str, Any] | str) -> Mapping[str, Any]:
    if isinstance(schema, str):
        try:
            text = schema if schema.lstrip().startswith("{") else Path(schema).read_text(encoding="utf-8")
            schema = json.loads(text)
        except (OSError, ValueError) as error:
            raise InvalidInput(f"cannot read the JSON schema: {error}") from error
    if not isinstance(schema, Mapping):
        raise InvalidInput("a JSON schema must be an object")
    check_schema(schema)
    return schema
