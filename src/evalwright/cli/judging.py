"""How commands get evaluators: ready names, functions in files, and judges with the model that is configured."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evalwright.cli.options import Options
from evalwright.domain.evaluator import Evaluator, Outcome

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

OWN_PROJECT: Final = "evalwright"
"""Where judges are traced, like any other agent."""

MAX_QUEUED_SPANS: Final = 50_000


@contextmanager
def evaluators_of(
    references: str, options: Options, *, model: str = "", cache: Path | None = None
) -> Iterator[Sequence[Evaluator]]:
    """Yields the evaluators of a comma-separated list of ready names, file.py:function, rubric files and folders.

    Judges ask ``OPENAI_BASE_URL`` with ``OPENAI_API_KEY``, and ``model`` or ``EVALWRIGHT_JUDGE_MODEL``. What they do is
    sent to the server as traces of the project ``evalwright``, all of it by the time the block ends. With a ``cache``
    file, what a judge has answered for the same content is not asked for again.

    Raises:
        NotFound: nothing has that name.
        InvalidInput: a broken file, a wrong parameter, or a judge without a model.
    """
    from evalwright.evaluators import load
    from evalwright.evaluators.registry import expand, split_references
    from evalwright.providers.environment import chat_model, judge_model

    asked, client = model or judge_model(), chat_model()
    names = [each for reference in split_references(references) for each in expand(reference)]
    if client is None:
        yield [load(name, model=asked) for name in names]
        return
    with _own_traces(options) as provider, _kept(cache) as kept:
        keeping: dict[str, Any] = {} if kept is None else {"cache": kept}
        yield [load(name, model=asked, client=client, tracer_provider=provider, **keeping) for name in names]


@contextmanager
def _kept(path: Path | None) -> Iterator[MutableMapping[str, Outcome] | None]:
    if path is None:
        yield None
        return
    from evalwright.cli.verdict_cache import VerdictCache

    with VerdictCache(path) as cache:
        yield cache


@contextmanager
def _own_traces(options: Options) -> Iterator[TracerProvider]:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    from evalwright.sdk.connection import Connection
    from evalwright.sdk.tracing import EvalwrightProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "evalwright-cli"}))
    connection = Connection.of(endpoint=options.server, project=OWN_PROJECT)
    provider.add_span_processor(EvalwrightProcessor(connection, max_spans=MAX_QUEUED_SPANS, interval_s=1.0))
    try:
        yield provider
    finally:
        provider.shutdown()
