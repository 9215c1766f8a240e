"""What our client and judge add to an HTTP call: 2,000 examples at 50 ms, concurrency 100, against a raw loop.

Usage: ``python benchmarks/harness.py [--examples 2000] [--latency-ms 50] [--concurrency 100] [--openai]``. The floor is
httpx2 with one pooled client and a semaphore; all run against the same scripted server in a process of its own. Figures
are milliseconds an example over the ideal time (examples / concurrency * latency), and their ratio to the floor; on a
busy machine the CPU column is the one to read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

import httpx2

from evalwright.domain.evaluator import Subject
from evalwright.domain.score import Target
from evalwright.evaluators.judge import Judge, parse_rubric
from evalwright.ports.models import ChatRequest
from evalwright.providers import OpenAICompatible
from evalwright.scoring import score_subjects
from evalwright.testing import Call, Reply, ScriptedServer

RUBRIC = """
name: good
target: trace
inputs: {question: input, answer: output}
output: {type: boolean, labels: {true: It is good., false: It is not.}}
"""
VERDICT = json.dumps({"explanation": "It is.", "evidence": [], "label": "true"})
Run = Callable[[str, int, int], Awaitable[None]]


def serve(pipe: Connection, latency_s: float) -> None:
    def script(_call: Call) -> Reply:
        return Reply(text=VERDICT, latency_s=latency_s)

    with ScriptedServer(script, keep_calls=0) as server:
        pipe.send(server.url)
        pipe.recv()


def question(number: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"Is answer {number} good?"}]


async def floor(url: str, examples: int, concurrency: int) -> None:
    slots = asyncio.Semaphore(concurrency)
    limits = httpx2.Limits(max_connections=concurrency)
    async with httpx2.AsyncClient(limits=limits, timeout=30) as client:

        async def one(number: int) -> None:
            async with slots:
                body = {"model": "m", "messages": question(number)}
                answer = await client.post(f"{url}/chat/completions", json=body)
                assert answer.json()["choices"][0]["message"]["content"] == VERDICT

        await asyncio.gather(*(one(number) for number in range(examples)))


async def ours_client(url: str, examples: int, concurrency: int) -> None:
    async with OpenAICompatible(base_url=url, max_in_flight=concurrency) as client:

        async def one(number: int) -> None:
            reply = await client.chat(ChatRequest(model="m", messages=question(number)))
            assert reply.text == VERDICT

        await asyncio.gather(*(one(number) for number in range(examples)))


async def ours_judge(url: str, examples: int, concurrency: int) -> None:
    subjects = [
        Subject(
            target=Target.TRACE,
            key=str(n),
            trace_id=f"{n + 1:032x}",
            values={"input": "Is it?", "output": f"It is {n}."},
        )
        for n in range(examples)
    ]
    written: list[object] = []
    async with OpenAICompatible(base_url=url, max_in_flight=concurrency) as client:
        judge = Judge(parse_rubric(RUBRIC), model="m", client=client)
        report = await score_subjects([judge], subjects, written.extend, concurrency=concurrency)
    assert report.evaluators[0].denominators.scored == examples == len(written)


async def openai_client(url: str, examples: int, concurrency: int) -> None:
    import openai

    slots = asyncio.Semaphore(concurrency)
    async with openai.AsyncOpenAI(base_url=url, api_key="k") as client:

        async def one(number: int) -> None:
            async with slots:
                answer = await client.chat.completions.create(model="m", messages=question(number))  # type: ignore[arg-type]
                assert answer.choices[0].message.content == VERDICT

        await asyncio.gather(*(one(number) for number in range(examples)))


def measure(run: Run, url: str, examples: int, concurrency: int) -> tuple[float, float]:
    """Returns wall seconds and CPU milliseconds an example."""
    started, cpu = time.perf_counter(), time.process_time()
    asyncio.run(run(url, examples, concurrency))
    return time.perf_counter() - started, (time.process_time() - cpu) * 1000 / examples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--latency-ms", type=float, default=50.0)
    parser.add_argument("--concurrency", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--openai", action="store_true", help="also the official client")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, given.latency_ms / 1000))
    process.start()
    url = ours.recv()
    runs: dict[str, Run] = {"floor: raw httpx2": floor, "client": ours_client, "judge + scoring run": ours_judge}
    if given.openai:
        runs["official openai client"] = openai_client
    ideal = given.examples / given.concurrency * given.latency_ms / 1000
    measure(floor, url, min(200, given.examples), given.concurrency)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    # Interleaved, and the best of each: what else the machine does then hits all of them alike.
    for _ in range(given.repeats):
        for name, run in runs.items():
            taken[name].append(measure(run, url, given.examples, given.concurrency))
    rows = []
    for name, found in taken.items():
        wall, cpu = min(wall for wall, _ in found), min(cpu for _, cpu in found)
        over = (wall - ideal) * 1000 / given.examples
        rows.append({"what": name, "wall_s": wall, "overhead_ms": over, "cpu_ms": cpu})
    ours.send(None)
    process.join()
    for row in rows:
        row["overhead_ratio"] = float(row["overhead_ms"]) / float(rows[0]["overhead_ms"])
    if given.json:
        json.dump({"ideal_s": ideal, "rows": rows}, sys.stdout)
        return
    print(f"{given.examples} examples, {given.latency_ms:g} ms, concurrency {given.concurrency}; ideal {ideal:.2f} s")
    print(f"{'':24}{'wall s':>8}{'over ms':>9}{'CPU ms':>8}{'x floor':>9}")
    for row in rows:
        print(
            f"{row['what']:24}{row['wall_s']:8.2f}{row['overhead_ms']:9.3f}{row['cpu_ms']:8.3f}{row['overhead_ratio']:9.2f}"
        )
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
