"""JSON that the program wrote, read back: what is of another kind is a fault that names file, key, value and kind."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from siting.errors import Fault, InputError, raise_if_any

LONGEST = 40
"""Letters of a value that are shown."""


class Kind(Protocol):
    """What a value is expected to be."""

    def faults(self, file: str, key: str, value: Any) -> Iterator[Fault]:
        """Where the value, or one inside it, is of another kind."""


@dataclass(frozen=True)
class Plain:
    """A value without parts."""

    words: str
    types: tuple[type, ...]
    blank: bool = False
    """null will do."""

    def faults(self, file: str, key: str, value: Any) -> Iterator[Fault]:
        wrong_flag = isinstance(value, bool) and bool not in self.types
        if not (self.blank and value is None) and (wrong_flag or not isinstance(value, self.types)):
            yield _fault(file, key, value, f"{self.words} or null" if self.blank else self.words)


TEXT, NUMBER, COUNT = Plain("a text", (str,)), Plain("a number", (int, float)), Plain("a whole number", (int,))
FLAG, ANYTHING = Plain("true or false", (bool,)), Plain("a value", (object, bool))
TEXT_OR_NONE, NUMBER_OR_NONE = Plain("a text", (str,), blank=True), Plain("a number", (int, float), blank=True)


@dataclass(frozen=True)
class Choice:
    """One of some texts."""

    texts: tuple[str, ...]

    def faults(self, file: str, key: str, value: Any) -> Iterator[Fault]:
        if value not in self.texts:
            yield _fault(file, key, value, f"one of {', '.join(self.texts)}")


@dataclass(frozen=True)
class Items:
    """A list of values of one kind."""

    kind: Kind
    least: int = 0

    def faults(self, file: str, key: str, value: Any) -> Iterator[Fault]:
        if not isinstance(value, list) or len(value) < self.least:
            yield _fault(file, key, value, "a list" if not self.least else "a list that is not empty")
            return
        for n, inner in enumerate(value):
            yield from self.kind.faults(file, f"{key}[{n}]", inner)


@dataclass(frozen=True)
class Entries:
    """A table of any keys with values of one kind."""

    kind: Kind = ANYTHING
    blank: bool = False
    """null will do."""

    def faults(self, file: str, key: str, value: Any) -> Iterator[Fault]:
        if self.blank and value is None:
            return
        if not isinstance(value, dict):
            yield _fault(file, key, value, "a table")
            return
        for name, inner in value.items():
            yield from self.kind.faults(file, f"{key}.{name}", inner)


@dataclass(frozen=True)
class Record:
    """A table with keys that must be there and others that may; further ones are not looked at."""

    required: Mapping[str, Kind]
    optional: Mapping[str, Kind] = field(default_factory=dict)

    def faults(self, file: str, key: str, value: Any) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield _fault(file, key or "the file", value, "a table")
            return
        for name, kind in {**self.required, **self.optional}.items():
            at = f"{key}.{name}" if key else name
            if name in value:
                yield from kind.faults(file, at, value[name])
            elif name in self.required:
                yield Fault(file=file, key=at, value="nothing", expected="a value")


@dataclass(frozen=True)
class Figures:
    """A number, or lists of such of any depth."""

    def faults(self, file: str, key: str, value: Any) -> Iterator[Fault]:
        if isinstance(value, list):
            for n, inner in enumerate(value):
                yield from self.faults(file, f"{key}[{n}]", inner)
        else:
            yield from NUMBER.faults(file, key, value)


def read_record(path: Path, kind: Record) -> dict[str, Any]:
    """The table in a JSON file. Raises InputError for a file that is missing, cut off or no JSON; and for every value
    that is of another kind or no finite number, all at once."""
    file = str(path)
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        fault = Fault(
            file=file, key="the file", value=error.strerror or "unreadable", expected="a file as it was saved"
        )
        raise InputError([fault]) from error
    except (ValueError, RecursionError) as error:  # what is no UTF-8 is a ValueError too
        fault = Fault(file=file, key="the file", value=_broken(error), expected="JSON, whole, as it was saved")
        raise InputError([fault]) from error
    raise_if_any([*_not_finite(file, "", content), *kind.faults(file, "", content)])
    return content


def _broken(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON at line {error.lineno}, column {error.colno}"
    return "bytes that are no UTF-8" if isinstance(error, UnicodeDecodeError) else "no JSON"


def _not_finite(file: str, key: str, value: Any) -> Iterator[Fault]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _not_finite(file, f"{key}.{name}" if key else str(name), inner)
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _not_finite(file, f"{key}[{n}]", inner)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Fault(file=file, key=key, value=str(value), expected="a finite number")


def _fault(file: str, key: str, value: Any, expected: str) -> Fault:
    return Fault(file=file, key=key, value=_shown(value), expected=expected)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
