"""Decides whether a user's SQL may run: one SELECT over known views, built from known pieces only.

Everything is refused unless it is listed. The database sees SQL generated from the checked tree, never the user's text,
so what was checked is what runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlglot import exp, parse
from sqlglot.dialects.clickhouse import ClickHouse
from sqlglot.errors import SqlglotError
from sqlglot.parsers.clickhouse import ClickHouseParser

from evalwright.domain.errors import QueryRefused
from evalwright.storage.spans.functions import COMBINATORS, FUNCTIONS

MAX_SQL: Final = 50_000

_NODES: Final[tuple[type[exp.Expr], ...]] = (
    exp.Select, exp.Union, exp.Intersect, exp.Except, exp.Subquery, exp.With, exp.CTE, exp.TableAlias, exp.Table,
    exp.Identifier, exp.Column, exp.Star, exp.Alias, exp.From, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered,
    exp.Limit, exp.Offset, exp.Distinct, exp.Join, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Tuple, exp.Array,
    exp.Binary, exp.Unary, exp.In, exp.Between, exp.Case, exp.If, exp.Cast, exp.TryCast, exp.DataType,
    exp.DataTypeParam, exp.Interval, exp.Var, exp.Window, exp.WindowSpec, exp.Lambda, exp.Bracket, exp.Dot, exp.Exists,
    exp.Filter, exp.RawString,
)  # fmt: skip
_REFUSED_ARGS: Final = {
    exp.Select: ("settings", "format", "into", "prewhere", "sample", "hint", "kind", "locks", "cluster"),
    exp.Table: ("db", "catalog", "sample", "pivots", "joins", "version", "only", "partition", "changes", "when"),
    exp.In: ("field", "unnest", "is_global"),
    exp.With: ("recursive",),
    exp.Star: ("replace", "rename"),
    exp.Column: ("catalog",),
}
_CTE_PREFIX: Final = "with_"
_COMBINED: Final = re.compile(rf"(.+?)((?:{'|'.join(COMBINATORS)})+)$", re.IGNORECASE)


class _Parser(ClickHouseParser):
    """Keeps every function call as it was written, so that the allow-list sees real names and arguments."""

    FUNCTIONS = {}  # noqa: RUF012 - sqlglot's own way to configure a parser


class _Dialect(ClickHouse):
    Parser = _Parser
    parser_class = _Parser  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that may run: its common table expressions, its body, and the views both read."""

    ctes: Sequence[str]
    body: str
    views: Sequence[str]


def check_sql(text: str, views: Sequence[str]) -> CheckedQuery:
    """Returns the query in checked form.

    Raises:
        QueryRefused: not exactly one SELECT over ``views``, or it uses anything not listed as safe.
    """
    tree = _parse_one(text)
    for node in tree.walk():
        _check_node(node)
    ctes = _rename_ctes(tree, views)
    used = sorted({table.name for table in tree.find_all(exp.Table)} - {_CTE_PREFIX + name for name in ctes})
    for name in used:
        if name not in views:
            raise QueryRefused(f"there is no view {name!r}", hint=f"the views are {', '.join(views)}")
    return _split(tree, used)


def _parse_one(text: str) -> exp.Expr:
    if len(text) > MAX_SQL:
        raise QueryRefused(f"the query is longer than {MAX_SQL} characters")
    try:
        trees = [tree for tree in parse(text, read=_Dialect) if tree is not None]
    except (SqlglotError, RecursionError) as error:
        raise QueryRefused(f"this SQL does not parse: {_plain(str(error))}") from None
    if len(trees) != 1:
        raise QueryRefused(f"found {len(trees)} statements", hint="send exactly one SELECT")
    if not isinstance(trees[0], exp.Select | exp.SetOperation):
        raise QueryRefused("only SELECT is allowed", hint="the views are read-only")
    return trees[0]


def _plain(message: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", message.split("\n", 1)[0])[:200]


def _rename_ctes(tree: exp.Expr, views: Sequence[str]) -> set[str]:
    """Prefixes the query's own table names: outside its scope such a name then finds nothing, never a real table."""
    ctes = [cte for cte in tree.find_all(exp.CTE) if isinstance(cte.this, exp.Query)]
    names = {cte.alias for cte in ctes}
    if taken := names & set(views):
        raise QueryRefused(f"{min(taken)!r} is a view", hint="name the WITH clause differently")
    for table in tree.find_all(exp.Table):
        if table.name in names:
            if not table.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
            table.set("this", exp.to_identifier(_CTE_PREFIX + table.name, quoted=True))
    for cte in ctes:
        cte.args["alias"].set("this", exp.to_identifier(_CTE_PREFIX + cte.alias, quoted=True))
    return names


def _check_node(node: exp.Expr) -> None:
    if isinstance(node, exp.Func) and not isinstance(node, _NODES):
        _check_function(_function_name(node))
    elif not isinstance(node, _NODES):
        raise QueryRefused(f"{type(node).__name__.lower()!r} is not allowed", hint="see the SQL views reference")
    for kind, names in _REFUSED_ARGS.items():
        if isinstance(node, kind) and (found := [name for name in names if node.args.get(name)]):
            raise QueryRefused(f"{found[0]!r} is not allowed here", hint="see the SQL views reference")
    if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
        raise QueryRefused("table functions are not allowed", hint="read from the documented views")
    # ClickHouse reads a lone name after IN as a table.
    if isinstance(node, exp.In) and len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Column):
        raise QueryRefused("IN takes values or a subquery", hint="write x = y, or IN (SELECT ...)")


def _check_function(name: str) -> None:
    lowered = name.lower()
    match = _COMBINED.match(lowered)
    if lowered not in FUNCTIONS and (match is None or match[1] not in FUNCTIONS):
        raise QueryRefused(f"function {name!r} is not allowed", hint="see the SQL views reference for the list")


def _function_name(node: exp.Func) -> str:
    """Returns the name the generator will write, which is what the database will see."""
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc | exp.ParameterizedAgg):
        return str(node.name or node.this)
    return node.sql(dialect=_Dialect).split("(", 1)[0]


def _split(tree: exp.Expr, used: Sequence[str]) -> CheckedQuery:
    clause = tree.args.get("with_")
    ctes: list[str] = []
    if clause is not None:
        ctes = [cte.sql(dialect=_Dialect, comments=False) for cte in clause.expressions]
        clause.pop()
    return CheckedQuery(ctes=ctes, body=tree.sql(dialect=_Dialect, comments=False), views=used)
