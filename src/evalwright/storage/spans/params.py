"""Bound parameters: every value a user gives reaches SQL through here, never as text of the query."""

from __future__ import annotations

from typing import Any, TypeAlias

Bindable: TypeAlias = str | int | float | bool | list[str] | list[int]


class Binder:
    """Collects the parameters of one query and hands out their placeholders."""

    def __init__(self) -> None:
        self.params: dict[str, Bindable] = {}

    def bind(self, value: Bindable, type_name: str = "") -> str:
        """Returns a placeholder such as ``{p3:String}``; equal values of a type share one."""
        wanted = type_name or _type_of(value)
        for name, known in self.params.items():
            if type(known) is type(value) and known == value and name.endswith(f"_{_suffix(wanted)}"):
                return f"{{{name}:{wanted}}}"
        name = f"p{len(self.params)}_{_suffix(wanted)}"
        self.params[name] = value
        return f"{{{name}:{wanted}}}"


def _suffix(type_name: str) -> str:
    return type_name.replace("(", "").replace(")", "").lower()


def _type_of(value: Bindable) -> str:
    if isinstance(value, bool):
        return "Bool"
    if isinstance(value, int):
        return "Int64"
    if isinstance(value, float):
        return "Float64"
    if isinstance(value, str):
        return "String"
    return "Array(Int64)" if value and isinstance(value[0], int) else "Array(String)"


def encode_param(value: Any) -> str:
    """Returns the text ClickHouse reads a parameter from: escaped like TSV at the top, quoted inside arrays."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    if isinstance(value, list):
        return "[" + ",".join(_quote(item) if isinstance(item, str) else str(item) for item in value) + "]"
    return repr(value)


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
