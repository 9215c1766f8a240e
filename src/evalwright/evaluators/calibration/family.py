"""Judges that grade their own kin: models of one maker tend to prefer each other's writing."""

from __future__ import annotations

from collections.abc import Mapping

from evalwright.domain.evaluator import EvaluatorSpec
from evalwright.semconv.hosts import family_host

_MORE = (
    ("llama", "meta"),
    ("meta-llama", "meta"),
    ("chatgpt", "openai"),
    ("gpt", "openai"),
    ("davinci", "openai"),
    ("palm", "gcp.gen_ai"),
    ("gemma", "gcp.gen_ai"),
    ("mixtral", "mistral_ai"),
    ("codestral", "mistral_ai"),
    ("magistral", "mistral_ai"),
    ("qwen", "alibaba"),
    ("qwq", "alibaba"),
    ("phi-", "microsoft"),
    ("nova-", "amazon"),
    ("titan", "amazon"),
    ("falcon", "tii"),
    ("glm", "zhipu"),
    ("kimi", "moonshot"),
)


def model_family(model: str) -> str:
    """Returns who made a model; empty when its name gives nothing away.

    >>> model_family("anthropic/claude-sonnet-4")
    'anthropic'
    >>> model_family("us.meta.llama3-70b-instruct")
    'meta'
    """
    bare = model.rpartition("/")[2].lower()
    if known := family_host(bare):
        return known
    pieces = [bare, *(bare[at + 1 :] for at, letter in enumerate(bare) if letter in ".:")]
    return next((maker for piece in pieces for maker in (family_host(piece), _table(piece)) if maker), "")


def _table(name: str) -> str:
    return next((maker for start, maker in _MORE if name.startswith(start)), "")


def self_grading(judge_model: str, judged_models: Mapping[str, int]) -> str:
    """Returns a warning when the judge's maker also made models it judges; empty when not, or when not known.

    Args:
        judge_model: the model behind the judge.
        judged_models: model -> how many judged rows it wrote.
    """
    maker = model_family(judge_model)
    total = sum(judged_models.values())
    own = sum(count for model, count in judged_models.items() if maker and model_family(model) == maker)
    return kin_warning(judge_model, maker, own, total)


def kin_warning(judge: str, maker: str, own: int, total: int) -> str:
    """Returns a warning when ``own`` of the rows a judge judges are by its own maker's models; empty for none."""
    if not maker or not own:
        return ""
    return (
        f"{judge!r} judges models of its own maker ({maker}) in {own} of {total} rows:"
        " probe self-preference, or use a judge of another maker"
    )


def asked_model(spec: EvaluatorSpec) -> str:
    """Returns the model an evaluator asks, or that its rubric pins; empty for none."""
    pinned = spec.definition.get("model")
    named = pinned.get("name") if isinstance(pinned, Mapping) else pinned
    return str(spec.definition.get("asked_model") or named or "")
