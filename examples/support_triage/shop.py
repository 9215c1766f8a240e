"""The shop's database: customers, subscriptions, invoices, exports, tickets; the same for every session."""

from __future__ import annotations

import random
import sqlite3
from functools import cache
from typing import Any

TODAY = "2026-05-20"
CUSTOMERS = 60
_SCHEMA = """
CREATE TABLE customers (id TEXT PRIMARY KEY, name TEXT, email TEXT, country TEXT);
CREATE TABLE subscriptions (id TEXT PRIMARY KEY, customer_id TEXT, plan TEXT, seats INTEGER, status TEXT, ends TEXT);
CREATE TABLE invoices (id TEXT PRIMARY KEY, customer_id TEXT, date TEXT, amount REAL, status TEXT, note TEXT);
CREATE TABLE exports (id TEXT PRIMARY KEY, customer_id TEXT, status TEXT, restarts INTEGER);
CREATE TABLE tickets (id TEXT PRIMARY KEY, customer_id TEXT, subject TEXT);
"""
_NAMES = ("Amara", "Ben", "Chloe", "Diego", "Elif", "Farid", "Greta", "Hana", "Ivan", "Jonas", "Kira", "Liam", "Mei")


class ToolError(Exception):
    """A tool could not do what it was asked; the message is for the model."""


@cache
def _snapshot() -> bytes:
    """Returns the seeded database as bytes, so that each session starts from a copy of its own."""
    rng = random.Random(7)
    database = sqlite3.connect(":memory:")
    database.executescript(_SCHEMA)
    for number in range(CUSTOMERS):
        _add_customer(database, number, rng)
    database.commit()
    data = database.serialize()
    database.close()
    return data


def _add_customer(database: sqlite3.Connection, number: int, rng: random.Random) -> None:
    customer, name = f"CUS-{1000 + number}", rng.choice(_NAMES)
    plan = rng.choice(["Team", "Business"])
    seats, price = rng.randint(3, 40), {"Team": 9.0, "Business": 19.0}[plan]
    country = rng.choice(["DE", "FR", "NO", "US"])
    database.execute("INSERT INTO customers VALUES (?,?,?,?)", (customer, name, f"{name.lower()}@example.com", country))
    subscription = (f"SUB-{2000 + number}", customer, plan, seats, "active", "2026-05-31")
    database.execute("INSERT INTO subscriptions VALUES (?,?,?,?,?,?)", subscription)
    first, amount = 30000 + 10 * number, seats * price
    recent = f"2026-05-{rng.randint(1, 5):02d}"
    rows = [
        (f"INV-{first}", "2026-03-01", ""),
        (f"INV-{first + 1}", recent, ""),
        (f"INV-{first + 2}", recent, "duplicate"),
    ]
    for identity, date, note in rows:
        database.execute("INSERT INTO invoices VALUES (?,?,?,?,?,?)", (identity, customer, date, amount, "paid", note))
    # Every third export sits on broken storage: its restart fails, as restarts do.
    status = "stuck (storage unavailable)" if number % 3 == 0 else "stuck"
    database.execute("INSERT INTO exports VALUES (?,?,?,?)", (f"EXP-{4000 + number}", customer, status, 0))


class Shop:
    """One session's copy of the database and the operations its tools offer."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.deserialize(_snapshot())
        self._database.row_factory = sqlite3.Row

    def close(self) -> None:
        """Forgets the copy."""
        self._database.close()

    def _rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self._database.execute(query, values)]

    def _one(self, kind: str, query: str, identity: str) -> dict[str, Any]:
        rows = self._rows(query, identity)
        if not rows:
            raise ToolError(f"no {kind} {identity}")
        return rows[0]

    def list_invoices(self, customer_id: str) -> list[dict[str, Any]]:
        """The customer's invoices, newest last."""
        return self._rows("SELECT * FROM invoices WHERE customer_id = ? ORDER BY id", customer_id)

    def get_subscription(self, customer_id: str) -> dict[str, Any]:
        """The customer's subscription."""
        return self._one("subscription of", "SELECT * FROM subscriptions WHERE customer_id = ?", customer_id)

    def issue_refund(self, invoice_id: str) -> dict[str, Any]:
        """Refunds a paid invoice of the last 30 days."""
        invoice = self._one("invoice", "SELECT * FROM invoices WHERE id = ?", invoice_id)
        if invoice["status"] == "refunded":
            raise ToolError(f"invoice {invoice_id} is refunded already")
        if invoice["date"] < "2026-04-20":
            raise ToolError(f"refund window closed: invoice {invoice_id} is older than 30 days")
        self._database.execute("UPDATE invoices SET status = 'refunded' WHERE id = ?", (invoice_id,))
        return {"refund_id": f"REF-{invoice_id[4:]}", "invoice_id": invoice_id, "amount": invoice["amount"]}

    def update_seats(self, customer_id: str, seats: int) -> dict[str, Any]:
        """Sets the number of seats."""
        plan = self.get_subscription(customer_id)["plan"]
        if not 1 <= seats <= {"Team": 50, "Business": 500}[plan]:
            raise ToolError(f"the {plan} plan does not allow {seats} seats")
        self._database.execute("UPDATE subscriptions SET seats = ? WHERE customer_id = ?", (seats, customer_id))
        return self.get_subscription(customer_id)

    def cancel_subscription(self, customer_id: str) -> dict[str, Any]:
        """Cancels at the end of the paid period."""
        self._database.execute("UPDATE subscriptions SET status = 'cancelled' WHERE customer_id = ?", (customer_id,))
        return self.get_subscription(customer_id)

    def restart_export(self, customer_id: str) -> dict[str, Any]:
        """Restarts the customer's stuck export."""
        export = self._one("export of", "SELECT * FROM exports WHERE customer_id = ?", customer_id)
        if "storage" in export["status"]:
            raise ToolError(f"export {export['id']} cannot be restarted: storage unavailable")
        self._database.execute("UPDATE exports SET status = 'running', restarts = 1 WHERE id = ?", (export["id"],))
        return {"export_id": export["id"], "status": "running"}

    def create_ticket(self, customer_id: str, subject: str) -> dict[str, Any]:
        """Opens a ticket for a human team."""
        identity = f"TCK-{5000 + int(customer_id[4:])}"
        self._database.execute("INSERT OR REPLACE INTO tickets VALUES (?,?,?)", (identity, customer_id, subject))
        return {"ticket_id": identity}

    def reset_mfa(self, customer_id: str) -> dict[str, Any]:
        """Sends a link to set up a new second factor."""
        email = self._one("customer", "SELECT * FROM customers WHERE id = ?", customer_id)["email"]
        return {"sent_to": email}
