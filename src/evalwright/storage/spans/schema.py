"""Tables of the span store, as numbered steps that each run once.

Keys of a log row (``write_logs``): project, time_ns, observed_ns, trace_id, span_id, session_id, event_name, severity,
body, attributes, resource, scope_name, dedupe_key. Of a metric row (``write_metrics``): project, time_ns, start_ns,
name, type, unit, temporality, monotonic, value, count, sum, buckets, attributes, resource, scope_name, dedupe_key.
"""

from __future__ import annotations

from typing import Final

HOUR_NS: Final = 3_600_000_000_000
PREVIEW: Final = 200
"""Characters of input and output kept apart, so that tables need not read whole payloads."""

_DURABLE: Final = "fsync_after_insert = 1, fsync_part_directory = 1"
# What is inserted is one file a part: with one file a column every insert waits for some sixty fsyncs. What was merged
# under load is one file a column: there a column is read twenty times as fast.
_WIDE: Final = "min_bytes_for_wide_part = 104857600"
# Small granules: a span is some KB, and the spans of an hour are in trace order, so reading one trace should not
# read its neighbours' payload.
_SMALL_GRANULES: Final = "index_granularity_bytes = 1048576"
# Every level of merges rewrites each span once: twice as wide steps save about a third of that.
_FEWER_MERGES: Final = "merge_selector_base = 10"
# Months, with everything before 2015 or after 2050 in one partition each, so that wild clocks cannot make thousands.
_MONTH: Final = (
    "toYYYYMM(toDate32(intDiv(least(greatest({0}, 1420070400000000000), 2524608000000000000), 86400000000000)))"
)

# Rows bring the filterable attributes as text: cast in a default, it obeys the settings of the insert, so that text
# which looks like a date stays text.
_ATTRS: Final = "JSON(max_dynamic_paths = 256)"

_SPAN_ROWS: Final = f"""
CREATE TABLE IF NOT EXISTS span_rows (
    project LowCardinality(String),
    trace_id String,
    span_id String,
    parent_span_id String,
    name LowCardinality(String),
    kind LowCardinality(String),
    start_ns Int64 CODEC(Delta, ZSTD(1)),
    end_ns Int64 CODEC(Delta, ZSTD(1)),
    status LowCardinality(String),
    status_message String,
    error_type String,
    session_id String,
    user_id String,
    agent_name LowCardinality(String),
    model LowCardinality(String),
    model_requested String,
    provider LowCardinality(String),
    input_tokens Nullable(Int64),
    cache_read_tokens Nullable(Int64),
    cache_write_tokens Nullable(Int64),
    output_tokens Nullable(Int64),
    reasoning_tokens Nullable(Int64),
    usage_rollup UInt8,
    cost Nullable(Float64),
    cost_source String,
    ttft_ms Nullable(Float64),
    input String,
    input_head String DEFAULT substringUTF8(input, 1, {PREVIEW}),
    input_mime String,
    output String,
    output_head String DEFAULT substringUTF8(output, 1, {PREVIEW}),
    output_mime String,
    tool_name String,
    tool_call_id String,
    prompt_name String,
    prompt_version String,
    environment LowCardinality(String),
    release String,
    tags Array(String),
    convention String,
    attrs_text String EPHEMERAL '{{}}',
    attrs {_ATTRS} DEFAULT CAST(attrs_text, '{_ATTRS}'),
    attributes String,
    input_keys Array(String),
    output_keys Array(String),
    resource String,
    scope_name String,
    scope_version String,
    trace_state String,
    otel_kind UInt8,
    events String,
    links String,
    dropped_attributes UInt32,
    dropped_events UInt32,
    dropped_links UInt32,
    flags Array(String),
    received_ns Int64 CODEC(Delta, ZSTD(1)),
    version UInt64 CODEC(Delta, ZSTD(1)),
    deleted UInt8
) ENGINE = ReplacingMergeTree(version, deleted)
PARTITION BY {_MONTH.format("start_ns")}
ORDER BY (project, intDiv(start_ns, {HOUR_NS}), trace_id, span_id)
SETTINGS {_DURABLE}, {_WIDE}, {_SMALL_GRANULES}, {_FEWER_MERGES}"""

# Every batch asks for its traces, most of which are new: the filter answers that without reading a row.
_TRACE_INDEX: Final = f"""
CREATE TABLE IF NOT EXISTS trace_index (
    trace_id String CODEC(ZSTD(1)),
    project LowCardinality(String),
    first_ns SimpleAggregateFunction(min, Int64),
    last_ns SimpleAggregateFunction(max, Int64),
    sessions SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
) ENGINE = AggregatingMergeTree ORDER BY (trace_id, project)
SETTINGS index_granularity = 1024, {_DURABLE}"""

