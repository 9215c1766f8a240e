"""Ingest of 5 KB spans: from the first byte sent until every span answers a query, over HTTP and gRPC.

The server runs on one core of its own, the senders on the others. In the same run two floors are measured on the same
bodies: only parsing them (upb), and parsing plus one JSON row a span into SQLite with a commit a request. Prints
spans/s, server CPU a thousand spans, peak RSS, and how ingest and reads fare once half a million spans are stored.

Usage: ./dev bench ingest (--spans 50000 --prefill 500000)
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import httpx2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PER_REQUEST = 500
PER_TRACE = 20
WORDS = ("refund", "order", "shipment", "policy", "agent", "customer", "tool", "latency", "invoice", "answer", "usage")


def build_request(rng: random.Random, start_ns: int, count: int = PER_REQUEST) -> bytes:
    """Returns one protobuf body of ``count`` OpenInference spans of about 5 KB, one LLM call in four."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    set_text(resource_spans.resource, "service.name", "bench")
    scope = resource_spans.scope_spans.add()
    scope.scope.name = "openinference.instrumentation.bench"
    for index in range(count):
        if index % PER_TRACE == 0:
            trace_id, root = rng.randbytes(16), rng.randbytes(8)
        span = scope.spans.add(trace_id=trace_id, span_id=rng.randbytes(8), name=f"step_{index % 12}", kind=1)
        if index % PER_TRACE == 0:
            span.span_id = root
        else:
            span.parent_span_id = root
        span.start_time_unix_nano = start_ns + index * 1_000_000
        span.end_time_unix_nano = span.start_time_unix_nano + rng.randrange(10**6, 10**9)
        fill(span, rng, index)
    return request.SerializeToString()


def fill(span, rng: random.Random, index: int) -> None:
    kind = ("LLM", "TOOL", "CHAIN", "RETRIEVER")[index % 4]
    set_text(span, "openinference.span.kind", kind)
    set_text(span, "input.value", text(rng, 2000))
    set_text(span, "output.value", text(rng, 1500))
    set_text(span, "session.id", f"session-{rng.randrange(5000)}")
    set_text(span, "tenant.id", f"tenant-{rng.randrange(50)}")
    for number in range(4):
        set_text(span, f"app.note.{number}", text(rng, 200))
    if kind == "LLM":
        set_text(span, "llm.model_name", rng.choice(("gpt-5", "claude-sonnet-4-5")))
        span.attributes.add(key="llm.token_count.prompt").value.int_value = rng.randrange(50, 4000)
        span.attributes.add(key="llm.token_count.completion").value.int_value = rng.randrange(1, 900)


def set_text(holder, key: str, value: str) -> None:
    holder.attributes.add(key=key).value.string_value = value


