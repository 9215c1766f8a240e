"""Rubric files read and checked; every complaint names the file, the line and what would be right."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NoReturn

from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.score import ScoreType, Target
from evalwright.evaluators.judge.rubric import DEFAULT_INPUT_CHARS, NUMBER_GIVEN, EvidenceRule, Example, Rubric, WhenCut
from evalwright.evaluators.judge.rubric_yaml import load_yaml
from evalwright.evaluators.pairwise import FIRST, LABELS, SECOND, VALUES
from evalwright.evaluators.selectors import parse_selector

_KEYS: Final = {
    (): (
        "name",
        "kind",
        "description",
        "target",
        "inputs",
        "output",
        "rules",
        "examples",
        "model",
        "evidence",
        "limits",
        "criteria",
        "confidence",
        "min_agreement",
        "canary",
    ),
    ("output",): ("type", "labels", "scores", "abstain", "range", "shown"),
    ("model",): ("role", "name", "temperature", "samples", "score_from", "criteria"),
    ("limits",): ("input_chars", "when_cut"),
}
_EXAMPLE_KEYS: Final = ("inputs", "label", "value", "why", "criterion")
_TYPES: Final = ("boolean", "categorical", "ordinal", "numeric", "pairwise")
_REVERSED: Final = "reversed"
_MOST_SAMPLES: Final = 25
_LARGEST: Final = sys.float_info.max
_TARGETS: Final = ("span", "trace", "session")


def read_rubric(path: str | Path) -> Rubric:
    """Returns the rubric in a file.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it is no rubric; the message names the line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"cannot read the rubric {str(path)!r}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the rubric {str(path)!r} is not UTF-8") from error
    return parse_rubric(text, where=str(path))


def parse_rubric(text: str, where: str = "rubric") -> Rubric:
    """Returns the rubric in a text; ``where`` names it in errors.

    Raises:
        InvalidInput: it is no rubric.
    """
    data, lines = load_yaml(text, where)
    return _Reader(where, lines).rubric(data)


