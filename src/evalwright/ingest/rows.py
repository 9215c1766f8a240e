"""What the log and metric decoders share: rows, refusals and repairs of one body."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from evalwright.domain.errors import InvalidInput
from evalwright.ingest.document import records
from evalwright.ingest.repairs import Repairs
from evalwright.ingest.validate import MALFORMED


@dataclass(slots=True)
class DecodedRows:
    """The rows of one body, the count of those refused by reason, and the repairs by flag."""

    repairs: Repairs
    rows: list[dict[str, Any]] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)

    def finish(self) -> DecodedRows:
        """Returns itself.

        Raises:
            InvalidInput: there was something to read, but nothing could be.
        """
        self.repairs.take()
        if self.rejected and not self.rows:
            raise InvalidInput(
                "the body holds no readable record", hint="check the exporter's endpoint and content type"
            )
        return self


def fold_broken(owner: Mapping[str, Any], name: str, decoded: DecodedRows) -> Iterator[Mapping[str, Any]]:
    """Yields the objects of a repeated field and counts everything else as a malformed record."""
    for found in records(owner, name, decoded.repairs):
        if isinstance(found, dict):
            yield found
        else:
            decoded.rejected[MALFORMED] += 1
