"""Values that senders encode as bytes: JSON is stored as the text it is, anything else as base64."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from evalwright.ingest.protobuf import decode_protobuf


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (b'{"messages":[]}', '{"messages":[]}'),
        ('["ä"]'.encode(), '["ä"]'),
        (b'"said"', '"said"'),
        (b"{\xff", "e/8="),
        (b"\x01\x02", "AQI="),
        (b"plain", "cGxhaW4="),
        (b"", ""),
    ],
)
def test_json_sent_as_bytes_over_protobuf_is_text(sent: bytes, stored: str) -> None:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"1" * 16, span_id=b"2" * 8, name="step")
    span.attributes.add(key="gen_ai.prompt").value.bytes_value = sent
    (decoded,) = decode_protobuf(request.SerializeToString(), max_value_chars=1_000, now_ns=10**18).spans
    assert decoded.attributes == {"gen_ai.prompt": stored}
