"""Every field that a study may state: its key, what it takes, its default and what it means, read off the schema."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from siting.study.root import Study
from siting.units import Quarter, Unit

_QUARTER = get_args(Quarter)[1]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One field. `key` is dotted, `[]` stands for each entry of a list."""

    key: str
    takes: str
    default: str
    meaning: str


def manual(under: str = "", *, schema: type[BaseModel] = Study, prefix: str = "") -> list[Entry]:
    """Every field in the order of the schema, `prefix` before its key; with `under` those whose key begins with it."""
    return [entry for entry in _entries(schema, prefix) if entry.key.startswith(under)]


def _entries(part: type[BaseModel], prefix: str) -> Iterator[Entry]:
    for name, field in part.model_fields.items():
        inner, many = _part_within(field.annotation)
        key = f"{prefix}{name}{'[]' if many else ''}"
        meaning = " ".join((field.description or "").split())
        if inner is None:
            yield Entry(key=key, takes=_takes(field), default=_default(field), meaning=meaning)
        else:
            doc = " ".join((inner.__doc__ or "").split())
            yield Entry(key=key, takes="table", default=_default(field), meaning=meaning or doc)
            yield from _entries(inner, f"{key}.")


def _part_within(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The part that a field holds, and whether it holds several."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType, Annotated, tuple, dict):
        for each in args:
            inner, many = _part_within(each)
            if inner is not None:
                return inner, many or origin in (tuple, dict)
    return None, False


def _takes(field: FieldInfo) -> str:
    for extra in field.metadata:
        if isinstance(extra, Unit):
            return f'text with a unit, e.g. "10 {extra.unit}"'
        if extra == _QUARTER:
            return 'a quarter, e.g. "2026-Q1", or a day'
    return _named(field.annotation)


def _named(annotation: Any) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " | ".join(map(repr, args))
    if origin is Annotated:
        for extra in args[1:]:
            if isinstance(extra, Unit):
                return f'text with a unit, e.g. "10 {extra.unit}"'
            if extra == _QUARTER:
                return 'a quarter, e.g. "2026-Q1", or a day'
        return _named(args[0])
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_named(each) for each in args if each is not type(None)))
    if origin is tuple:
        return f"list of {_named(args[0])}"
    if origin is dict:
        return f"table of {_named(args[0])} = {_named(args[1])}"
    plain = {str: "text", int: "whole number", float: "number", bool: "true | false"}
    return plain.get(annotation, getattr(annotation, "__name__", "value"))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is PydanticUndefined or value == ():
        return "none"
    if isinstance(value, BaseModel) or (isinstance(value, tuple) and value and isinstance(value[0], BaseModel)):
        return ""
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
