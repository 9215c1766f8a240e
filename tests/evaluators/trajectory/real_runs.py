"""Real runs as subjects, read the way the server reads them."""

from __future__ import annotations

import gzip
import json
from functools import lru_cache
from typing import Any

from shared import shared_data

from evalwright.domain.evaluator import StepContent, Subject
from evalwright.ingest.json import decode_json
from evalwright.scoring.subjects import trace_subject
from evalwright.semconv import content, normalise


@lru_cache(maxsize=8)
def subjects(file: str) -> dict[str, Subject]:
    """The traces of one file by trace id."""
    steps: dict[str, list[StepContent]] = {}
    with gzip.open(shared_data() / file) as lines:
        for line in lines:
            for raw in decode_json(line, max_value_chars=1_000_000, now_ns=1).spans:
                span = normalise(raw, project="p", received_ns=1)
                steps.setdefault(span.trace_id, []).append(StepContent(span=span, content=content(span)))
    return {trace_id: trace_subject(found) for trace_id, found in steps.items()}


def rows(file: str) -> list[dict[str, Any]]:
    """The rows of one annotation file."""
    return [json.loads(line) for line in (shared_data() / file).read_text().splitlines()]
