"""``evalwright import``: recorded traces and labels from files, through the same doors as live ones."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from evalwright.cli.labels import is_label, score_of
from evalwright.cli.options import Options
from evalwright.cli.output import emit_json, note
from evalwright.cli.progress import Report, progress
from evalwright.domain.errors import EvalwrightError, InvalidInput

OTLP_KEYS: Final = {"resourceSpans": "/v1/traces", "resourceLogs": "/v1/logs", "resourceMetrics": "/v1/metrics"}
SENDERS: Final = 4
LABEL_BATCH: Final = 1000


def import_(
    *paths: Path, format: Literal["auto", "otlp", "scores", "judge-set"] = "auto", options: Options = Options()
) -> int:
    """Sends recorded traces (OTLP JSON, one request a line or a file) or labels (scores as JSON lines) to the server.

    Files may be gzipped. Importing the same file again changes nothing. Without --project each trace goes to the
    project its data names. Exit code 1 when the server refused some of it; the rest is kept.

    Args:
        paths: files, or folders whose .jsonl, .json and .gz files are read.
        format: what the files hold; auto looks at each row. A judge-set holds items with what people and judges said
            of them: each file becomes a dataset, labels, and recorded judges that can be calibrated.
    """
    if format == "judge-set":
        from evalwright.cli.judge_sets import import_judge_sets

        return import_judge_sets(list(itertools.chain.from_iterable(map(_files, paths))), options)
    totals: dict[str, int] = {"requests": 0, "rejected_spans": 0, "scores": 0, "refused": 0}
    for path in itertools.chain.from_iterable(map(_files, paths)):
        with progress(f"importing {path.name}", unit="rows") as report:
            import_file(path, format, options, totals, report)
    emit_json(totals) if options.json else note(", ".join(f"{count} {name}" for name, count in totals.items()))
    return 1 if totals["refused"] or totals["rejected_spans"] else 0


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.name.removesuffix(".gz").endswith((".jsonl", ".json")))
    if not path.is_file():
        raise InvalidInput(f"no file {str(path)!r}")
    return [path]


def import_file(
    path: Path,
    format: str,
    options: Options,
    totals: dict[str, int],
    report: Report,
    keep: Callable[[bytes], bool] | None = None,
) -> None:
    """Sends the rows of one file that ``keep`` lets through, and counts in ``totals`` what became of them."""
    done = 0
    with ThreadPoolExecutor(SENDERS) as senders:
        for chunk in _chunks(row for row in _rows(path) if keep is None or keep(row[1])):
            otlp = [(kind, body) for kind, body in chunk if kind.startswith("/v1/")]
            labels = [msgspec.json.decode(body) for kind, body in chunk if kind == "score"]
            wanted = {"auto": (True, True), "otlp": (True, False), "scores": (False, True)}[format]
            if (otlp and not wanted[0]) or (labels and not wanted[1]):
                raise InvalidInput(f"{path.name!r} does not hold {format} rows", hint="leave --format out")
            for rejected, refused in senders.map(lambda row: _send_otlp(options, *row), otlp):
                totals["requests"] += 1
                totals["rejected_spans"] += rejected
                totals["refused"] += refused
            if labels:
                body = {"scores": [score_of(row) for row in labels]}
                totals["scores"] += options.api().post("/scores", body, **options.scope())["written"]
            done += len(chunk)
            report(done, None, f"{totals['rejected_spans']} rejected" if totals["rejected_spans"] else "")


def _chunks(rows: Iterator[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    while chunk := list(itertools.islice(rows, LABEL_BATCH)):
        yield chunk


def _rows(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yields (door, body) for each row: an OTLP path, or ``score``."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            if ".jsonl" in path.suffixes:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield _door(line, f"line {number} of {path.name!r}"), line
            else:
                body = file.read()
                yield _door(body, repr(path.name)), body
    except (EOFError, gzip.BadGzipFile) as error:
        raise InvalidInput(f"{path.name!r} is not a whole gzip file: {error}") from error


def _door(body: bytes, where: str) -> str:
    row, problem = None, ""
    try:
        row = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        problem = str(error)
    if isinstance(row, Mapping):
        for key, door in OTLP_KEYS.items():
            if key in row:
                return door
        if is_label(row):
            return "score"
    if row is None and b'"resourceSpans"' in body[:200]:
        return "/v1/traces"
    if problem:
        hint = "JSON has no NaN and no Infinity: leave out a value that is not known"
        raise InvalidInput(f"{where} is not valid JSON: {problem}", hint=hint)
    raise InvalidInput(f"{where} is neither an OTLP request nor a label", hint="see `evalwright import --help`")


def _send_otlp(options: Options, door: str, body: bytes) -> tuple[int, int]:
    """Returns (spans the server rejected, 1 if it refused the whole request)."""
    try:
        answer: Any = options.api().send_otlp(door, body, project=options.project_or_any())
    except EvalwrightError as error:
        if error.status >= 500:
            raise
        note(f"refused: {error.message}")
        return 0, 1
    partial = answer.get("partialSuccess") or {}
    return int(partial.get("rejectedSpans") or partial.get("rejectedLogRecords") or 0), 0
