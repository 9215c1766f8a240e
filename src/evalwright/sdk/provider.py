"""The tracer provider of the host program: joined where there is one, made where there is none."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final, Protocol, cast, runtime_checkable

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider

_MAX_ATTRIBUTES: Final = 4_000  # a long conversation is many attributes; OpenTelemetry's default is 128
_log = logging.getLogger(__name__)


@runtime_checkable
class Provider(Protocol):
    """What spans can be taken from: OpenTelemetry's own provider, or another library's around it."""

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """Lets a processor see every span."""


def provider_of(attributes: Mapping[str, str]) -> Provider | None:
    """Returns the provider in force, else a new one with these resource attributes.

    None, with a warning in the log, when another library's provider is in force that shows nobody its spans.
    """
    existing = trace.get_tracer_provider()
    if isinstance(existing, Provider):
        _warn_of_lost_attributes(existing, attributes)
        return existing
    if not isinstance(existing, trace.ProxyTracerProvider):
        kind = f"{type(existing).__module__}.{type(existing).__qualname__}"
        _log.warning("evalwright: spans cannot be sent: the tracer provider %s takes no span processors", kind)
        return None
    limits = SpanLimits(max_span_attributes=_MAX_ATTRIBUTES)
    made = TracerProvider(resource=Resource.create(dict(attributes)), span_limits=limits)
    trace.set_tracer_provider(made)
    return made


def _warn_of_lost_attributes(provider: Provider, wanted: Mapping[str, str]) -> None:
    resource = cast("Resource | None", getattr(provider, "resource", None))
    known = resource.attributes if resource else {}
    lost = sorted(key for key, value in wanted.items() if known.get(key) != value)
    if lost:
        _log.warning("evalwright: %s cannot be set: a tracer provider is in force already", ", ".join(lost))
