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
