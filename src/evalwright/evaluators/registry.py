"""Where evaluators come from: ready-made by name, functions in Python files, rubrics in YAML files."""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any, Final, cast

from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.evaluator import Evaluator
from evalwright.evaluators import catalogue
from evalwright.evaluators.code import CodeEvaluator
from evalwright.evaluators.judge import Judge, parse_rubric, read_rubric
from evalwright.evaluators.judge.rubric import Rubric
from evalwright.evaluators.recorded import read_recorded
from evalwright.evaluators.trajectory import ready as trajectories
from evalwright.ports.models import ChatModel

RECORDED: Final = "recorded"
"""Begins a reference to a file of verdicts that exist already."""

AGENT: Final = "agent"
"""Begins a reference to a rubric that an agent judges by, with tools over the trace: ``agent:task_completion``."""

ATTRIBUTION: Final = "failure_attribution"
"""The judge that names the step and agent at which a failed run went wrong."""

FOLDER: Final = "evaluators"
"""The folder, under the working directory, in which a project keeps its evaluators."""


def ready() -> Mapping[str, Callable[..., Evaluator]]:
    """Returns the ready-made evaluators that need no model: name -> factory."""
    return {name: getattr(catalogue, name) for name in catalogue.__all__} | dict(trajectories.READY)


def ready_rubrics() -> Mapping[str, Rubric]:
    """Returns the rubrics that come with Evalwright: name -> rubric."""
    folder = resources.files("evalwright.evaluators") / "rubrics"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    rubrics = [parse_rubric(f.read_text(encoding="utf-8"), where=f.name) for f in files]
    return {rubric.name: rubric for rubric in rubrics}


def find(folder: str | Path = FOLDER) -> Mapping[str, str]:
    """Returns the evaluators kept in a folder: name -> reference for ``load``; empty when there is no folder.

    Raises:
        InvalidInput: a file in it is broken, or two evaluators share a name.
    """
    found: dict[str, str] = {}
    for path in sorted(Path(folder).glob("*")):
        for name, reference in _in_file(path).items():
            if name in found:
                raise InvalidInput(f"evaluator {name!r} is defined twice: {found[name]} and {reference}")
            found[name] = reference
    return found


def _in_file(path: Path) -> Mapping[str, str]:
    if path.suffix in (".yaml", ".yml"):
        ruled = trajectories.from_file(path)
        return {ruled.spec.name if ruled else read_rubric(path).name: str(path)}
    if path.suffix == ".py" and not path.name.startswith("_"):
        return {found.spec.name: f"{path}:{attribute}" for attribute, found in _evaluators_of(path).items()}
    return {}


