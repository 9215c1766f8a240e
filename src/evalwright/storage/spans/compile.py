"""Filter trees to SQL conditions with bound parameters.

Filters are two-valued: every condition is made 0 or 1, never NULL, and ``!=``, ``not in`` and ``not`` are exact
complements. The same tree compiles against spans (one row per span) and against traces, where every maximal part that
only speaks of spans becomes "some span of the trace matches all of this".
"""

# ruff: noqa: S608 - every value from outside is bound through Binder
from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import re2

from evalwright.domain.errors import FilterError
from evalwright.filters import (
    And,
    Attribute,
    Compare,
    FieldRef,
    FieldTarget,
    FieldType,
    IsNull,
    Node,
    Not,
    Operand,
    Or,
    ScoreRef,
    Value,
    find_field,
)
from evalwright.storage.spans.params import Binder
from evalwright.storage.spans.span_rows import MAX_FILTER_TEXT, encode_key

SPAN_COLUMNS: Final[Mapping[str, str]] = {
    "latency_ms": "greatest(end_ns - start_ns, 0) / 1e6",
    "start_time": "start_ns",
    "end_time": "end_ns",
    "total_tokens": "if(isNull(input_tokens) AND isNull(output_tokens), NULL,"
    " ifNull(input_tokens, 0) + ifNull(output_tokens, 0))",
    "cached_tokens": "cache_read_tokens",
    "is_root": "(parent_span_id = '')",
}
"""SQL of the fields that are not simply a column of their own name."""

