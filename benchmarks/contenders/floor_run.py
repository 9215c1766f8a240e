"""The floor: the same calls by a bare loop around one pooled httpx2 client, no evaluation at all."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

import httpx2
from common import answer, question, run


async def work(url: str, examples: int, concurrency: int) -> None:
    slots = asyncio.Semaphore(concurrency)
    limits = httpx2.Limits(max_connections=concurrency)
    async with httpx2.AsyncClient(limits=limits, timeout=30) as client:

        async def one(number: int) -> None:
            async with slots:
                asked = [{"role": "user", "content": f"{question(number)} {answer(number)}"}]
                reply = await client.post(f"{url}/chat/completions", json={"model": "m", "messages": asked})
                assert reply.json()["choices"][0]["message"]["content"]

        await asyncio.gather(*(one(number) for number in range(examples)))


run(work, version("httpx2"))
