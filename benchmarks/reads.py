"""Reads at scale: writes N spans through the real writer, then times every read.

    python benchmarks/reads.py [SPANS] [--folder DIR] [--batch 5000] [--runs 15]

Prints write cost (wall and CPU per span, merges included) and p50/p95 of each read, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from evalwright.domain.score import Score, Target
from evalwright.domain.span import CostSource, Span, SpanKind, SpanStatus
from evalwright.ports.spans import AggregateQuery, ListQuery, ScoreQuery, Window
from evalwright.storage.spans import SpanDatabase, embedded_span_store

BASE_NS = 1_790_000_000 * 10**9
SPANS_PER_TRACE = 20
KINDS = (SpanKind.LLM, SpanKind.TOOL, SpanKind.CHAIN, SpanKind.AGENT, SpanKind.RETRIEVER)


class Corpus:
    """Spans of about 4 KB with a Zipf vocabulary; the same seed gives the same spans."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        letters = "abcdefghijklmnopqrstuvwxyz"
        vocabulary = ["".join(self._random.choices(letters, k=self._random.randint(3, 9))) for _ in range(20_000)]
        weights = [1 / (rank + 1) for rank in range(len(vocabulary))]
        self._words = self._random.choices(vocabulary, weights=weights, k=300_000)

    def text(self, words: int) -> str:
        at = self._random.randrange(len(self._words) - words)
        return " ".join(self._words[at : at + words])

    def batch(self, size: int, number: int) -> list[Span]:
        spans = []
        for index in range(size):
            if index % SPANS_PER_TRACE == 0:
                trace_id, root = f"{self._random.getrandbits(128):032x}", ""
            span = self._span(trace_id, root, number * size + index)
            root = root or span.span_id
            spans.append(span)
        return spans

    def _span(self, trace_id: str, root: str, index: int) -> Span:
        rnd = self._random
        kind = rnd.choice(KINDS)
        llm = kind is SpanKind.LLM
        start = BASE_NS + index * 50_000_000 + rnd.randint(0, 10**7)
        text, answer = f"{self.text(200)} id{rnd.randint(0, 10**6)}", self.text(150)
        attributes = {
            "tenant.id": f"acme{rnd.randint(0, 50)}",
            "gen_ai.request.temperature": rnd.random(),
            "openinference.span.kind": kind.value,
            "input.value": text,
            "output.value": answer,
            "http.status": 200,
            "cached": rnd.random() < 0.5,
            "metadata": json.dumps({"note": self.text(60), "n": index}),
        }
        return Span(
            project="bench",
            trace_id=trace_id,
            span_id=f"{rnd.getrandbits(64):016x}",
            parent_span_id=root,
            name=f"step{rnd.randint(0, 30)}",
            kind=kind,
            start_ns=start,
            end_ns=start + rnd.randint(10**6, 10**10),
            status=SpanStatus.ERROR if rnd.random() < 0.03 else SpanStatus.OK,
            session_id=f"s{int(trace_id[:6], 16) % 5_000}",
            user_id=f"u{int(trace_id[:6], 16) % 500}",
            model=rnd.choice(("gpt-5", "claude")) if llm else "",
            input_tokens=rnd.randint(1, 5_000) if llm else None,
            output_tokens=rnd.randint(1, 500) if llm else None,
            cost=rnd.random() / 100 if llm else None,
            cost_source=CostSource.COMPUTED if llm else CostSource.NONE,
            input=text,
            output=answer,
            attributes=attributes,
            resource={"service.name": "bench", "telemetry.sdk.language": "python"},
            received_ns=start,
        )


def rss_mb() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


