"""Conventions of agent traces: any dialect of attributes in, one canonical span and its content out."""

from evalwright.semconv.log_events import event_of_log, with_log_events
from evalwright.semconv.normaliser import is_pending, normalise
from evalwright.semconv.previews import preview, words
from evalwright.semconv.projects import project_of
from evalwright.semconv.span_content import content
from evalwright.semconv.wrappers import is_counted_call, mark_wrappers

__all__ = [
    "content",
    "event_of_log",
    "is_counted_call",
    "is_pending",
    "mark_wrappers",
    "normalise",
    "preview",
    "project_of",
    "with_log_events",
    "words",
]
