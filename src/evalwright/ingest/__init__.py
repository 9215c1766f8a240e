"""The intake: OTLP requests in, durable canonical spans out. ``ingest.http`` and ``ingest.grpc`` are its doors."""

from __future__ import annotations

from evalwright.ingest.counters import IntakeCounters
from evalwright.ingest.intake import Intake, IntakeResult
from evalwright.ingest.limits import IntakeLimits

__all__ = ["Intake", "IntakeCounters", "IntakeLimits", "IntakeResult"]
