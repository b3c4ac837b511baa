"""Counts with their noun, and tables that fit a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 80
"""Letters of a line of a narrow terminal."""


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 candidate`, `35,268 candidates`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def of_all(count: int, whole: int, one: str) -> str:
    """`all 3 candidates`, `the only candidate`, `7 of 1,200 candidates`."""
    if count < whole:
        return f"{count:,} of {plural(whole, one)}"
    return f"the only {one}" if whole == 1 else f"all {plural(whole, one)}"


def in_width(frame: pd.DataFrame) -> str:
    """A frame of text in lines of `WIDTH` letters: columns that do not fit follow below, each time beside the first."""
    named = frame.set_index(frame.columns[0])
    named.columns.name, named.index.name = named.index.name, None
    return "\n".join(line.rstrip(" \\") for line in named.to_string(line_width=WIDTH).splitlines())
