"""How commands get evaluators: ready names, functions in files, and judges with the model that is configured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evalwright.cli.options import Options
from evalwright.cli.output import note
from evalwright.domain.evaluator import Evaluator

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

OWN_PROJECT: Final = "evalwright"
"""Where judges are traced, like any other agent."""

MAX_QUEUED_SPANS: Final = 50_000


@contextmanager
def evaluators_of(
    references: str, options: Options, *, model: str = "", cache: bool | Path = False
) -> Iterator[Sequence[Evaluator]]:
    """Yields the evaluators of a comma-separated list of ready names, file.py:function, rubric files and folders.

    Judges ask ``OPENAI_BASE_URL`` with ``OPENAI_API_KEY``, and ``model`` or ``EVALWRIGHT_JUDGE_MODEL``. What they do is
    sent to the server as traces of the project ``evalwright``, all of it by the time the block ends. With a ``cache``
    (True: the usual file) what a judge has answered for the same content is not asked for again.

    Raises:
        NotFound: nothing has that name.
        InvalidInput: a broken file, a wrong parameter, or a judge without a model.
    """
    from evalwright.evaluators import load
    from evalwright.evaluators.registry import expand, split_references
    from evalwright.experiments.keeping import kept_verdicts, with_verdicts
    from evalwright.providers.environment import chat_model, judge_model

    asked, client = model or judge_model(), chat_model()
    names = [each for reference in split_references(references) for each in expand(reference)]
    if client is None:
        yield [load(name, model=asked) for name in names]
        return
    with _own_traces(options) as provider, kept_verdicts(cache, tell=note) as kept:
        loaded = [load(name, model=asked, client=client, tracer_provider=provider) for name in names]
        yield loaded if kept is None else with_verdicts(loaded, kept)


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