_NULLABLE: Final = frozenset((
    "input_tokens", "output_tokens", "total_tokens", "cached_tokens", "reasoning_tokens", "cost", "ttft_ms",
    "trace_cost", "trace_tokens",
))  # fmt: skip
MIN_VERSION_START: Final = 8
"""Shorter texts are a whole version: ``v1`` does not mean ``v10``."""
_SQL_OPERATORS: Final = {"==": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_COMPLEMENTS: Final = {"!=": "==", "not in": "in"}


def span_column(name: str) -> str:
    """Returns the SQL expression of a span field."""
    return SPAN_COLUMNS.get(name, name)


class SpanCompiler:
    """Compiles trees that speak of spans only; ``project`` is a bound placeholder."""

    def __init__(self, binder: Binder, project: str) -> None:
        self._binder = binder
        self._project = project

    def compile(self, node: Node) -> str:
        """Returns a 0/1 condition over ``span_rows``."""
        match node:
            case And(parts=parts):
                return "(" + " AND ".join(self.compile(part) for part in parts) + ")"
            case Or(parts=parts):
                return "(" + " OR ".join(self.compile(part) for part in parts) + ")"
            case Not(part=part):
                return f"NOT {self.compile(part)}"
            case IsNull(operand=operand, negated=negated):
                condition = self._is_null(operand)
                return f"NOT {condition}" if negated else condition
            case Compare(left=left, op=op) if op in _COMPLEMENTS:
                positive = Compare(left=left, op=_COMPLEMENTS[op], value=node.value)  # type: ignore[arg-type]
                return f"NOT {self.compile(positive)}"
            case Compare(left=left):
                return self._compare(left, node)

    def _compare(self, left: Operand, node: Compare) -> str:
        match left:
            case FieldRef(name=name):
                return self._compare_field(name, node)
            case Attribute(key=key):
                return self._compare_attribute(key, node)
            case _:
                return self._compare_score(left.name, node)

    def _compare_field(self, name: str, node: Compare) -> str:
        field = find_field(name)
        if field is None or field.target is FieldTarget.TRACE:
            raise trace_field_refused(node)
        column = span_column(name)
        if field.type is FieldType.LIST:
            return f"arrayExists(x -> {self.text_condition('x', node)}, {column})"
        if field.type is FieldType.TEXT:
            if field.folded:
                node = Compare(left=node.left, op=node.op, value=_upper(node.value), position=node.position)
            return self.text_condition(column, node)
        condition = self.scalar_condition(column, node)
        return f"ifNull({condition}, 0)" if name in _NULLABLE else condition

    def scalar_condition(self, column: str, node: Compare) -> str:
        """Returns ``column`` compared with numbers, booleans or instants."""
        if isinstance(node.value, tuple):
            options = " OR ".join(f"{column} = {self._binder.bind(value)}" for value in node.value)
            return f"({options})"
        return f"({column} {_SQL_OPERATORS[node.op]} {self._binder.bind(node.value)})"

    def text_condition(self, column: str, node: Compare) -> str:
        """Returns ``column`` compared with text; patterns are checked before they reach the database."""
        if isinstance(node.value, tuple):
            return f"({column} IN {self._binder.bind([str(value) for value in node.value])})"
        text = str(node.value)
        if node.op == "~":
            return self._contains(column, text)
        if node.op == "=~":
            check_pattern(text, node)
            return f"match({column}, {self._binder.bind(text)})"
        return f"({column} = {self._binder.bind(text)})"

    def _contains(self, column: str, text: str) -> str:
        needle = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"({column} ILIKE {self._binder.bind(f'%{needle}%')})"

    def _compare_attribute(self, key: str, node: Compare) -> str:
        path = f"attrs.`{encode_key(key)}`"
        values = node.value if isinstance(node.value, tuple) else (node.value,)
        sample = values[0]
        if node.op in {"~", "=~"} or any(isinstance(value, str) and len(value) > MAX_FILTER_TEXT for value in values):
            return f"arrayExists(x -> {self.text_condition('x', node)}, {self._full_texts(key)})"
        if isinstance(sample, bool):
            return f"ifNull({path}.:Bool = {self._binder.bind(sample)}, 0)"
        if isinstance(sample, str):
            return f"ifNull({self.text_condition(f'{path}.:String', node)}, 0)"
        options = (f"ifNull({self.scalar_condition(f'{path}.:{kind}', node)}, 0)" for kind in ("Int64", "Float64"))
        return "(" + " OR ".join(options) + ")"

    def _full_texts(self, key: str) -> str:
        bound = self._binder.bind(key)
        return (
            f"arrayConcat(if(JSONType(attributes, {bound}) = 'String', [JSONExtractString(attributes, {bound})], []),"
            f" if(has(input_keys, {bound}), [input], []), if(has(output_keys, {bound}), [output], []))"
        )

    def _compare_score(self, name: str, node: Compare) -> str:
        rows = score_rows_sql(self._binder, self._project, name, self.score_condition(node), "trace_id, span_id")
        return _is_scored_in(rows)

    def score_condition(self, node: Compare) -> str:
        """Returns a condition over ``score_rows``: a verdict that counts, text met by label, numbers by value."""
        verdict = self._verdict_condition(node)
        return (
            f"{verdict} AND {self.counted_verdicts(node.left, verdict)}" if isinstance(node.left, ScoreRef) else verdict
        )

    def counted_verdicts(self, score: ScoreRef, verdict: str = "1") -> str:
        """Returns which rows of ``score_rows`` count: the named version's, else each judge's newest on each target."""
        if score.version:
            return _version_sql(self._binder.bind(score.version), score.version)
        named = f"project = {self._project} AND name = {self._binder.bind(score.name)}"
        return _newest_verdicts_sql(named, verdict)

    def _verdict_condition(self, node: Compare) -> str:
        values = node.value if isinstance(node.value, tuple) else (node.value,)
        if isinstance(values[0], str):
            return self.text_condition("label", node)
        as_numbers = tuple(float(value) for value in values)
        numeric = Compare(
            left=node.left, op=node.op, value=as_numbers if isinstance(node.value, tuple) else as_numbers[0]
        )
        return f"ifNull({self.scalar_condition('value', numeric)}, 0)"

    def _is_null(self, operand: Operand) -> str:
        match operand:
            case FieldRef(name=name):
                return self._field_is_null(name, operand)
            case Attribute(key=key):
                bound = self._binder.bind(key)
                present = f"JSONHas(attributes, {bound}) AND JSONType(attributes, {bound}) != 'Null'"
                return f"NOT (({present}) OR has(input_keys, {bound}) OR has(output_keys, {bound}))"
            case _:
                counted = self.counted_verdicts(operand)
                rows = score_rows_sql(self._binder, self._project, operand.name, counted, "trace_id, span_id")
                return f"(NOT {_is_scored_in(rows)})"

    def _field_is_null(self, name: str, operand: FieldRef) -> str:
        field = find_field(name)
        if field is None or field.target is FieldTarget.TRACE:
            raise trace_field_refused(operand)
        column = span_column(name)
        if name in _NULLABLE:
            return f"isNull({column})"
        return f"empty({column})" if field.type in {FieldType.TEXT, FieldType.LIST} else "(0)"


def _is_scored_in(rows: str) -> str:
    """A span by its own scores, a root span also by those of its trace."""
    return f"((trace_id, span_id) IN ({rows}) OR (parent_span_id = '' AND (trace_id, '') IN ({rows})))"


def _version_sql(bound: str, version: str) -> str:
    """A version in full or, as tables show it, by its first characters."""
    if len(version) < MIN_VERSION_START:
        return f"evaluator_version = {bound}"
    return f"startsWith(evaluator_version, {bound})"


def _newest_verdicts_sql(named: str, verdict: str) -> str:
    """The rows that no other version of their evaluator replaced, looked for among those that meet ``verdict``.

    The first part is a constant to the engine, which leaves the rest out where no evaluator has several versions.
    """
    single = (
        f"SELECT count() = 0 FROM (SELECT evaluator FROM score_rows WHERE {named} AND evaluator != ''"
        " GROUP BY evaluator HAVING min(evaluator_version) != max(evaluator_version))"
    )
    judged = "sipHash128(evaluator, target, trace_id, span_id, session_id, trial_id)"
    newest = (
        f"SELECT {judged} AS judged, argMax(evaluator_version, (created_ns, evaluator_version)) FROM score_rows FINAL"
        f" WHERE {named} AND evaluator != '' AND trace_id IN (SELECT trace_id FROM score_rows WHERE {named}"
        f" AND {verdict}) GROUP BY judged"
    )
    return f"(({single}) OR evaluator = '' OR ({judged}, evaluator_version) IN ({newest}))"


def score_rows_sql(binder: Binder, project: str, name: str, condition: str, columns: str) -> str:
    """Returns a SELECT of ``columns`` of the scored rows named ``name`` that meet ``condition``."""
    return (
        f"SELECT {columns} FROM score_rows FINAL WHERE project = {project} AND name = {binder.bind(name)}"
        f" AND status = 'scored' AND {condition}"
    )


def trace_field_refused(node: Compare | FieldRef) -> FilterError:
    """Returns the error for a trace field where only spans are listed."""
    operand = node.left if isinstance(node, Compare) else node
    name = operand.name if isinstance(operand, FieldRef) else ""
    return FilterError(
        f"{name} belongs to traces",
        position=operand.position,
        length=operand.length,
        hint="use it when listing traces",
    )


def check_pattern(pattern: str, node: Compare) -> None:
    """Raises FilterError unless ``pattern`` is RE2."""
    try:
        re2.compile(pattern, quiet_options())
    except re2.error as error:
        raise FilterError(
            f"{pattern!r} is not a valid RE2 pattern: {error}", position=node.position, length=node.length
        ) from None


def quiet_options() -> re2.Options:
    """Returns options under which a bad pattern raises and nothing is printed."""
    options = re2.Options()
    options.log_errors = False
    return options


def _upper(value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple(item.upper() if isinstance(item, str) else item for item in value)
    return value.upper() if isinstance(value, str) else value
