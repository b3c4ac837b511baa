"""Fields of a study set by their dotted names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting.errors import Fault


def set_fields(tree: Any, full: Any, changes: Mapping[str, Any], file: str) -> list[Fault]:
    """Set the changes in `tree`, what a study's TOML holds, one after another. The faults are of names that match
    nothing.

    full: the same with every field, so that one the TOML leaves out can be set too.
    """
    expected = "a field of the study by its dotted name, entries of a list by number from 0"
    faults = []
    for dotted, value in changes.items():
        if wrong := _set(tree, full, dotted.split("."), value):
            faults.append(Fault(file=file, key=dotted, value=f"no field {wrong!r}", expected=expected))
    return faults


def _set(tree: Any, full: Any, keys: list[str], value: Any) -> str:
    """The key that there is not; empty where the value is set."""
    head, *rest = keys
    try:
        step: Any = _entry(head) if isinstance(full, list) else head
        below = full[step]
        if not rest:
            tree[step] = value
            return ""
        if isinstance(tree, dict) and step not in tree:
            tree[step] = {} if isinstance(below, dict) else below
        inside = tree[step]
    except (KeyError, IndexError, TypeError, ValueError):  # also below a value, or an entry that a change took away
        return head
    return _set(inside, below, rest, value)


def _entry(head: str) -> int:
    """Number of an entry of a list, from 0; ValueError for what is none: -1 would be the last one, unasked."""
    if not head.isdecimal():
        raise ValueError(head)
    return int(head)
