"""A filter tree back to text: the canonical spelling, which parses to an equal tree."""

from __future__ import annotations

from evalwright.filters.ast import And, Attribute, Compare, FieldRef, IsNull, Node, Not, Operand, Or, Value


def to_text(node: Node) -> str:
    """Returns the canonical text of ``node``."""
    match node:
        case And(parts=parts):
            return " and ".join(_wrapped(part) for part in parts)
        case Or(parts=parts):
            return " or ".join(_wrapped(part) for part in parts)
        case Not(part=part):
            return f"not {_wrapped(part)}"
        case IsNull(operand=operand, negated=negated):
            return f"{_operand(operand)} is {'not ' if negated else ''}null"
        case Compare(left=left, op=op, value=value):
            return f"{_operand(left)} {op} {_literal(value)}"


def _wrapped(node: Node) -> str:
    text = to_text(node)
    return f"({text})" if isinstance(node, And | Or) else text


def _operand(operand: Operand) -> str:
    match operand:
        case FieldRef(name=name):
            return name
        case Attribute(key=key):
            return f"attr({_quote(key)})"
        case _:
            version = f", {_quote(operand.version)}" if operand.version else ""
            return f"score({_quote(operand.name)}{version})"


def _literal(value: Value) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(_literal(part) for part in value)})"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quote(value) if isinstance(value, str) else repr(value)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"'
