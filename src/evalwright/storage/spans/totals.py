"""Totals of a trace in SQL: the one place that knows how usage roll-ups are kept from being counted twice.

Spans that are not roll-ups are summed. A trace none of whose own spans carries usage (or cost) takes the largest
roll-up instead.
"""

from __future__ import annotations

from typing import Final

_HAS_USAGE: Final = "(isNotNull(input_tokens) OR isNotNull(output_tokens))"
_OWN_COST: Final = "countIf(usage_rollup = 0 AND isNotNull(cost)) > 0"
_LARGEST_ROLLUP: Final = (
    "argMaxIf(tuple(input_tokens, output_tokens), ifNull(input_tokens, 0) + ifNull(output_tokens, 0),"
    f" usage_rollup = 1 AND {_HAS_USAGE})"
)

TRACE_TOTALS: Final = f"""
    count() AS span_count,
    countIf(status = 'ERROR') AS error_count,
    min(start_ns) AS first_ns,
    max(greatest(end_ns, start_ns)) AS final_ns,
    countIf(usage_rollup = 0 AND {_HAS_USAGE}) > 0 AS own_usage,
    {_LARGEST_ROLLUP} AS largest_rollup,
    if(own_usage, sumIf(input_tokens, usage_rollup = 0), largest_rollup.1) AS trace_input_tokens,
    if(own_usage, sumIf(output_tokens, usage_rollup = 0), largest_rollup.2) AS trace_output_tokens,
    if({_OWN_COST}, sumIf(cost, usage_rollup = 0), maxIf(cost, usage_rollup = 1)) AS trace_cost,
    if(own_usage, countIf(cost_source = 'unpriced' AND usage_rollup = 0), countIf(cost_source = 'unpriced'))
        AS unpriced_spans"""
"""Aggregates over the spans of one trace; group by trace."""

ROOT: Final = "(parent_span_id != '', start_ns, span_id)"
"""Orders the spans of a trace so that the smallest is the main root: parentless first, then earliest."""

TRACE_TOKENS: Final = (
    "if(isNull(trace_input_tokens) AND isNull(trace_output_tokens), NULL,"
    " ifNull(trace_input_tokens, 0) + ifNull(trace_output_tokens, 0))"
)
TRACE_LATENCY: Final = "(final_ns - first_ns) / 1e6"
