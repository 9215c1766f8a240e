"""Parses filters by recursive descent: ``or`` binds loosest, then ``and``, then ``not``, then comparisons."""

from __future__ import annotations

from typing import Final

from evalwright.domain.errors import FilterError
from evalwright.filters.ast import (
    And,
    Attribute,
    Compare,
    FieldRef,
    IsNull,
    Node,
    Not,
    Operand,
    Operator,
    Or,
    Scalar,
    ScoreRef,
    Value,
)
from evalwright.filters.check import check_compare, check_flag, unknown_field
from evalwright.filters.fields import find_field
from evalwright.filters.lexer import Token, tokenize

MAX_DEPTH: Final = 64
MAX_LIST: Final = 1_000

_OPERATORS: Final[dict[str, Operator]] = {
    "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "~": "~", "=~": "=~", "in": "in",
}  # fmt: skip
_CONSTANTS: Final = {"true": True, "false": False}
_KEYWORDS: Final = frozenset(("and", "or", "not", "in", "is", "null", *_CONSTANTS))


def parse(text: str) -> Node | None:
    """Returns the checked tree of ``text``, or None for blank text, which matches everything.

    Raises:
        FilterError: with the place of the first mistake.
    """
    parser = _Parser(tokenize(text))
    if parser.peek.kind == "end":
        return None
    node = parser.disjunction(0)
    parser.finish()
    return node


def parse_operand(text: str) -> Operand:
    """Returns the single field, ``attr("key")`` or ``score("name")`` that ``text`` is.

    Raises:
        FilterError: anything else.
    """
    parser = _Parser(tokenize(text))
    operand = parser.operand()
    parser.finish()
    return operand


class _Parser:
    """A cursor over tokens; each method consumes one production."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._index = 0

    @property
    def peek(self) -> Token:
        return self._tokens[self._index]

    def take(self) -> Token:
        token = self.peek
        if token.kind != "end":
            self._index += 1
        return token

    def accept(self, text: str) -> bool:
        """Consumes the keyword or operator ``text`` if it is next; keywords in any case."""
        token = self.peek
        if token.kind not in {"op", "word"} or token.text.lower() != text:
            return False
        self.take()
        return True

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.error(f"expected {text!r}")

    def error(self, expected: str, hint: str = "") -> FilterError:
        token = self.peek
        found = "the end" if token.kind == "end" else repr(token.text)
        return FilterError(f"{expected}, found {found}", position=token.position, length=token.length, hint=hint)

    def finish(self) -> None:
        if self.peek.kind != "end":
            raise self.error("expected and, or, or the end")

    def disjunction(self, depth: int) -> Node:
        start = self.peek.position
        parts = [self.conjunction(depth)]
        while self.accept("or"):
            parts.append(self.conjunction(depth))
        flat = [piece for part in parts for piece in (part.parts if isinstance(part, Or) else (part,))]
        return parts[0] if len(parts) == 1 else Or(parts=tuple(flat), position=start, length=self._since(start))

    def conjunction(self, depth: int) -> Node:
        start = self.peek.position
        parts = [self.negation(depth)]
        while self.accept("and"):
            parts.append(self.negation(depth))
        flat = [piece for part in parts for piece in (part.parts if isinstance(part, And) else (part,))]
        return parts[0] if len(parts) == 1 else And(parts=tuple(flat), position=start, length=self._since(start))

    def negation(self, depth: int) -> Node:
        start = self.peek.position
        if depth > MAX_DEPTH:
            raise FilterError(f"nested deeper than {MAX_DEPTH} levels", position=start)
        if self.accept("not"):
            return Not(part=self.negation(depth + 1), position=start, length=self._since(start))
        if self.accept("("):
            node = self.disjunction(depth + 1)
            self.expect(")")
            return node
        return self.predicate()

    def predicate(self) -> Node:
        start = self.peek.position
        left = self.operand()
        if self.accept("is"):
            negated = self.accept("not")
            self.expect("null")
            return IsNull(operand=left, negated=negated, position=start, length=self._since(start))
        op = self.operator()
        if op is None:
            check_flag(left, self.error("expected an operator", 'for example: kind == "LLM"'))
            return Compare(left=left, op="==", value=True, position=start, length=self._since(start))
        at = self.peek
        value: Value = self.values() if op in {"in", "not in"} else self.scalar()
        value = check_compare(left, op, value, position=at.position, length=max(1, self._since(at.position)))
        return Compare(left=left, op=op, value=value, position=start, length=self._since(start))

    def operator(self) -> Operator | None:
        if self.accept("not"):
            self.expect("in")
            return "not in"
        token = self.peek
        op = _OPERATORS.get(token.text.lower()) if token.kind in {"op", "word"} else None
        if op is not None:
            self.take()
        return op

    def operand(self) -> Operand:
        token = self.peek
        word = token.text
        if token.kind != "word" or word.lower() in _KEYWORDS:
            raise self.error("expected a field", 'a comparison starts with a field, attr("key") or score("name")')
        self.take()
        if word in {"attr", "score"}:
            return self._call(word, token)
        if find_field(word) is None:
            raise unknown_field(word, token.position)
        return FieldRef(name=word, position=token.position, length=token.length)

    def _call(self, function: str, start: Token) -> Operand:
        self.expect("(")
        if self.peek.kind != "string":
            raise self.error(f"{function} takes one quoted name")
        name = self.take().text
        version = self._version() if function == "score" and self.accept(",") else ""
        self.expect(")")
        place = {"position": start.position, "length": self._since(start.position)}
        return Attribute(key=name, **place) if function == "attr" else ScoreRef(name=name, version=version, **place)

    def _version(self) -> str:
        if self.peek.kind != "string" or not self.peek.text:
            raise self.error("expected a quoted evaluator version", 'for example: score("tone", "3f9ac210b7e4") < 1')
        return self.take().text

    def values(self) -> tuple[Scalar, ...]:
        close = ")" if self.accept("(") else "]"
        if close == "]" and not self.accept("["):
            raise self.error("expected a list", 'for example: in ("a", "b")')
        found = [self.scalar()]
        while self.accept(","):
            found.append(self.scalar())
            if len(found) > MAX_LIST:
                raise self.error(f"a list holds at most {MAX_LIST} values")
        self.expect(close)
        return tuple(found)

    def scalar(self) -> Scalar:
        token = self.peek
        constant = _CONSTANTS.get(token.text.lower()) if token.kind == "word" else None
        if token.kind not in {"string", "number"} and constant is None:
            hint = "text is written in quotes" if token.kind == "word" else ""
            raise self.error("expected a value", "use is null" if token.text.lower() == "null" else hint)
        self.take()
        if token.kind == "string":
            return token.text
        return _number(token) if constant is None else constant

    def _since(self, start: int) -> int:
        last = self._tokens[self._index - 1]
        return last.position + last.length - start


def _number(token: Token) -> int | float:
    if token.text.lstrip("-").isdigit() and len(token.text) <= 20 and abs(int(token.text)) < 2**63:
        return int(token.text)
    value = float(token.text)
    if value in {float("inf"), float("-inf")}:
        raise FilterError("this number is too large", position=token.position, length=token.length)
    return value
