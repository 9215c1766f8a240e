"""Calibration cards and the disagreements behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import sqlalchemy as sa

from evalwright.domain.calibration import CalibrationCard
from evalwright.domain.trace import Page
from evalwright.storage.records.engine import Part
from evalwright.storage.records.names import checked_name
from evalwright.storage.records.paging import read_page
from evalwright.storage.records.tables import calibration_cards
from evalwright.storage.records.tables import disagreements as differing
from evalwright.storage.records.versions import KeptByVersion


def _card(row: sa.Row[Any]) -> CalibrationCard:
    return CalibrationCard(**row._mapping)


def _row(mapping: sa.Row[Any]) -> Mapping[str, Any]:
    held: Mapping[str, Any] = mapping.row
    return held


_KEPT: Final = KeptByVersion(
    table=calibration_cards,
    build=_card,
    kind="cards",
    noun="calibration",
    hint="`evalwright evaluators cards NAME` lists them",
)


class SqlCards(Part):
    """Implements ``ports.records.CardStore``."""

    def add_card(self, card: CalibrationCard, disagreements: Sequence[Mapping[str, Any]] = ()) -> CalibrationCard:
        """Stores the card and its disagreements in one transaction."""
        checked_name("evaluator", card.evaluator)
        stored = replace(card, id=self._new_id("card"), created_ns=self._clock.now_ns())
        rows = [
            {"card_id": stored.id, "position": place, "human": each["human"], "judge": each["judge"], "row": dict(each)}
            for place, each in enumerate(disagreements)
        ]
        with self._db.write() as connection:
            connection.execute(calibration_cards.insert().values(**asdict(stored)))
            if rows:
                connection.execute(differing.insert(), rows)
        return stored

    def list_cards(
        self, project: str, *, evaluator: str = "", version: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[CalibrationCard]:
        """Returns a page, newest first."""
        return _KEPT.page(self._db, project, evaluator=evaluator, version=version, limit=limit, cursor=cursor)

    def find_card(self, project: str, card_id: str) -> CalibrationCard:
        """Returns one card.

        Raises:
            NotFound: there is none of this id in the project.
        """
        return _KEPT.find(self._db, project, card_id)

    def list_disagreements(
        self, card_id: str, *, human: str = "", judge: str = "", limit: int = 100, cursor: str = ""
    ) -> Page[Mapping[str, Any]]:
        """Returns a page in stored order."""
        query = sa.select(differing.c.position, differing.c.row).where(differing.c.card_id == card_id)
        if human:
            query = query.where(differing.c.human == human)
        if judge:
            query = query.where(differing.c.judge == judge)
        kind = f"disagreements {card_id}"
        with self._db.read() as connection:
            return read_page(connection, query, [differing.c.position], _row, kind=kind, limit=limit, cursor=cursor)
