"""The filter language: text to a checked tree and back. Nothing else knows its syntax."""

from evalwright.filters.ast import (
    And,
    Attribute,
    Compare,
    FieldRef,
    IsNull,
    Node,
    Not,
    Operand,
    Or,
    ScoreRef,
    Value,
)
from evalwright.filters.fields import FIELDS, Field, FieldTarget, FieldType, fields, find_field
from evalwright.filters.parser import parse, parse_operand
from evalwright.filters.text import to_text

__all__ = [
    "FIELDS",
    "And",
    "Attribute",
    "Compare",
    "Field",
    "FieldRef",
    "FieldTarget",
    "FieldType",
    "IsNull",
    "Node",
    "Not",
    "Operand",
    "Or",
    "ScoreRef",
    "Value",
    "fields",
    "find_field",
    "parse",
    "parse_operand",
    "to_text",
]