_TRACE_INDEX_FEED: Final = """
CREATE MATERIALIZED VIEW IF NOT EXISTS trace_index_feed TO trace_index AS
SELECT trace_id, project, min(start_ns) AS first_ns, max(start_ns) AS last_ns,
    groupUniqArrayIf(session_id, session_id != '') AS sessions
FROM span_rows GROUP BY trace_id, project"""

# Scores are read beside traces, so those of a trace lie together. A score never changes its target, so that its id is
# unique all the same.
_SCORE_ROWS: Final = f"""
CREATE TABLE IF NOT EXISTS score_rows (
    project LowCardinality(String), id String CODEC(ZSTD(1)),
    target LowCardinality(String), name LowCardinality(String), type LowCardinality(String),
    source LowCardinality(String), status LowCardinality(String),
    value Nullable(Float64), label String CODEC(ZSTD(1)), explanation String CODEC(ZSTD(1)),
    evidence String CODEC(ZSTD(1)), reason String CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)), span_id String CODEC(ZSTD(1)), session_id String CODEC(ZSTD(1)),
    experiment_id String CODEC(ZSTD(1)), item_id String CODEC(ZSTD(1)), trial_id String CODEC(ZSTD(1)),
    evaluator LowCardinality(String), evaluator_version LowCardinality(String), rule LowCardinality(String),
    inclusion_probability Float64, annotator LowCardinality(String),
    cost Nullable(Float64), latency_ms Nullable(Float64), judge_trace_id String CODEC(ZSTD(1)),
    metadata String CODEC(ZSTD(1)), created_ns Int64 CODEC(Delta, ZSTD(1)),
    INDEX by_session session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_experiment experiment_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = ReplacingMergeTree(created_ns) ORDER BY (project, trace_id, id)
SETTINGS index_granularity = 512, {_DURABLE}"""

_LOG_ROWS: Final = f"""
CREATE TABLE IF NOT EXISTS log_rows (
    project LowCardinality(String), time_ns Int64 CODEC(Delta, ZSTD(1)), observed_ns Int64 CODEC(Delta, ZSTD(1)),
    trace_id String CODEC(ZSTD(1)), span_id String CODEC(ZSTD(1)), session_id String CODEC(ZSTD(1)),
    event_name LowCardinality(String), severity LowCardinality(String), body String CODEC(ZSTD(1)),
    attributes String CODEC(ZSTD(1)), resource String CODEC(ZSTD(1)), scope_name LowCardinality(String),
    dedupe_key String CODEC(ZSTD(1)),
    INDEX by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = ReplacingMergeTree PARTITION BY {_MONTH.format("time_ns")} ORDER BY (project, time_ns, dedupe_key)
SETTINGS {_DURABLE}"""

_METRIC_ROWS: Final = f"""
CREATE TABLE IF NOT EXISTS metric_rows (
    project LowCardinality(String), time_ns Int64 CODEC(Delta, ZSTD(1)), start_ns Int64 CODEC(Delta, ZSTD(1)),
    name LowCardinality(String), type LowCardinality(String), unit LowCardinality(String),
    temporality LowCardinality(String), monotonic UInt8, value Nullable(Float64), count Nullable(Int64),
    sum Nullable(Float64), buckets String CODEC(ZSTD(1)), attributes String CODEC(ZSTD(1)),
    resource String CODEC(ZSTD(1)), scope_name LowCardinality(String), dedupe_key String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree PARTITION BY {_MONTH.format("time_ns")} ORDER BY (project, name, time_ns, dedupe_key)
SETTINGS {_DURABLE}"""

_SETTINGS_SINCE: Final = f"ALTER TABLE span_rows MODIFY SETTING {_WIDE}, {_FEWER_MERGES}"

STEPS: Final[tuple[tuple[int, str], ...]] = (
    (1, _SPAN_ROWS),
    (2, _TRACE_INDEX),
    (3, _TRACE_INDEX_FEED),
    (4, _SCORE_ROWS),
    (5, _LOG_ROWS),
    (6, _METRIC_ROWS),
    (7, _SETTINGS_SINCE),
)
"""Numbered statements, each safe to repeat: a crash between running one and recording it runs it again."""

STEPS_TABLE: Final = (
    f"CREATE TABLE IF NOT EXISTS schema_steps (step UInt32) ENGINE = MergeTree ORDER BY step SETTINGS {_DURABLE}"
)
