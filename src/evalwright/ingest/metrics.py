"""OTLP metric bodies to the rows that ``SpanWriter.write_metrics`` stores: one row for every data point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from evalwright.ingest.document import attributes, child, children, double, enum, integer, items, text
from evalwright.ingest.json import load_signal, read_resource
from evalwright.ingest.logs import ProjectOf, content_key
from evalwright.ingest.repairs import Repairs
from evalwright.ingest.rows import DecodedRows, fold_broken
from evalwright.ingest.validate import fix_time
from evalwright.ingest.wire import METRICS, parse_document

_TYPES: Final = {
    "gauge": "gauge",
    "sum": "sum",
    "histogram": "histogram",
    "exponentialHistogram": "exponential_histogram",
    "summary": "summary",
}
_TEMPORALITIES: Final = ("UNSPECIFIED", "DELTA", "CUMULATIVE")
_INTEGERS: Final = ("scale", "zeroCount")
_NUMBERS: Final = ("min", "max", "zeroThreshold")
_RANGES: Final = ("positive", "negative")


@dataclass(frozen=True, slots=True)
class _Series:
    """What all points of one metric share."""

    resource: dict[str, Any]
    scope_name: str
    name: str
    type: str
    unit: str
    temporality: str
    monotonic: bool


def decode_metrics(
    body: bytes, *, is_json: bool, max_value_chars: int, now_ns: int, project_of: ProjectOf
) -> DecodedRows:
    """Returns a row for every data point of an ExportMetricsServiceRequest.

    Raises:
        InvalidInput: the body cannot be read at all, or belongs to another endpoint.
    """
    document = load_signal(body, "resourceMetrics") if is_json else parse_document(body, METRICS)
    decoded = DecodedRows(Repairs(max_value_chars))
    for resource_metrics in fold_broken(document, "resourceMetrics", decoded):
        resource, _ = read_resource(resource_metrics, decoded.repairs)
        for scope_metrics in fold_broken(resource_metrics, "scopeMetrics", decoded):
            scope = text(child(scope_metrics, "scope", decoded.repairs), "name", decoded.repairs)
            for metric in fold_broken(scope_metrics, "metrics", decoded):
                _read_metric(metric, resource, scope, decoded, now_ns, project_of)
    return decoded.finish()


def _read_metric(
    metric: Mapping[str, Any],
    resource: dict[str, Any],
    scope: str,
    decoded: DecodedRows,
    now_ns: int,
    project_of: ProjectOf,
) -> None:
    repairs = decoded.repairs
    for member in _TYPES:
        if member not in metric:
            continue
        data = child(metric, member, repairs)
        series = _Series(
            resource,
            scope,
            text(metric, "name", repairs),
            _TYPES[member],
            text(metric, "unit", repairs),
            _temporality(data, repairs),
            data.get("isMonotonic") is True,
        )
        for point in fold_broken(data, "dataPoints", decoded):
            decoded.rows.append(_row(point, series, repairs, now_ns, project_of))


def _temporality(data: Mapping[str, Any], repairs: Repairs) -> str:
    number = enum(data, "aggregationTemporality", "AGGREGATION_TEMPORALITY_", _TEMPORALITIES, repairs)
    return _TEMPORALITIES[number].lower() if number in (1, 2) else ""


def _row(
    point: Mapping[str, Any], series: _Series, repairs: Repairs, now_ns: int, project_of: ProjectOf
) -> dict[str, Any]:
    read = attributes(point, "attributes", repairs)
    time_ns = fix_time(integer(point, "timeUnixNano", repairs), repairs)
    start_ns = fix_time(integer(point, "startTimeUnixNano", repairs), repairs)
    row = {
        "project": project_of(series.resource, read),
        "start_ns": start_ns or time_ns or now_ns,
        "name": series.name,
        "type": series.type,
        "unit": series.unit,
        "temporality": series.temporality,
        "monotonic": series.monotonic,
        "value": _value(point, repairs),
        "count": integer(point, "count", repairs) if "count" in point else None,
        "sum": double(point, "sum", repairs),
        "buckets": _buckets(point, repairs),
        "attributes": read,
        "resource": series.resource,
        "scope_name": series.scope_name,
    }
    key = content_key(time_ns, start_ns, {name: value for name, value in row.items() if name != "start_ns"})
    return {**row, "time_ns": time_ns or now_ns, "dedupe_key": key}


def _value(point: Mapping[str, Any], repairs: Repairs) -> float | None:
    if "asInt" in point:
        return float(integer(point, "asInt", repairs))
    return double(point, "asDouble", repairs)


def _buckets(point: Mapping[str, Any], repairs: Repairs) -> str:
    read: dict[str, Any] = _counts(point, repairs)
    if "explicitBounds" in point:
        read["explicitBounds"] = _doubles(point, "explicitBounds", repairs)
    read |= {name: integer(point, name, repairs) for name in _INTEGERS if name in point}
    read |= {name: double(point, name, repairs) for name in _NUMBERS if name in point}
    for name in _RANGES:
        if one := child(point, name, repairs):
            read[name] = {"offset": integer(one, "offset", repairs), **_counts(one, repairs)}
    if "quantileValues" in point:
        read["quantileValues"] = [
            {"quantile": double(one, "quantile", repairs), "value": double(one, "value", repairs)}
            for one in children(point, "quantileValues", repairs)
        ]
    return msgspec.json.encode(read).decode() if read else ""


def _counts(owner: Mapping[str, Any], repairs: Repairs) -> dict[str, Any]:
    # Counts come as text in JSON and as numbers in protobuf; numbers are stored.
    if "bucketCounts" not in owner:
        return {}
    return {"bucketCounts": [integer({"count": one}, "count", repairs) for one in items(owner, "bucketCounts")]}


def _doubles(owner: Mapping[str, Any], name: str, repairs: Repairs) -> list[float | None]:
    return [double({"value": one}, "value", repairs) for one in items(owner, name)]