def text(rng: random.Random, size: int) -> str:
    return " ".join(rng.choices(WORDS, k=size // 7)) + f" id{rng.randrange(10**9)}"


class Server:
    """The real server in a process of its own, on one core."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port, self.grpc_port = port, port + 1
        env = {**os.environ, "EVALWRIGHT_DATA": str(folder), "EVALWRIGHT_LOG_LEVEL": "warning"}
        command = [sys.executable, "-m", "evalwright", "serve", "--port", str(port), "--grpc-port", str(port + 1)]
        started = time.perf_counter()
        self.process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
        if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(self.process.pid, {0})
            os.sched_setaffinity(0, set(range(1, os.cpu_count() or 2)))
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120)
        self.wait_ready()
        self.ready_s = time.perf_counter() - started

    def wait_ready(self) -> None:
        for _ in range(1200):
            try:
                if self.client.get("/readyz").status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            time.sleep(0.02)
        raise SystemExit("the server did not become ready")

    def count(self, project: str) -> int:
        query = {"query": f"select count() from spans where project = '{project}'"}
        return int(self.client.post("/api/v1/sql", json=query).json()["rows"][0][0])

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self, key: str = "VmRSS") -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(f"{key}:")[1].split()[0]) // 1024

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def send_http(server: Server, bodies: list[bytes], project: str) -> None:
    headers = {"content-type": "application/x-protobuf", "x-evalwright-project": project}

    def post(body: bytes) -> None:
        for _ in range(100):
            answer = server.client.post("/v1/traces", content=body, headers=headers)
            if answer.status_code != 503 and answer.status_code != 429:
                break
            time.sleep(0.1)
        answer.raise_for_status()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(post, bodies))


def send_grpc(server: Server, bodies: list[bytes], project: str) -> None:
    channel = grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}", [("grpc.max_send_message_length", -1)])
    export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
    metadata = (("x-evalwright-project", project),)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda body: export(body, metadata=metadata, timeout=120), bodies))
    channel.close()


def measure(server: Server, name: str, send, spans: int, seed: int) -> float:
    rng = random.Random(seed)
    bodies = [build_request(rng, time.time_ns() - 3600 * 10**9 + i * 10**9) for i in range(spans // PER_REQUEST)]
    size = sum(map(len, bodies)) / spans
    cpu, started = server.cpu_s(), time.perf_counter()
    send(server, bodies, name)
    while server.count(name) < spans:
        time.sleep(0.01)
    elapsed = time.perf_counter() - started
    cpu = server.cpu_s() - cpu
    print(
        f"{name:<28} {spans / elapsed:>9,.0f} spans/s  {size / 1024:.1f} KB a span  "
        f"server CPU {cpu / spans * 1000:.3f} s a 1,000 spans  RSS {server.rss_mb()} MB",
        flush=True,
    )
    return spans / elapsed


def floors(spans: int) -> dict[str, float]:
    rng = random.Random(1)
    bodies = [build_request(rng, time.time_ns()) for _ in range(spans // PER_REQUEST)]
    started = time.perf_counter()
    for body in bodies:
        ExportTraceServiceRequest.FromString(body)
    parse = spans / (time.perf_counter() - started)
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "floor.db")
        database.execute("pragma journal_mode=wal")
        database.execute("create table spans (trace_id text, span_id text primary key, name text, data text)")
        started = time.perf_counter()
        for body in bodies:
            for scope in ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans:
                for span in scope.spans:
                    data = json.dumps({a.key: a.value.string_value for a in span.attributes})
                    row = (span.trace_id.hex(), span.span_id.hex(), span.name, data)
                    database.execute("insert into spans values (?, ?, ?, ?)", row)
            database.commit()
        rows = spans / (time.perf_counter() - started)
    return {"upb parse only": parse, "parse + SQLite JSON rows": rows}


def reads(server: Server, project: str) -> None:
    trace = server.client.get("/api/v1/traces", params={"project": project, "limit": 1}).json()["items"][0]["trace_id"]
    calls = {
        "newest traces page": ("/api/v1/traces", {"project": project, "limit": 50}),
        "one trace, tree": (f"/api/v1/traces/{trace}", {"project": project}),
        "one trace, all attributes": (f"/api/v1/traces/{trace}/spans", {"project": project}),
        "typed filter": ("/api/v1/spans", {"project": project, "filter": 'kind == "LLM" and latency_ms > 900'}),
        "attribute filter": ("/api/v1/spans", {"project": project, "filter": 'attr("tenant.id") == "tenant-7"'}),
        "substring in input": ("/api/v1/spans", {"project": project, "filter": 'input ~ "id12345"'}),
    }
    for name, (path, params) in calls.items():
        times = []
        for _ in range(15):
            started = time.perf_counter()
            server.client.get(path, params=params).raise_for_status()
            times.append((time.perf_counter() - started) * 1000)
        times.sort()
        print(f"{name:<28} p50 {statistics.median(times):7.1f} ms   worst of 15 {times[-1]:7.1f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--spans", type=int, default=50_000)
    parser.add_argument("--prefill", type=int, default=500_000)
    parser.add_argument("--port", type=int, default=24318)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    floor = floors(min(options.spans, 20_000))
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), options.port)
        try:
            print(f"ready in {server.ready_s:.2f} s, idle RSS {server.rss_mb()} MB")
            empty = {
                "HTTP": measure(server, "http-empty", send_http, options.spans, 2),
                "gRPC": measure(server, "grpc-empty", send_grpc, options.spans, 3),
            }
            for step in range(options.prefill // 50_000):
                measure(server, "prefill" if step == 0 else f"prefill-{step}", send_http, 50_000, 10 + step)
            full = {
                "HTTP": measure(server, "http-full", send_http, options.spans, 4),
                "gRPC": measure(server, "grpc-full", send_grpc, options.spans, 5),
            }
            reads(server, "http-full")
            print(f"peak RSS {server.rss_mb('VmHWM')} MB")
        finally:
            server.stop()
    for name, rate in floor.items():
        print(f"floor: {name:<26} {rate:>9,.0f} spans/s")
    for protocol, rate in empty.items():
        print(
            f"{protocol}: {full[protocol] / rate:.2f} of the empty store's rate when full; "
            f"{full[protocol] / floor['parse + SQLite JSON rows']:.2f} x the SQLite floor; "
            f"{full[protocol] / floor['upb parse only']:.3f} x bare parsing"
        )


if __name__ == "__main__":
    main()