def load(
    reference: str,
    *,
    model: str = "",
    client: ChatModel | None = None,
    folder: str | Path = FOLDER,
    **judge_options: Any,
) -> Evaluator:
    """Returns the evaluator a reference names.

    References: a name in ``folder``; a ready-made name with parameters, ``latency_under:ms=2000``; a function,
    ``path/to/file.py:function``; a rubric, expected trajectory or handoffs, ``path/to/file.yaml``; a rubric judged by
    an agent, ``agent:task_completion``; verdicts that exist already, ``recorded:path/to/file.jsonl``. Names in
    ``folder`` win over ready-made ones.

    Args:
        reference: as above.
        model: the model judges ask.
        client: how judges ask it.
        folder: where names are looked up first.
        judge_options: handed to ``Judge``, such as ``cache`` or ``tracer_provider``.

    Raises:
        NotFound: nothing has that name.
        InvalidInput: a broken file, a wrong parameter, or a judge without model or client.
    """
    path, _, rest = reference.partition(":")
    if path == RECORDED and rest:
        return read_recorded(rest)
    if path == AGENT and rest:
        return _agent(_rubric(rest, folder), model, client, judge_options)
    if path == ATTRIBUTION:
        asked = _asked(path, model, client)
        return trajectories.attribution(rest, model=model, client=asked, **judge_options)
    if path.endswith((".yaml", ".yml")):
        return trajectories.from_file(path) or _judge(read_rubric(path), model, client, judge_options)
    if path.endswith(".py"):
        return _function(Path(path), rest)
    here = find(folder)
    if path in here and not rest:
        return load(here[path], model=model, client=client, folder=folder, **judge_options)
    if path in ready():
        return _make(path, rest)
    rubrics = ready_rubrics()
    if path in rubrics:
        return _judge(rubrics[path], model, client, judge_options)
    known = [*here, *ready(), *rubrics, ATTRIBUTION]
    close = difflib.get_close_matches(path, known, n=1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    raise NotFound(
        f"there is no evaluator {reference!r}",
        hint=f"{meant}known: {', '.join(known)}; or give file.py:function or file.yaml",
    )


def split_references(text: str) -> Sequence[str]:
    """Returns the references of a comma-separated list; ``output_length:min=1,max=80`` stays one.

    >>> split_references("valid_json, output_length:min=1,max=80, checks.py:polite")
    ['valid_json', 'output_length:min=1,max=80', 'checks.py:polite']
    """
    found: list[str] = []
    for piece in text.split(","):
        if found and re.match(r"\s*\w+=", piece):
            found[-1] += "," + piece
        elif piece.strip():
            found.append(piece.strip())
    return found


def expand(reference: str) -> Sequence[str]:
    """Returns the references a folder or a whole Python file stands for; any other stands for itself.

    Raises:
        NotFound: there is no evaluator in it.
        InvalidInput: a file in it is broken.
    """
    path = Path(reference)
    if path.suffix == ".py":
        found = _in_file(path)
    elif path.is_dir() and reference not in ready() and reference not in ready_rubrics():
        found = find(path)
    else:
        return [reference]
    if not found:
        raise NotFound(f"there is no evaluator in {reference!r}", hint="decorate a function with @ew.evaluator")
    return list(found.values())


def _judge(rubric: Rubric, model: str, client: ChatModel | None, options: Mapping[str, Any]) -> Judge:
    asked = _asked(rubric.name, model or str(rubric.model.get("name") or ""), client)
    return Judge(rubric, model=model, client=asked, **options)


def _asked(name: str, model: str, client: ChatModel | None) -> ChatModel:
    if client is None or not model:
        raise InvalidInput(
            f"{name!r} is judged by a model, and none is configured",
            hint="set OPENAI_BASE_URL, OPENAI_API_KEY and EVALWRIGHT_JUDGE_MODEL",
        )
    return client


def _agent(rubric: Rubric, model: str, client: ChatModel | None, options: Mapping[str, Any]) -> Evaluator:
    """An agent judge asks sub-judges by those ready rubrics that need no more than a text."""
    from evalwright.evaluators.agent import AgentJudge, SubprocessJail

    asked = _asked(rubric.name, model or str(rubric.model.get("name") or ""), client)
    enough = {"input", "input?", "output", "instructions?"}
    plain = {name: r for name, r in ready_rubrics().items() if set(r.inputs.values()) <= enough}
    provider = options.get("tracer_provider")
    return AgentJudge(
        rubric, model=model, client=asked, sandbox=SubprocessJail(), sub_rubrics=plain, tracer_provider=provider
    )


def _rubric(name: str, folder: str | Path) -> Rubric:
    path = find(folder).get(name, name)
    if path.endswith((".yaml", ".yml")):
        return read_rubric(path)
    rubrics = ready_rubrics()
    if path not in rubrics:
        raise NotFound(f"there is no rubric {name!r}", hint=f"known: {', '.join(rubrics)}; or give file.yaml")
    return rubrics[path]


def _function(path: Path, name: str) -> CodeEvaluator:
    found = _evaluators_of(path, also=name)
    if name and name in found:
        return found[name]
    if not name and len(found) == 1:
        return next(iter(found.values()))
    problem = f"{str(path)!r} has no evaluator {name!r}" if name else f"{str(path)!r} has {len(found)} evaluators"
    raise NotFound(problem, hint=f"it has: {', '.join(found) or 'none'}; name one as {path}:function")


def _evaluators_of(path: Path, also: str = "") -> Mapping[str, CodeEvaluator]:
    module = _module(path)
    found = {name: value for name, value in vars(module).items() if isinstance(value, CodeEvaluator)}
    plain = getattr(module, also, None) if also and also not in found else None
    return found | {also: CodeEvaluator(plain)} if inspect.isfunction(plain) else found


def _module(path: Path) -> ModuleType:
    if not path.is_file():
        raise NotFound(f"there is no file {str(path)!r}")
    name = f"evalwright_user_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise InvalidInput(f"{str(path)!r} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def _make(name: str, text: str) -> Evaluator:
    factory = ready()[name]
    parameters = inspect.signature(factory, eval_str=True).parameters
    given: dict[str, Any] = {}
    for pair in _pairs(text, list(parameters)):
        key, equals, value = pair.partition("=")
        if key not in parameters or not equals:
            known = ", ".join(parameters) or "none"
            raise InvalidInput(f"{name!r} has no parameter {key!r}", hint=f"parameters: {known}; as {name}:key=value")
        given[key] = _value(name, key, value, parameters[key].annotation)
    missing = [key for key, p in parameters.items() if p.default is p.empty and key not in given]
    if missing:
        raise InvalidInput(f"{name!r} needs {', '.join(missing)}", hint=f"write {name}:{missing[0]}=value")
    return factory(**given)


def _pairs(text: str, names: Sequence[str]) -> Sequence[str]:
    """Splits at commas, but only before a parameter's name, so that a pattern or a schema may hold commas."""
    pairs: list[str] = []
    for piece in text.split(",") if text else []:
        begins = any(piece.strip().startswith(f"{name}=") for name in names)
        if pairs and not begins:
            pairs[-1] += "," + piece
        else:
            pairs.append(piece.strip() if begins else piece)
    return pairs


def _value(evaluator: str, key: str, text: str, wanted: object) -> Any:
    try:
        if wanted is bool:
            return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
        return cast("Callable[[str], Any]", wanted)(text) if wanted in (int, float) else text
    except (ValueError, KeyError):
        kind = getattr(wanted, "__name__", "value")
        raise InvalidInput(f"{evaluator!r}: {key}={text!r} is not a {kind}") from None
