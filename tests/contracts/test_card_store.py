"""What every store of calibration cards promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from records import TestClock, make_record_store

from evalwright.domain.calibration import CalibrationCard
from evalwright.domain.errors import InvalidInput, NotFound
from evalwright.storage.records import SqlRecordStore, migrate


def card(project: str, **fields: Any) -> CalibrationCard:
    given = {"evaluator": "polite", "evaluator_version": "v1", "judge_score": "polite", "label_score": "gold", **fields}
    return CalibrationCard(id="", project=project, **given)


def apart(count: int) -> list[dict[str, Any]]:
    return [
        {"key": f"k{n}", "human": "yes" if n % 2 else "no", "judge": "no" if n % 2 else "yes"} for n in range(count)
    ]


def test_a_card_comes_back_as_it_was(store: SqlRecordStore, project: str) -> None:
    report = {"overall": {"rows": 3, "kappa": None}, "statements": ["few labels"]}
    held = store.add_card(card(project, dataset="golden", filter="kind", group_by="session_id", report=report))
    assert held.id.startswith("cc_")
    assert held.created_ns > 0
    assert store.find_card(project, held.id) == held
    assert held.report == report


def test_cards_are_listed_newest_first_by_evaluator_and_version(store: SqlRecordStore, project: str) -> None:
    held = [
        store.add_card(card(project)),
        store.add_card(card(project, evaluator_version="v2")),
        store.add_card(card(project, evaluator="grounded")),
    ]
    assert store.list_cards(project).items == held[::-1]
    assert store.list_cards(project, evaluator="polite").items == [held[1], held[0]]
    assert store.list_cards(project, evaluator="polite", version="v1").items == [held[0]]
    first = store.list_cards(project, limit=2)
    assert [*first.items, *store.list_cards(project, limit=2, cursor=first.next_cursor).items] == held[::-1]


def test_a_card_of_another_project_is_not_found(store: SqlRecordStore, project: str) -> None:
    held = store.add_card(card(project))
    with pytest.raises(NotFound, match=held.id):
        store.find_card("another", held.id)
    assert store.list_cards("another").items == []


def test_disagreements_are_paged_in_order_and_by_cell(store: SqlRecordStore, project: str) -> None:
    held = store.add_card(card(project), apart(5))
    other = store.add_card(card(project), apart(1))
    first = store.list_disagreements(held.id, limit=3)
    rest = store.list_disagreements(held.id, limit=3, cursor=first.next_cursor)
    assert [row["key"] for row in (*first.items, *rest.items)] == ["k0", "k1", "k2", "k3", "k4"]
    assert [row["key"] for row in store.list_disagreements(held.id, human="yes").items] == ["k1", "k3"]
    assert [row["key"] for row in store.list_disagreements(held.id, judge="yes").items] == ["k0", "k2", "k4"]
    assert store.list_disagreements(held.id, human="yes", judge="yes").items == []
    with pytest.raises(InvalidInput, match="not a cursor"):
        store.list_disagreements(other.id, cursor=first.next_cursor)


def test_a_card_that_cannot_be_stored_leaves_nothing_behind(store: SqlRecordStore, project: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        store.add_card(card(project, evaluator="a/b"))
    assert store.list_cards(project).items == []


def test_records_of_the_first_release_gain_cards_and_keep_what_they_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    with monkeypatch.context() as earlier:
        earlier.setattr(migrate, "HEAD", "0001")
        old = make_record_store(url, TestClock())
        old.open()
        old.create_dataset("p", "golden")
        old.close()
    upgraded = make_record_store(url, TestClock())
    upgraded.open()
    assert upgraded.find_dataset("p", "golden").name == "golden"
    assert upgraded.list_cards("p").items == []
    assert upgraded.add_card(card("p")).id
    upgraded.close()
