"""Bad and hostile requests over real sockets: a clear answer each, and the next good request works."""

from __future__ import annotations

import gzip
import os
import random
import zlib
from collections.abc import Iterator
from contextlib import suppress

import grpc
import httpx2
import pytest
from intake_kit import (
    JSON,
    PROTOBUF,
    Doors,
    MemoryWriter,
    as_json,
    body_of,
    field_bytes,
    open_doors,
    otlp_span,
    peak_mib,
    request_of,
    restart_peak_mib,
    running_intake,
)

from evalwright.domain.errors import InvalidInput, TooLarge, UnsupportedType
from evalwright.ingest import IntakeLimits
from evalwright.ingest.inflate import inflate
from evalwright.ingest.pipeline import decode_traces

MIB = 1 << 20
TRACES_METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@pytest.fixture
def writer() -> MemoryWriter:
    return MemoryWriter()


@pytest.fixture
def doors(writer: MemoryWriter) -> Iterator[Doors]:
    with running_intake(writer) as intake, open_doors(intake) as opened:
        yield opened
        good = post(opened, body_of(otlp_span(77)))
        assert good.status_code == 200
        assert "step 77" in writer.names


def post(doors: Doors, body: bytes, content_type: str = PROTOBUF, **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    headers = {"content-type": content_type, **named}
    return httpx2.post(f"{doors.http}/v1/traces", content=body, headers=headers, timeout=60)


def gigabyte_bomb() -> bytes:
    pack = zlib.compressobj(9, wbits=31)
    block = bytes(MIB)
    return b"".join(pack.compress(block) for _ in range(1024)) + pack.flush()


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return gigabyte_bomb()


def test_a_bomb_is_413_and_costs_no_more_than_the_limit(doors: Doors, bomb: bytes) -> None:
    assert len(bomb) < 1.1 * MIB
    before = restart_peak_mib()
    assert post(doors, bomb, content_encoding="gzip").status_code == 413
    assert peak_mib() - before < 200


def test_a_bomb_over_grpc_is_resource_exhausted_and_not_retryable(doors: Doors) -> None:
    body = bytes(256 * MIB)
    before = restart_peak_mib()
    with grpc.insecure_channel(doors.grpc, options=[("grpc.max_send_message_length", -1)]) as channel:
        call = channel.unary_unary(TRACES_METHOD).future(body, timeout=60, compression=grpc.Compression.Gzip)
        assert call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "grpc-status-details-bin" not in dict(call.trailing_metadata() or ())
    assert peak_mib() - before < 600, "the client in this process holds twice the body; the server must not"


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b"x" * 999)[:-9], gzip.compress(b"x")[:12], b""])
def test_wrong_or_cut_gzip_is_400(doors: Doors, body: bytes) -> None:
    assert post(doors, body, content_encoding="gzip").status_code == 400


def test_gzip_with_a_flipped_bit_is_400(doors: Doors) -> None:
    packed = bytearray(gzip.compress(os.urandom(500)))
    packed[200] ^= 0x10
    assert post(doors, bytes(packed), content_encoding="gzip").status_code == 400


def test_random_protobuf_is_400(doors: Doors) -> None:
    source = random.Random(7)
    for _ in range(50):
        assert post(doors, source.randbytes(source.randrange(1, 400))).status_code == 400


def test_protobuf_cut_anywhere_never_breaks_the_server(doors: Doors, writer: MemoryWriter) -> None:
    body = body_of(otlp_span(1, attributes={"a": "x", "b": {"c": [1, 2]}}))
    statuses = {post(doors, body[:cut]).status_code for cut in range(1, len(body), 3)}
    assert statuses == {400}
    assert writer.names == []


def test_a_body_of_fifty_megabytes_is_taken(doors: Doors, writer: MemoryWriter) -> None:
    spans = [otlp_span(number, attributes={"big": "x" * (5 * MIB)}) for number in range(1, 11)]
    body = body_of(*spans)
    assert len(body) > 50_000_000
    assert post(doors, body).status_code == 200
    assert len(writer.spans) == 10
    assert all(len(span.attributes["big"]) == 5 * MIB and not span.flags for span in writer.spans.values())
    with grpc.insecure_channel(doors.grpc, options=[("grpc.max_send_message_length", -1)]) as channel:
        assert channel.unary_unary(TRACES_METHOD)(body, timeout=60) == b""


