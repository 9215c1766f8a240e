"""The exporters of the OpenTelemetry Python SDK send to the server as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from running_server import RunningServer, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("exporters") / "data") as running:
        yield running


def exporter_of(kind: str, server: RunningServer) -> Any:
    project = {"x-evalwright-project": kind}
    if kind == "http":
        return HttpExporter(endpoint=f"{server.url}/v1/traces", compression=Compression.Gzip, headers=project)
    compression = grpc.Compression.Gzip
    return GrpcExporter(endpoint=server.grpc, insecure=True, compression=compression, headers=tuple(project.items()))


@pytest.mark.parametrize("kind", ["http", "grpc"])
def test_spans_of_the_official_exporter_arrive_as_they_were_recorded(server: RunningServer, kind: str) -> None:
    provider = TracerProvider(resource=Resource({"service.name": "shop", "deployment.environment": "test"}))
    provider.add_span_processor(BatchSpanProcessor(exporter_of(kind, server)))
    tracer = provider.get_tracer("journey", "1.0")
    with tracer.start_as_current_span("agent") as root:
        for number in range(20):
            with tracer.start_as_current_span(f"call {number}", attributes={"gen_ai.request.model": "gpt-4o"}) as call:
                call.add_event("token", {"n": number})
    provider.shutdown()

    trace = f"{root.get_span_context().trace_id:032x}"
    tree = server.get(f"/traces/{trace}", project=kind)
    assert tree["summary"]["span_count"] == 21
    assert {node["parent_span_id"] for node in tree["nodes"][1:]} == {tree["summary"]["root_span_id"]}
    spans = {each["name"]: each for each in server.get(f"/traces/{trace}/spans", project=kind)["items"]}
    assert spans["call 7"]["events"][0]["attributes"] == {"n": 7}
    assert spans["call 7"]["resource"]["service.name"] == "shop"
    assert spans["call 7"]["scope_version"] == "1.0"
