"""How commands speak: data on stdout (tables or JSON), everything else on stderr."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_WIDTH: Final = 240
COPIED: Final = frozenset(("id", "trace", "span", "session", "card"))
"""Columns that are never cut: what is in them goes into the next command."""

NARROWEST: Final = 8
GAP: Final = 2

Column = tuple[str, Callable[[Mapping[str, Any]], Any]]


@cache
def out() -> Console:
    """The console on stdout; honours NO_COLOR. A pipe has no width: nothing is cut there but at a far edge."""
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)


@cache
def err() -> Console:
    """The console on stderr."""
    return Console(stderr=True)


def emit_json(value: Any) -> None:
    """Writes one JSON document to stdout. NaN becomes null: JSON has no NaN."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    sys.stdout.flush()


def emit_rows(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[Column],
    *,
    as_json: bool,
    empty: str | Callable[[], str],
    more: str = "",
) -> None:
    """Writes rows as a table or a JSON list; ``empty`` says what to do when there are none, ``more`` how to go on."""
    materialised = list(rows)
    if as_json:
        emit_json({"items": materialised, "next_cursor": more})
        return
    if not materialised:
        note(empty if isinstance(empty, str) else empty())
        return
    cells = [[one_line(cell(row)) for _, cell in columns] for row in materialised]
    widths = _fitted([title for title, _ in columns], cells, out().width)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for (title, _), width in zip(columns, widths, strict=True):
        table.add_column(title, overflow="ellipsis", no_wrap=True, width=width)
    for row_cells in cells:
        table.add_row(*map(Text, row_cells))
    # Where the terminal is too narrow for what must be whole, it folds the lines; rich would cut them.
    Console(width=max(out().width, _total(widths))).print(table)
    if more:
        note(f"more: --cursor {more}")


def _fitted(titles: Sequence[str], cells: Sequence[Sequence[str]], room: int) -> list[int]:
    """Returns a width a column: the widest give way first, what people copy never does."""
    widths = [max(map(cell_len, (title, *held))) for title, held in zip(titles, zip(*cells, strict=True), strict=True)]
    giving = [place for place, title in enumerate(titles) if title not in COPIED and widths[place] > NARROWEST]
    while giving and _total(widths) > room:
        widest = max(giving, key=widths.__getitem__)
        widths[widest] -= 1
        giving = [place for place in giving if widths[place] > NARROWEST]
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def one_line(value: Any) -> str:
    """Any value as one line of text without control characters; None is empty, a float has six digits at most."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else f"{value:.6g}" if isinstance(value, float) else str(value)
    return "".join(c if c.isprintable() else " " for c in text[:2000]).strip()


def gist(value: str, width: int) -> str:
    """What a payload, or the beginning of one, says, within ``width`` characters."""
    from evalwright.semconv import preview

    return preview(value, "", width)


def note(text: str) -> None:
    """Says something on stderr."""
    err().print(Text(text), soft_wrap=True)


def duration(ms: float | None) -> str:
    """A duration a person reads: 12 ms, 3.4 s, 2 m 05 s."""
    if ms is None or math.isnan(ms):
        return ""
    if ms < 1000:
        return f"{ms:.0f} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    return f"{int(ms // 60_000)} m {int(ms % 60_000 / 1000):02d} s"


def money(usd: float | None, *, unpriced: int = 0) -> str:
    """A cost; ``+?`` marks a lower bound because some spans have no known price."""
    mark = "+?" if unpriced else ""
    if usd is None:
        return mark
    # Two figures of a small cost, written out: an exponent is read wrong.
    tiny = 0 < usd < 0.001
    decimals = 1 - math.floor(math.log10(usd)) if tiny else 2 if usd >= 1 else 4
    return f"${usd:,.{decimals}f}{mark}"


def estimate(value: Mapping[str, Any] | None) -> str:
    """An estimate from the API exactly as the rest of the product renders it."""
    if not value:
        return ""
    from evalwright.cli.wire import estimate_of
    from evalwright.domain.estimate import render

    return render(estimate_of(value))


def adjusted_p(row: Mapping[str, Any]) -> str:
    """The p-value of a row, adjusted over its family; empty where there was nothing to test."""
    p = row["p_adjusted"]
    return "" if p is None else f"{p:.3g}"
