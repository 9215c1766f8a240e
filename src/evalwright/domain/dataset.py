"""Datasets: named, versioned lists of items. A version is immutable; every write makes the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One example. ``key`` is its stable identity across versions (given, or a hash of ``input``).

    ``source_trace_id``/``source_span_id`` say which recorded step it came from, when it did.
    """

    id: str
    key: str
    input: Any
    expected: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    split: str = ""
    tags: tuple[str, ...] = ()
    source_trace_id: str = ""
    source_span_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset at its newest version. ``version`` counts from 1; 0 means no items were ever added."""

    id: str
    project: str
    name: str
    description: str = ""
    version: int = 0
    item_count: int = 0
    created_ns: int = 0
    updated_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDataset(Dataset):
    """A dataset after items were given to it, and what became of each of them.

    Attributes:
        given: how many there were; the four that follow add up to it.
        added: of a new key.
        changed: in the place of what the key held before.
        unchanged: there already, the same in all.
        repeated: of the key of a later one in the same request, which counts instead. Where no key is given it is the
            input, so these have equal inputs.
        more: further spans match, beyond the limit of the request.
    """

    given: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    more: bool = False