def fill(store: SpanDatabase, count: int, batch: int) -> list[Span]:
    """Writes ``count`` spans; returns the first batch, whose ids the reads use."""
    corpus = Corpus()
    wall = cpu = 0.0
    latencies: list[float] = []
    first: list[Span] = []
    for number in range(count // batch):
        spans = corpus.batch(batch, number)
        first = first or spans
        began, burned = time.perf_counter(), time.process_time()
        store.write_spans(spans)
        latencies.append(time.perf_counter() - began)
        wall += latencies[-1]
        cpu += time.process_time() - burned
        scores = [
            Score(id=f"sc_{span.span_id}", project="bench", target=Target.SPAN, name="faithfulness", value=0.5,
                  trace_id=span.trace_id, span_id=span.span_id, session_id=span.session_id, created_ns=span.end_ns)
            for span in spans[::10]
        ]  # fmt: skip
        store.write_scores(scores)
        if number % 20 == 19:
            tenth = statistics.mean(latencies[-10:]) / batch * 1e6
            print(f"  {(number + 1) * batch:>8} spans: {tenth:.0f} us/span now, rss {rss_mb()} MB", flush=True)
    latencies.sort()
    print(
        f"write: {wall / count * 1e6:.0f} us/span wall, {cpu / count * 1e6:.0f} us/span CPU while writing, "
        f"batch p50 {latencies[len(latencies) // 2] * 1e3:.0f} ms, max {latencies[-1] * 1e3:.0f} ms"
    )
    return first


def reads(store: SpanDatabase, sample: Span) -> Iterator[tuple[str, Callable[[], object]]]:
    project = sample.project

    def listed(text: str) -> ListQuery:
        return ListQuery(project=project, filter=text)

    window = Window(start_ns=sample.start_ns, end_ns=sample.start_ns + 3_600 * 10**9)
    typed = 'kind == "LLM" and latency_ms > 9000 and model ~ "claude"'
    yield "traces page", lambda: store.list_traces(listed(""))
    yield "traces page of an hour", lambda: store.list_traces(ListQuery(project=project, window=window))
    yield "traces typed filter", lambda: store.list_traces(listed(typed))
    yield "traces rare filter", lambda: store.list_traces(listed(f'{typed} and name == "step7" and status == "ERROR"'))
    yield "traces by cost", lambda: store.list_traces(ListQuery(project=project, sort="-cost"))
    yield "traces attribute filter", lambda: store.list_traces(listed('attr("tenant.id") == "acme7"'))
    yield "traces score filter", lambda: store.list_traces(listed('score("faithfulness") < 0.6'))
    yield "one trace (tree)", lambda: store.trace_tree(project, sample.trace_id)
    yield "one trace (spans)", lambda: store.trace_spans(project, sample.trace_id)
    yield "one span", lambda: store.trace_spans(project, sample.trace_id, [sample.span_id])
    yield "spans page", lambda: store.list_spans(listed(""))
    yield "spans typed filter", lambda: store.list_spans(listed(typed))
    yield "spans attribute filter", lambda: store.list_spans(listed('attr("tenant.id") == "acme7"'))
    yield "spans input contains", lambda: store.list_spans(listed('input ~ "id77777"'))
    yield "spans input regex", lambda: store.list_spans(listed('input =~ "id7777[0-9]"'))
    yield "sessions page", lambda: store.list_sessions(listed(""))
    day_model = AggregateQuery(project=project, group_by=("day", "model"), metrics=("p95(latency_ms)", "sum(cost)"))
    yield "aggregate by day, model", lambda: store.aggregate(day_model)
    yield "sql count by kind", lambda: store.sql("SELECT kind, count() FROM spans GROUP BY kind", project=project)
    yield "search in trace", lambda: store.search_trace(project, sample.trace_id, "id[0-9]+")
    yield "scores page", lambda: store.list_scores(ScoreQuery(project=project))
    yield "projects", store.list_projects
    yield "status", store.status


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spans", nargs="?", type=int, default=500_000)
    parser.add_argument("--folder", type=Path, help="keep the store here; reads only when it is already filled")
    parser.add_argument("--batch", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="evalwright-reads-"))
    filled = (folder / "chdb").is_dir()
    print(f"rss before {rss_mb()} MB")
    store = embedded_span_store(folder)
    began = time.perf_counter()
    store.open()
    print(f"open {(time.perf_counter() - began) * 1e3:.0f} ms, rss {rss_mb()} MB")
    try:
        first = Corpus().batch(arguments.batch, 0) if filled else fill(store, arguments.spans, arguments.batch)
        began = time.process_time()
        for name, read in reads(store, first[0]):
            read()
            times = []
            for _ in range(arguments.runs):
                began = time.perf_counter()
                read()
                times.append((time.perf_counter() - began) * 1e3)
            times.sort()
            print(
                f"{name:28} p50 {times[len(times) // 2]:7.1f}  p95 {times[int(len(times) * 0.95)]:7.1f} ms", flush=True
            )
        print(f"rss {rss_mb()} MB, {store.status()}")
    finally:
        store.close()
        if arguments.folder is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
