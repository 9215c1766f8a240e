"""pydantic-evals: EqualsExpected and LLMJudge over a dataset of cases."""

from __future__ import annotations

from importlib.metadata import version

from common import answer, question, run
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import EqualsExpected, LLMJudge


async def work(url: str, examples: int, concurrency: int) -> None:
    model = OpenAIChatModel("m", provider=OpenAIProvider(base_url=url, api_key="k"))
    cases = [
        Case(name=str(n), inputs=question(n), expected_output=answer(n), metadata={"n": n}) for n in range(examples)
    ]
    judge = LLMJudge("The answer is good.", model=model, include_input=True)
    dataset = Dataset(name="bench", cases=cases, evaluators=[EqualsExpected(), judge])

    async def task(asked: str) -> str:
        return answer(int(asked.split()[1]))

    report = await dataset.evaluate(task, max_concurrency=concurrency, progress=False)
    given = [case.assertions for case in report.cases]
    assert len(given) == examples
    assert all(len(each) == 2 and all(one.value for one in each.values()) for each in given)


run(work, version("pydantic-evals"))
