"""How commands get evaluators: ready names, functions in files, and judges with the model that is configured."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from evalwright.cli.options import Options
from evalwright.domain.evaluator import Evaluator, EvaluatorKind

if TYPE_CHECKING:
    from evalwright.ports.models import ChatModel
    from evalwright.ports.prices import Prices

OWN_PROJECT: Final = "evalwright"
"""Where judges are traced, like any other agent."""

OPENAI: Final = "https://api.openai.com/v1"


def load_evaluators(references: str, *, model: str = "") -> Sequence[Evaluator]:
    """Returns the evaluators of a comma-separated list of ready names, file.py:function and rubric files.

    Judges ask ``OPENAI_BASE_URL`` with ``OPENAI_API_KEY``, and ``model`` or ``EVALWRIGHT_JUDGE_MODEL``.

    Raises:
        NotFound: nothing has that name.
        InvalidInput: a broken file, a wrong parameter, or a judge without a model.
    """
    from evalwright.evaluators import load

    asked = model or os.environ.get("EVALWRIGHT_JUDGE_MODEL", "")
    client = chat_model() if _endpoint() else None
    names = [name.strip() for name in references.split(",") if name.strip()]
    return [load(name, model=asked, client=client) for name in names]


def chat_model() -> ChatModel:
    """Returns the client of the configured endpoint."""
    from evalwright.providers import OpenAICompatible

    key = os.environ.get("OPENAI_API_KEY", "")
    return OpenAICompatible(base_url=_endpoint(), api_key=key, prices=_prices())


def _endpoint() -> str:
    given = os.environ.get("OPENAI_BASE_URL", "")
    return given or (OPENAI if os.environ.get("OPENAI_API_KEY") else "")


def _prices() -> Prices | None:
    try:
        from evalwright.providers.prices import GenaiPrices
    except ImportError:  # prices come with the server; without them costs are unknown, never zero
        return None
    return GenaiPrices()


@contextmanager
def traced(evaluators: Sequence[Evaluator], options: Options) -> Iterator[None]:
    """Sends what judges do meanwhile to the server, as traces of the project ``evalwright``."""
    if not any(evaluator.spec.kind is not EvaluatorKind.CODE for evaluator in evaluators):
        yield
        return
    from evalwright import sdk

    sdk.init(project=OWN_PROJECT, endpoint=options.server, service_name="evalwright-cli")
    try:
        yield
    finally:
        sdk.shutdown()
