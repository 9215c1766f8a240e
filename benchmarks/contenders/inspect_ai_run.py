"""Inspect: the exact and model_graded_qa scorers over samples whose answers are known."""

from __future__ import annotations

import tempfile
from importlib.metadata import version

from common import answer, question, run
from inspect_ai import Task, eval_async
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.scorer import exact, model_graded_qa
from inspect_ai.solver import Generate, TaskState, solver


@solver
def known():  # type: ignore[no-untyped-def]
    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001
        state.output = ModelOutput.from_content("none", answer(int(state.input_text.split()[1])))
        return state

    return solve


async def work(url: str, examples: int, concurrency: int) -> None:
    judge = get_model("openai/m", base_url=url, api_key="k", responses_api=False)
    samples = [Sample(id=str(n), input=question(n), target=answer(n)) for n in range(examples)]
    task = Task(dataset=MemoryDataset(samples), solver=known(), scorer=[exact(), model_graded_qa(model=judge)])
    with tempfile.TemporaryDirectory() as folder:
        [log] = await eval_async(
            task,
            model="mockllm/model",
            max_samples=concurrency,
            max_connections=concurrency,
            log_dir=folder,
            log_realtime=False,
        )
    assert log.status == "success", log.error
    assert log.results is not None
    assert [score.scored_samples for score in log.results.scores] == [examples] * 2


run(work, version("inspect-ai"))
