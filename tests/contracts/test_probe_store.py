"""What every store of probe reports promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from records import TestClock, make_record_store

from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.domain.probing import StoredProbe
from evalwright.storage.records import SqlRecordStore, migrate


def probe(project: str, **fields: Any) -> StoredProbe:
    return StoredProbe(id="", project=project, **{"evaluator": "polite", "evaluator_version": "v1", **fields})


def test_a_probe_report_comes_back_as_it_was(store: SqlRecordStore, project: str) -> None:
    report = {"items": 3, "findings": [{"probe": "position", "effect": None, "reasons": [["errored", "down", 3]]}]}
    held = store.add_probe(probe(project, report=report))
    assert held.id.startswith("pb_")
    assert held.created_ns > 0
    assert store.find_probe(project, held.id) == held
    assert held.report == report


def test_probe_reports_are_listed_newest_first_by_evaluator_and_version(store: SqlRecordStore, project: str) -> None:
    held = [
        store.add_probe(probe(project)),
        store.add_probe(probe(project, evaluator_version="v2")),
        store.add_probe(probe(project, evaluator="grounded")),
    ]
    assert store.list_probes(project).items == held[::-1]
    assert store.list_probes(project, evaluator="polite").items == [held[1], held[0]]
    assert store.list_probes(project, evaluator="polite", version="v1").items == [held[0]]
    first = store.list_probes(project, limit=2)
    assert [*first.items, *store.list_probes(project, limit=2, cursor=first.next_cursor).items] == held[::-1]


def test_a_probe_report_of_another_project_is_not_found(store: SqlRecordStore, project: str) -> None:
    held = store.add_probe(probe(project))
    with pytest.raises(NotFound, match=held.id):
        store.find_probe("another", held.id)
    assert store.list_probes("another").items == []


def test_a_probe_report_that_cannot_be_stored_leaves_nothing_behind(store: SqlRecordStore, project: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        store.add_probe(probe(project, evaluator="a/b"))
    assert store.list_probes(project).items == []


def test_records_made_before_probe_reports_gain_them_and_keep_what_they_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    with monkeypatch.context() as earlier:
        earlier.setattr(migrate, "HEAD", "0002")
        old = make_record_store(url, TestClock())
        old.open()
        old.create_dataset("p", "golden")
        old.close()
    upgraded = make_record_store(url, TestClock())
    upgraded.open()
    assert upgraded.find_dataset("p", "golden").name == "golden"
    assert upgraded.list_probes("p").items == []
    assert upgraded.add_probe(probe("p")).id
    upgraded.close()