def test_a_body_over_the_limit_is_413_announced_or_chunked(doors: Doors) -> None:
    body = bytes(65 * MIB)
    with suppress(httpx2.WriteError):  # the server may close before all of it is sent
        assert post(doors, body).status_code == 413
    answer = httpx2.post(
        f"{doors.http}/v1/traces",
        content=(bytes(MIB) for _ in range(65)),
        headers={"content-type": PROTOBUF},
        timeout=60,
    )
    assert answer.status_code == 413


def test_faults_in_one_span_leave_its_neighbours(doors: Doors, writer: MemoryWriter) -> None:
    good, bad = otlp_span(1), otlp_span(2, attributes={"text": "XXXX", "number": float("nan")})
    body = request_of(good, bad).SerializeToString().replace(b"XXXX", b"\xff\xfe\xfd\xfc")
    assert post(doors, body).status_code == 200
    assert post(doors, as_json(request_of(otlp_span(3))).replace(b'"step 3"', b'"\\ud800"'), JSON).status_code == 200
    assert writer.names == ["step 1", "step 2", "\ufffd"]


def test_zero_ids_cost_only_their_span(doors: Doors, writer: MemoryWriter) -> None:
    assert post(doors, body_of(otlp_span(1), otlp_span(0))).status_code == 200
    assert writer.names == ["step 1"]


def test_spans_without_ids_are_400_with_a_hint(doors: Doors) -> None:
    body = as_json(request_of(otlp_span(1, trace_id=b"", span_id=b"")))
    answer = post(doors, body, JSON)
    assert answer.status_code == 400
    assert "/v1/logs" in answer.json()["message"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-gzip"])
@pytest.mark.parametrize("size", [0, 1, 999, 1000])
def test_inflating_stops_exactly_at_the_limit(encoding: str, size: int) -> None:
    pack = zlib.compress if encoding == "deflate" else gzip.compress
    assert inflate(pack(bytes(size)), encoding, limit=1000) == bytes(size)
    with pytest.raises(TooLarge):
        inflate(pack(bytes(1001)), encoding, limit=1000)


def test_all_members_of_a_gzip_file_count() -> None:
    body = gzip.compress(b"a" * 600) + gzip.compress(b"b" * 400)
    assert inflate(body, "gzip", limit=1000) == b"a" * 600 + b"b" * 400
    with pytest.raises(TooLarge):
        inflate(body, "gzip", limit=999)


def test_many_empty_members_are_refused() -> None:
    with pytest.raises(InvalidInput, match="members"):
        inflate(gzip.compress(b"") * 10_001, "gzip", limit=1 << 20)


def test_raw_deflate_is_understood() -> None:
    pack = zlib.compressobj(wbits=-15)
    body = pack.compress(b"hello hello hello") + pack.flush()
    assert inflate(body, "deflate", limit=1000) == b"hello hello hello"


def test_an_unknown_encoding_is_named() -> None:
    with pytest.raises(UnsupportedType, match="br"):
        inflate(b"", "br", limit=10)


WHOLE_SPAN = field_bytes(1, bytes(15) + b"\1") + field_bytes(2, bytes(7) + b"\1")
SWARMS = {
    "resources": b"\x0a\x00" * (4 * MIB),
    "spans": field_bytes(1, field_bytes(2, b"\x12\x00" * (4 * MIB))),
    "attributes": field_bytes(1, field_bytes(2, field_bytes(2, WHOLE_SPAN + b"\x4a\x00" * (8 * MIB)))),
    "attributes, leniently": field_bytes(
        1, field_bytes(2, field_bytes(2, WHOLE_SPAN + field_bytes(5, b"\xff") + b"\x4a\x00" * (2 * MIB)))
    ),
    "json": b'{"resourceSpans":[' + b"{}," * (3 * MIB) + b"{}]}",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SWARMS)
def test_millions_of_empty_records_are_413_before_they_fill_the_memory(name: str) -> None:
    kind = JSON if name == "json" else PROTOBUF
    before = restart_peak_mib()
    with pytest.raises(TooLarge):
        decode_traces(SWARMS[name], kind, IntakeLimits(), 1)
    assert peak_mib() - before < 600
