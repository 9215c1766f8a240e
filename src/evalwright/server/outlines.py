"""A trace's tree as columns, for drawing: every repeated text said once, parents as places, times as offsets.

A tenth of the size of the nodes as objects, so that the page of a trace with tens of thousands of spans opens at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evalwright.domain.span import CostSource
from evalwright.domain.trace import ScoreSummary, SpanNode, TraceSummary, TraceTree
from evalwright.semconv import words

PREVIEWS_UP_TO: Final = 1000
"""Spans of a trace up to which their previews come with the outline; of more, readers ask for those in sight."""

SAID: Final = frozenset({CostSource.REPORTED, CostSource.UNPRICED})
"""Sources of a cost that are told; any other cost was computed from tokens and prices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceOutline:
    """A trace's nodes as columns of equal length, parents before children, siblings by start time.

    ``names``, ``kinds``, ``statuses``, ``models``, ``agents``, ``tools`` are places in ``texts``; ``parents`` are
    places in the columns, -1 for a root. Times are milliseconds after ``start_ns``. What few spans have stands apart,
    by span id: ``absent_parents`` (parents that never arrived), ``flags``, ``scores``, ``cost_sources`` (reported or
    unpriced; any other cost was computed). ``input_previews`` and ``output_previews`` are empty in a trace of many
    spans.
    """

    summary: TraceSummary
    start_ns: int
    texts: Sequence[str]
    span_ids: Sequence[str]
    parents: Sequence[int]
    names: Sequence[int]
    kinds: Sequence[int]
    statuses: Sequence[int]
    models: Sequence[int]
    agents: Sequence[int]
    tools: Sequence[int]
    start_ms: Sequence[float]
    length_ms: Sequence[float]
    latency_shares: Sequence[float]
    input_tokens: Sequence[int | None]
    output_tokens: Sequence[int | None]
    costs: Sequence[float | None]
    rollups: Sequence[int]
    absent_parents: Mapping[str, str]
    cost_sources: Mapping[str, str]
    flags: Mapping[str, Sequence[str]]
    scores: Mapping[str, Sequence[ScoreSummary]]
    input_previews: Sequence[str]
    output_previews: Sequence[str]


class _Texts:
    """Gives each text its place, the same one every time."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def column(self, values: Sequence[str]) -> list[int]:
        places = self.places
        return [places.setdefault(value, len(places)) for value in values]


def outline_of(tree: TraceTree) -> TraceOutline:
    """Returns the tree as columns."""
    nodes = tree.nodes
    texts = _Texts()
    start = min((node.start_ns for node in nodes), default=tree.summary.start_ns)
    coded = {
        "names": texts.column([node.name for node in nodes]),
        "kinds": texts.column([node.kind for node in nodes]),
        "statuses": texts.column([node.status for node in nodes]),
        "models": texts.column([node.model for node in nodes]),
        "agents": texts.column([node.agent_name for node in nodes]),
        "tools": texts.column([node.tool_name for node in nodes]),
    }
    previews = nodes if len(nodes) <= PREVIEWS_UP_TO else ()
    return TraceOutline(
        summary=tree.summary,
        start_ns=start,
        texts=list(texts.places),
        span_ids=[node.span_id for node in nodes],
        parents=_parents(nodes),
        **coded,
        start_ms=[(node.start_ns - start) / 1e6 for node in nodes],
        length_ms=[node.duration_ns / 1e6 for node in nodes],
        latency_shares=[round(node.latency_share, 7) for node in nodes],
        input_tokens=[node.input_tokens for node in nodes],
        output_tokens=[node.output_tokens for node in nodes],
        costs=[node.cost for node in nodes],
        rollups=[place for place, node in enumerate(nodes) if node.usage_rollup],
        absent_parents={node.span_id: node.parent_span_id for node in nodes if node.orphan},
        cost_sources={node.span_id: node.cost_source for node in nodes if node.cost_source in SAID},
        flags={node.span_id: node.flags for node in nodes if node.flags},
        scores={node.span_id: node.scores for node in nodes if node.scores},
        input_previews=[words(node.input_preview) for node in previews],
        output_previews=[words(node.output_preview) for node in previews],
    )


def _parents(nodes: Sequence[SpanNode]) -> list[int]:
    """Returns the place of each node's parent, which stands before it; -1 where there is none or a cycle was cut."""
    places: dict[str, int] = {}
    found = []
    for place, node in enumerate(nodes):
        found.append(places.get(node.parent_span_id, -1))
        places[node.span_id] = place
    return found
