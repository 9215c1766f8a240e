"""OTLP log bodies to the rows that ``SpanWriter.write_logs`` stores."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from evalwright.ingest.document import attributes, body_value, child, enum, hex_id, integer, text
from evalwright.ingest.json import load_signal, read_resource
from evalwright.ingest.repairs import Repairs
from evalwright.ingest.rows import DecodedRows, fold_broken
from evalwright.ingest.validate import fix_time, reject_reason
from evalwright.ingest.wire import LOGS, parse_document

_SESSION_KEYS: Final = ("session.id", "gen_ai.conversation.id", "conversation.id")
_EVENT_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+\Z")
_LEVELS: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_SEVERITIES: Final = (
    "UNSPECIFIED",
    *(level + suffix for level in _LEVELS for suffix in ("", "2", "3", "4")),
)

ProjectOf = Callable[[Mapping[str, Any], Mapping[str, Any]], str]
"""Chooses the project of a row from its resource and attributes."""


def decode_logs(body: bytes, *, is_json: bool, max_value_chars: int, now_ns: int, project_of: ProjectOf) -> DecodedRows:
    """Returns a row for every log record of an ExportLogsServiceRequest.

    Raises:
        InvalidInput: the body cannot be read at all, or belongs to another endpoint.
    """
    document = load_signal(body, "resourceLogs") if is_json else parse_document(body, LOGS)
    decoded = DecodedRows(Repairs(max_value_chars))
    for resource_logs in fold_broken(document, "resourceLogs", decoded):
        resource, _ = read_resource(resource_logs, decoded.repairs)
        for scope_logs in fold_broken(resource_logs, "scopeLogs", decoded):
            scope = text(child(scope_logs, "scope", decoded.repairs), "name", decoded.repairs)
            for record in fold_broken(scope_logs, "logRecords", decoded):
                decoded.rows.append(_row(record, resource, scope, decoded.repairs, now_ns, project_of))
    return decoded.finish()


def content_key(*parts: Any) -> str:
    """Returns a digest that equal contents share; it makes a repeated delivery recognisable."""
    return hashlib.blake2b(msgspec.json.encode(parts, order="sorted"), digest_size=16).hexdigest()


def _row(
    record: Mapping[str, Any],
    resource: dict[str, Any],
    scope: str,
    repairs: Repairs,
    now_ns: int,
    project_of: ProjectOf,
) -> dict[str, Any]:
    read = attributes(record, "attributes", repairs)
    body = body_value(record, "body", repairs)
    sent_ns = fix_time(integer(record, "timeUnixNano", repairs), repairs)
    observed_ns = fix_time(integer(record, "observedTimeUnixNano", repairs), repairs)
    trace_id, span_id = _ids(record)
    event_name = _event_name(text(record, "eventName", repairs), read, body)
    project, severity = project_of(resource, read), _severity(record, repairs)
    said = (trace_id, span_id, event_name, severity, body, read)
    key = content_key(project, resource, scope, sent_ns, observed_ns, *said)
    return {
        "project": project,
        "time_ns": sent_ns or observed_ns or now_ns,
        "observed_ns": observed_ns or sent_ns or now_ns,
        "trace_id": trace_id,
        "span_id": span_id,
        "session_id": next((str(read[key]) for key in _SESSION_KEYS if read.get(key)), ""),
        "event_name": event_name,
        "severity": severity,
        "body": _body_text(body),
        "attributes": read,
        "resource": resource,
        "scope_name": scope,
        "dedupe_key": key,
    }


def _ids(record: Mapping[str, Any]) -> tuple[str, str]:
    # Without both ids a record belongs to no span, which is no fault; a trace id alone still says which trace.
    trace_id, span_id = hex_id(record, "traceId"), hex_id(record, "spanId")
    if reject_reason(trace_id, "f" * 16):
        return "", ""
    return trace_id, "" if reject_reason(trace_id, span_id) else span_id


def _event_name(given: str, read: Mapping[str, Any], body: Any) -> str:
    # Newest form first: the field, then the attribute of older SDKs, then the name in the body.
    if given:
        return given
    if isinstance(attribute := read.get("event.name"), str) and attribute:
        return attribute
    return body if isinstance(body, str) and len(body) <= 128 and _EVENT_NAME.match(body) else ""


def _severity(record: Mapping[str, Any], repairs: Repairs) -> str:
    if given := text(record, "severityText", repairs):
        return given
    number = enum(record, "severityNumber", "SEVERITY_NUMBER_", _SEVERITIES, repairs)
    return _SEVERITIES[number] if 1 <= number < len(_SEVERITIES) else ""


def _body_text(body: Any) -> str:
    if body is None:
        return ""
    return body if isinstance(body, str) else msgspec.json.encode(body).decode()