class _Reader:
    """Checks one document; holds where it is, so that each check stays a line."""

    def __init__(self, where: str, lines: Mapping[tuple[str, ...], int]) -> None:
        self._where = where
        self._lines = lines

    def fail(self, path: tuple[str, ...], problem: str, hint: str = "") -> NoReturn:
        line = next((self._lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self._lines), 1)
        raise InvalidInput(f"{self._where}, line {line}: {problem}", hint=hint)

    def rubric(self, data: Any) -> Rubric:
        top = self.mapping(data, ())
        self.known(top, (), _KEYS[()])
        for key in ("name", "target", "inputs", "output"):
            if key not in top:
                self.fail((), f"the key {key!r} is missing")
        if top.get("kind", "judge") != "judge":
            self.fail(("kind",), f"kind {top['kind']!r} is not 'judge'")
        output = self.section(top, "output")
        named = self.choice(output.get("type"), ("output", "type"), _TYPES)
        pairwise = named == "pairwise"
        kind = ScoreType.CATEGORICAL if pairwise else ScoreType(named)
        abstain = [self.label(label) for label in self.sequence(output.get("abstain", []), ("output", "abstain"))]
        labels = self.labels(output, kind, abstain)
        low, high = self.bounds(output, kind)
        chosen = [label for label in labels if label not in abstain]
        scores = self.pairwise(top, output, chosen) if pairwise else self.scores(output, kind, chosen)
        limits = self.section(top, "limits")
        rubric = Rubric(
            name=self.text(top["name"], ("name",)),
            description=str(top.get("description") or "").strip(),
            target=Target(self.choice(top["target"], ("target",), _TARGETS)),
            type=kind,
            inputs=self.inputs(top["inputs"]),
            labels=labels,
            scores=scores,
            abstain=tuple(abstain),
            low=low,
            high=high,
            rules=tuple(
                self.text(r, ("rules", str(i))) for i, r in enumerate(self.sequence(top.get("rules", []), ("rules",)))
            ),
            evidence=EvidenceRule(self.choice(top.get("evidence", "optional"), ("evidence",), tuple(EvidenceRule))),
            model=self.model(top, kind),
            reverse_scale=output.get("shown") == _REVERSED,
            shown=self.shown(output, chosen),
            pairwise=pairwise,
            criteria=self.criteria(top, pairwise),
            states_confidence=self.choice(top.get("confidence", "none"), ("confidence",), ("none", "stated"))
            == "stated",
            min_agreement=self.bar(top),
            canary=self.text(top["canary"], ("canary",)) if "canary" in top else "",
            max_input_chars=self.positive(limits.get("input_chars", DEFAULT_INPUT_CHARS), ("limits", "input_chars")),
            when_cut=WhenCut(self.choice(limits.get("when_cut", "unseen"), ("limits", "when_cut"), tuple(WhenCut))),
        )
        return self.with_examples(rubric, top.get("examples", []))

    def mapping(self, value: Any, path: tuple[str, ...]) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self.fail(path, f"{'.'.join(path) or 'a rubric'} must be a mapping of keys to values")
        found = {self.label(key): inner for key, inner in value.items()}
        if len(found) < len(value):
            self.fail(path, f"{'.'.join(path) or 'a rubric'} names the same thing twice, spaces apart")
        return found

    def sequence(self, value: Any, path: tuple[str, ...]) -> list[Any]:
        if not isinstance(value, list):
            self.fail(path, f"{'.'.join(path)} must be a list")
        return value

    def text(self, value: Any, path: tuple[str, ...]) -> str:
        if not isinstance(value, str) or not value.strip():
            self.fail(path, f"{'.'.join(path)} must be a text", "quote it if it holds a colon or looks like a number")
        return value.strip()

    def positive(self, value: Any, path: tuple[str, ...]) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.fail(path, f"{'.'.join(path)} must be a whole number over 0, not {value!r}")
        return value

    def number(self, value: Any, path: tuple[str, ...]) -> float:
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not -_LARGEST <= value <= _LARGEST:
            self.fail(path, f"{'.'.join(path)} must be a number, not {str(value)[:40]!r}")
        return float(value)

    def bar(self, top: Mapping[str, Any]) -> float | None:
        if top.get("min_agreement") is None:
            return None
        bar = self.number(top["min_agreement"], ("min_agreement",))
        if not 0.0 <= bar <= 1.0:
            self.fail(("min_agreement",), f"min_agreement must lie between 0 and 1, not {bar:g}", "write 85 % as 0.85")
        return bar

    def choice(self, value: Any, path: tuple[str, ...], allowed: Iterable[str]) -> str:
        names = [str(name) for name in allowed]
        if value not in names:
            problem = f"{'.'.join(path)} must be one of {', '.join(names)}, not {value!r}"
            self.fail(path, problem, _did_you_mean(str(value), names))
        return str(value)

    def section(self, top: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        found = self.mapping(top.get(name, {}), (name,))
        self.known(found, (name,), _KEYS[(name,)])
        return found

    def known(self, found: Mapping[str, Any], path: tuple[str, ...], allowed: Iterable[str]) -> None:
        names = tuple(allowed)
        for key in found:
            if key not in names:
                place = f" in {'.'.join(path)}" if path else ""
                hint = _did_you_mean(key, names) or f"known keys: {', '.join(names)}"
                self.fail((*path, key), f"unknown key {key!r}{place}", hint)

    def model(self, top: Mapping[str, Any], kind: ScoreType) -> Mapping[str, Any]:
        model = self.section(top, "model")
        if self.positive(model.get("samples", 1), ("model", "samples")) > _MOST_SAMPLES:
            self.fail(("model", "samples"), f"samples must be at most {_MOST_SAMPLES}")
        source = self.choice(model.get("score_from", "label"), ("model", "score_from"), ("label", "logprobs"))
        asked = self.choice(model.get("criteria", "apart"), ("model", "criteria"), ("apart", "together"))
        if asked == "together" and (source == "logprobs" or not top.get("criteria")):
            why = "one answer has no probabilities of each" if source == "logprobs" else "there are no criteria"
            self.fail(("model", "criteria"), f"criteria cannot be asked together: {why}")
        if source == "logprobs" and kind is ScoreType.NUMERIC:
            self.fail(("model", "score_from"), "numbers have no label to read a probability of", "use an ordinal scale")
        return model

    def pairwise(self, top: Mapping[str, Any], output: Mapping[str, Any], chosen: list[str]) -> Mapping[str, float]:
        for name in (FIRST, SECOND):
            if name not in self.mapping(top["inputs"], ("inputs",)):
                self.fail(("inputs",), f"a pairwise rubric needs the input {name!r}", "for example a: output_a")
            if name not in chosen:
                self.fail(("output", "labels"), f"a pairwise rubric needs the label {name!r}")
        for name in chosen:
            if name not in LABELS:
                self.fail(("output", "labels", name), f"label {name!r} is not one of {', '.join(LABELS)}")
        if "scores" in output:
            self.fail(("output", "scores"), "a pairwise rubric has no scores", "a counts 1, a tie 0.5, b 0")
        return {name: VALUES[name] for name in chosen}

    def criteria(self, top: Mapping[str, Any], pairwise: bool) -> Mapping[str, str]:
        found = self.mapping(top.get("criteria", {}), ("criteria",))
        if found and pairwise:
            self.fail(("criteria",), "a pairwise rubric has no criteria", "write one rubric for each")
        return {name: self.text(asked, ("criteria", name)) for name, asked in found.items()}

    def label(self, value: Any) -> str:
        """Returns a label as text; the YAML booleans are the labels ``true`` and ``false``."""
        return str(value).lower() if isinstance(value, bool) else str(value).strip()

    def inputs(self, value: Any) -> Mapping[str, str]:
        inputs = self.mapping(value, ("inputs",))
        if not inputs:
            self.fail(("inputs",), "inputs must name at least one thing to read")
        for name, selector in inputs.items():
            try:
                parse_selector(self.text(selector, ("inputs", name)))
            except InvalidInput as error:
                if error.message.startswith(self._where):
                    raise
                self.fail(("inputs", name), error.message, error.hint)
        return inputs

    def labels(self, output: Mapping[str, Any], kind: ScoreType, abstain: list[str]) -> Mapping[str, str]:
        path = ("output", "labels")
        labels = {name: str(text or "").strip() for name, text in self.mapping(output.get("labels", {}), path).items()}
        chosen = [name for name in labels if name not in abstain]
        if len(set(abstain)) < len(abstain):
            self.fail(("output", "abstain"), "an abstain label is given twice")
        self.distinct([*labels, *(name for name in abstain if name not in labels)])
        if NUMBER_GIVEN in map(str.casefold, abstain):
            self.fail(("output", "abstain"), f"{NUMBER_GIVEN!r} is reserved for numeric answers")
        if kind is ScoreType.NUMERIC and chosen:
            self.fail(path, "a numeric rubric has no labels", "say what the numbers mean in rules")
        if kind is ScoreType.BOOLEAN and len(chosen) != 2:
            self.fail(path, f"a boolean rubric needs exactly two labels, not {len(chosen)}")
        if kind in (ScoreType.CATEGORICAL, ScoreType.ORDINAL) and len(chosen) < 2:
            self.fail(path, f"a {kind} rubric needs at least two labels")
        for name in chosen:
            if not labels[name]:
                self.fail((*path, name), f"label {name!r} has no definition", "say when a judge should choose it")
        return labels

    def distinct(self, names: Iterable[str]) -> None:
        seen: dict[str, str] = {}
        for name in names:
            first = seen.setdefault(name.casefold(), name)
            if first != name:
                problem = f"labels {first!r} and {name!r} differ in case alone, which models do not keep"
                self.fail(("output", "labels", name), problem)

    def bounds(self, output: Mapping[str, Any], kind: ScoreType) -> tuple[float, float]:
        path = ("output", "range")
        if "range" in output and kind is not ScoreType.NUMERIC:
            self.fail(path, "only numeric rubrics have a range")
        pair = self.sequence(output.get("range", [0, 1]), path)
        if len(pair) != 2:
            self.fail(path, "range must be two numbers, lowest first")
        low, high = (self.number(value, path) for value in pair)
        if low >= high:
            self.fail(path, f"range starts at {low:g}, which is not under {high:g}")
        return low, high

    def scores(self, output: Mapping[str, Any], kind: ScoreType, chosen: list[str]) -> Mapping[str, float]:
        path = ("output", "scores")
        given = self.mapping(output.get("scores", {}), path)
        for name in given:
            if name not in chosen:
                self.fail((*path, name), f"score for {name!r}, which is not a label", _did_you_mean(name, chosen))
        scores = {name: self.number(value, (*path, name)) for name, value in given.items()}
        if scores and len(scores) < len(chosen):
            without = next(name for name in chosen if name not in scores)
            self.fail(path, f"label {without!r} has no score", "give every label a score, or none")
        if kind is ScoreType.BOOLEAN:
            return self.boolean_scores(scores, chosen)
        if kind is ScoreType.ORDINAL and not scores:
            return {name: float(place) for place, name in enumerate(chosen, start=1)}
        return scores

    def shown(self, output: Mapping[str, Any], chosen: list[str]) -> Sequence[str]:
        path = ("output", "shown")
        if output.get("shown", _REVERSED) == _REVERSED:
            return ()
        order = [self.label(name) for name in self.sequence(output["shown"], path)]
        if sorted(order) != sorted(chosen) or not chosen:
            self.fail(path, f"shown must be {_REVERSED!r} or name each of {', '.join(chosen) or 'no labels'} once")
        return tuple(order)

    def boolean_scores(self, scores: Mapping[str, float], chosen: list[str]) -> Mapping[str, float]:
        if not scores and set(chosen) == {"true", "false"}:
            return {"true": 1.0, "false": 0.0}
        if sorted(scores.values()) != [0.0, 1.0]:
            hint = f"for example scores: {{{chosen[0]}: 1, {chosen[1]}: 0}}"
            self.fail(("output", "scores"), "a boolean rubric scores one label 1 and the other 0", hint)
        return scores

    def with_examples(self, rubric: Rubric, value: Any) -> Rubric:
        examples = [self.example(rubric, entry, i) for i, entry in enumerate(self.sequence(value, ("examples",)))]
        return replace(rubric, examples=tuple(examples))

    def example(self, rubric: Rubric, entry: Any, place: int) -> Example:
        path = ("examples", str(place))
        found = self.mapping(entry, path)
        self.known(found, path, _EXAMPLE_KEYS)
        inputs = self.mapping(found.get("inputs"), (*path, "inputs"))
        for name in inputs:
            if name not in rubric.inputs:
                hint = _did_you_mean(name, rubric.inputs)
                self.fail(
                    (*path, "inputs", name), f"example {place + 1} has the input {name!r}, which inputs does not", hint
                )
        number = None
        if "value" in found and rubric.type is not ScoreType.NUMERIC:
            self.fail((*path, "value"), f"example {place + 1} has a value, but the rubric gives labels")
        if "value" in found:
            number = self.number(found["value"], (*path, "value"))
            if not rubric.low <= number <= rubric.high:
                self.fail((*path, "value"), f"value {number:g} lies outside {rubric.low:g}..{rubric.high:g}")
        label = NUMBER_GIVEN if number is not None else self.label(found.get("label", ""))
        if number is None and rubric.type is ScoreType.NUMERIC and label not in rubric.abstain:
            allowed = " or one of ".join(["a value", *filter(None, [", ".join(rubric.abstain)])])
            self.fail((*path, "label"), f"example {place + 1} has the label {label!r}, it needs {allowed}")
        if label not in rubric.verdicts:
            problem = f"example {place + 1} has the label {label!r}, which is not one of {', '.join(rubric.verdicts)}"
            self.fail((*path, "label"), problem, _did_you_mean(label, rubric.verdicts))
        criterion = self.criterion(rubric, found, path)
        why = self.text(found.get("why"), (*path, "why"))
        return Example(inputs=inputs, label=label, why=why, value=number, criterion=criterion)

    def criterion(self, rubric: Rubric, found: Mapping[str, Any], path: tuple[str, ...]) -> str:
        name = str(found.get("criterion", ""))
        if "criterion" in found and name not in rubric.criteria:
            hint = _did_you_mean(name, rubric.criteria)
            self.fail((*path, "criterion"), f"there is no criterion {name!r}", hint)
        return name


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""
