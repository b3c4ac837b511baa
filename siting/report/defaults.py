"""Which values of a study stand at their default, told by value: a study inside a plan has every field written out."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pydantic import BaseModel

from siting.study import Study, show_study

BLANKS = ("null", "[]", "{}", '""')


def standing_defaults(study: Study) -> list[tuple[str, str]]:
    """(dotted key, value as text) of every value equal to its default; blanks (left to the tables) apart."""
    kept = set(_keys(study, ""))
    return [(key, value) for key, value, _ in show_study(study) if key in kept and value not in BLANKS]


def _keys(part: BaseModel, prefix: str) -> Iterator[str]:
    for name, field in type(part).model_fields.items():
        value, key = getattr(part, name), f"{prefix}.{name}".lstrip(".")
        if isinstance(value, BaseModel):
            yield from _keys(value, key)
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            for number, item in enumerate(value):
                yield from _keys(item, f"{key}[{number}]")
        elif not field.is_required() and _same(value, field.get_default(call_default_factory=True)):
            yield key


def _same(value: object, default: object) -> bool:
    """Equal, or equal but for a last digit lost between `"95 %"` and 0.95."""
    if isinstance(value, float) and isinstance(default, float):
        return math.isclose(value, default, rel_tol=1e-12)
    return value == default
