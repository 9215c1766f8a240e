"""The filter language: what parses, what does not, and where it says the mistake is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright.domain.errors import FilterError
from evalwright.filters import (
    FIELDS,
    And,
    Attribute,
    Compare,
    FieldRef,
    FieldType,
    IsNull,
    Node,
    Not,
    Or,
    ScoreRef,
    fields,
    parse,
    parse_operand,
    to_text,
)


def test_the_example_of_the_guide_parses() -> None:
    node = parse('kind == "LLM" and latency_ms > 3000 and score("faithfulness") < 0.5 and attr("tenant.id") == "acme"')
    assert node == And(
        parts=(
            Compare(left=FieldRef(name="kind"), op="==", value="LLM"),
            Compare(left=FieldRef(name="latency_ms"), op=">", value=3000),
            Compare(left=ScoreRef(name="faithfulness"), op="<", value=0.5),
            Compare(left=Attribute(key="tenant.id"), op="==", value="acme"),
        )
    )


def test_blank_text_matches_everything() -> None:
    assert parse("") is None
    assert parse(" \n\t ") is None


def test_and_binds_tighter_than_or_and_not_tighter_than_and() -> None:
    a, b, c = (Compare(left=FieldRef(name="name"), op="==", value=value) for value in "abc")
    assert parse('name == "a" or name == "b" and not name == "c"') == Or(parts=(a, And(parts=(b, Not(part=c)))))


def test_parentheses_change_the_order() -> None:
    a, b, c = (Compare(left=FieldRef(name="name"), op="==", value=value) for value in "abc")
    assert parse('(name == "a" or name == "b") and name == "c"') == And(parts=(Or(parts=(a, b)), c))


def test_a_boolean_field_stands_alone() -> None:
    assert parse("not is_root") == Not(part=Compare(left=FieldRef(name="is_root"), op="==", value=True))


def test_both_quotes_and_escapes_read_alike() -> None:
    assert parse(r"""name == 'it\'s "x"\n\u00e9'""") == Compare(
        left=FieldRef(name="name"), op="==", value='it\'s "x"\né'
    )


def test_times_become_nanoseconds_without_losing_one() -> None:
    node = parse('start_time >= "2026-01-02T03:04:05.123456789+01:00"')
    assert isinstance(node, Compare)
    assert node.value == 1767319445_123456789


def test_a_time_without_a_zone_is_utc() -> None:
    assert parse('start_time < "2106-02-07"') == parse('start_time < "2106-02-07T00:00:00Z"')


def test_nanosecond_numbers_keep_every_digit() -> None:
    node = parse("start_time == 1767319445123456789")
    assert isinstance(node, Compare)
    assert node.value == 1767319445123456789


@pytest.mark.parametrize(
    ("text", "position", "length", "word"),
    [
        ('modl == "x"', 0, 4, "model"),
        ('kind == "LLM" and', 17, 1, "field"),
        ('kind = "LLM"', 5, 1, "=="),
        ('kind == "LLM', 8, 4, "add a"),
        ("latency_ms > 'slow'", 13, 6, "number"),
        ('latency_ms ~ "3"', 0, 16, "=="),
        ("name > 3", 0, 8, "in"),
        ("cost in ()", 9, 1, "value"),
        ("name == null", 8, 4, "is null"),
        ("is_root == 'yes'", 11, 5, "true"),
        ("kind == LLM", 8, 3, "quotes"),
        ('name == "a" name', 12, 4, "and"),
        ("(is_root", 8, 1, ")"),
        ("cost > 1e999", 7, 5, "large"),
        ('start_time > "yesterday"', 13, 11, "2026"),
        (r'name == "\q"', 9, 2, "backslash"),
        (r'name == "\ud800"', 9, 6, "surrogate"),
        ("attr(3) == 1", 5, 1, "name"),
        ('attr("a") < "b"', 12, 3, "number"),
        ('attr("a") in (1, "b")', 13, 8, "one type"),
        ("kind", 4, 1, "operator"),
        ("== 3", 0, 2, "field"),
        ("kind == \u0000", 8, 1, "unexpected"),
        ("is_root && is_root", 8, 1, "and"),
        ("kind is nil", 8, 3, "null"),
        ("kind not == 1", 9, 2, "in"),
    ],
)
def test_a_mistake_is_found_where_it_is(text: str, position: int, length: int, word: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert (caught.value.position, caught.value.length) == (position, length)
    assert word in str(caught.value)


def test_deep_nesting_is_refused_before_the_stack_is_used_up() -> None:
    with pytest.raises(FilterError, match="nested deeper"):
        parse("(" * 5_000 + "is_root" + ")" * 5_000)
    with pytest.raises(FilterError, match="nested deeper"):
        parse("not " * 3_000 + "is_root")


def test_long_filters_are_refused() -> None:
    with pytest.raises(FilterError, match="longer than"):
        parse('name == "' + "x" * 20_000 + '"')


def test_a_group_key_is_a_single_operand() -> None:
    assert parse_operand('attr("a.b")') == Attribute(key="a.b")
    with pytest.raises(FilterError):
        parse_operand("model == 1")


def test_every_field_says_what_it_is() -> None:
    assert [field.name for field in fields()] == list(FIELDS)
    assert all(field.description for field in fields())
    assert {"kind", "is_root", "flags", "span_count", "root_name"} <= set(FIELDS)


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_numbers = st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)


def _named(*kinds: FieldType) -> st.SearchStrategy[FieldRef]:
    return st.sampled_from([FieldRef(name=field.name) for field in fields() if field.type in kinds])


def _lists(values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(values, min_size=1, max_size=3).map(tuple)


def _compares(
    left: st.SearchStrategy[object], ops: list[str], value: st.SearchStrategy[object]
) -> st.SearchStrategy[Node]:
    return st.builds(lambda a, b, c: Compare(left=a, op=b, value=c), left, st.sampled_from(ops), value)


_dynamic = st.builds(lambda key: Attribute(key=key), _texts) | st.builds(
    lambda name, version: ScoreRef(name=name, version=version), _texts, _texts
)
_text_fields = _named(FieldType.TEXT, FieldType.LIST)
_leaves = st.one_of(
    _compares(_text_fields | _dynamic, ["==", "!=", "~", "=~"], _texts),
    _compares(_text_fields | _dynamic, ["in", "not in"], _lists(_texts)),
    _compares(_named(FieldType.NUMBER) | _dynamic, ["==", "!=", "<", "<=", ">", ">="], _numbers),
    _compares(_named(FieldType.NUMBER) | _dynamic, ["in", "not in"], _lists(_numbers)),
    _compares(_named(FieldType.BOOLEAN) | _dynamic, ["==", "!="], st.booleans()),
    _compares(_named(FieldType.TIME), ["==", "<", ">="], st.integers(0, 2**63 - 1)),
    st.builds(lambda a, b: IsNull(operand=a, negated=b), _text_fields | _dynamic, st.booleans()),
)


def _flat(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    pieces = [piece for part in parts for piece in (part.parts if isinstance(part, kind) else (part,))]
    return kind(parts=tuple(pieces))


_nodes: st.SearchStrategy[Node] = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: _flat(And, parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: _flat(Or, parts)),
        inner.map(lambda part: Not(part=part)),
    ),
    max_leaves=12,
)


@given(_nodes)
def test_a_tree_written_as_text_parses_to_the_same_tree(node: Node) -> None:
    assert parse(to_text(node)) == node


@given(st.text(max_size=60))
def test_any_text_parses_or_names_a_place_inside_it(text: str) -> None:
    places = [(0, 1)]
    try:
        parse(text)
    except FilterError as error:
        places.append((error.position, error.length))
    assert all(0 <= position <= len(text) and length >= 1 for position, length in places)


@given(st.lists(st.sampled_from([*"()[],~=!<>", "and ", "or ", "not ", "in ", "is ", "null ", "kind ", "cost ", '"a" ', "1 ", "attr", "score"]), max_size=25).map("".join))  # fmt: skip  # noqa: E501
def test_any_row_of_tokens_parses_or_is_a_filter_error(text: str) -> None:
    try:
        node = parse(text)
    except FilterError:
        return
    assert node is None or parse(to_text(node)) == node
