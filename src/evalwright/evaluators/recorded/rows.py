"""Files of recorded verdicts: one JSON object a line, plain or gzipped."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.evaluator import Outcome
from evalwright.domain.score import ScoreStatus, ScoreType, Target
from evalwright.evaluators.recorded.judge import RecordedJudge

KEYS: Final = ("key", "span_id", "trace_id", "session_id", "trial_id", "item_key", "id")
MAX_ROWS: Final = 1_000_000
UNREADABLE: Final = "no verdict could be read from the judge's answer"


def read_recorded(path: str | Path, *, name: str = "") -> RecordedJudge:
    """Returns the judge of a file of verdicts.

    A row has a key (``key``, ``span_id``, ``trace_id``, ``session_id``, ``trial_id``, ``item_key`` or ``id``), a
    ``label`` and/or a ``score``, and may have ``reason``, ``cost`` and ``latency_ms``. A row whose label and score are
    null is an answer nobody could read: errored, not absent. ``name`` defaults to the file's.

    Raises:
        NotFound: there is no such file.
        InvalidInput: a line is no verdict, or two lines are about one key.
    """
    file = Path(path)
    if not file.is_file():
        raise NotFound(f"there is no file {str(path)!r}")
    verdicts: dict[str, Outcome] = {}
    target = Target.TRACE
    for number, row in enumerate(_rows(file), 1):
        field, key = _key(row, f"line {number} of {file.name!r}")
        if key in verdicts:
            raise InvalidInput(f"line {number} of {file.name!r} is the second verdict on {key!r}")
        if number > MAX_ROWS:
            raise InvalidInput(f"{file.name!r} has over {MAX_ROWS:,} verdicts")
        verdicts[key] = read_verdict(row)
        target = {"span_id": Target.SPAN, "session_id": Target.SESSION, "trace_id": Target.TRACE}.get(
            field, Target.TRIAL
        )
    if not verdicts:
        raise InvalidInput(f"{file.name!r} holds no verdicts")
    plain = file.name.removesuffix(".gz").removesuffix(".jsonl")
    return RecordedJudge(
        name or plain, verdicts, type=type_of(verdicts.values()), target=target, description=f"verdicts of {file.name}"
    )


def read_verdict(row: Mapping[str, Any]) -> Outcome:
    """Returns the outcome a row stands for; a verdict nobody could read is errored, with what is known of it."""
    label, value = label_text(row.get("label")), _number(row.get("score", row.get("value")))
    if isinstance(row.get("label"), bool):
        value = float(row["label"])
    reason = str(row.get("reason") or row.get("explanation") or "")
    cost, latency_ms = _number(row.get("cost")), _number(row.get("latency_ms"))
    if not label and value is None:
        said = f"{UNREADABLE}: {reason[:500]}" if reason else UNREADABLE
        return Outcome(status=ScoreStatus.ERRORED, reason=said, cost=cost, latency_ms=latency_ms)
    return Outcome(value=value, label=label, explanation=reason, cost=cost, latency_ms=latency_ms)


def label_text(label: object) -> str:
    """Returns a label of a file as text, alike for people and judges: ``true`` for a boolean, ``1`` for 1 and 1.0."""
    if isinstance(label, bool):
        return "true" if label else "false"
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    gap = label is None or (isinstance(label, float) and math.isnan(label))
    return "" if gap else str(label).strip()


def type_of(outcomes: Any) -> ScoreType:
    """Returns the type that fits every verdict: boolean words, labels, or numbers."""
    scored = [outcome for outcome in outcomes if outcome.status is ScoreStatus.SCORED]
    labels = {outcome.label for outcome in scored}
    if scored and labels <= {"true", "false"}:
        return ScoreType.BOOLEAN
    return ScoreType.NUMERIC if scored and labels == {""} else ScoreType.CATEGORICAL


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    opener = gzip.open if file.suffix == ".gz" else open
    try:
        with opener(file, "rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _row(line, f"line {number} of {file.name!r}")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidInput(f"{file.name!r} is not a whole gzip file: {error}") from error


def _row(line: bytes, where: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{where} is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise InvalidInput(f"{where} is not a JSON object")
    return row


def _key(row: Mapping[str, Any], where: str) -> tuple[str, str]:
    for name in KEYS:
        if row.get(name) not in (None, ""):
            return name, str(row[name])
    raise InvalidInput(f"{where} says not what it is about", hint=f"add one of {', '.join(KEYS)}")


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
