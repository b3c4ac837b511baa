"""Many variations from a few lines: a full product, a table of named edits, a sample of ranges.

Sampling is scipy's (`scipy.stats.qmc`): Latin hypercube (McKay, Beckman and Conover 1979) or Sobol's sequence,
scrambled, from a seed: the same seed gives the same sample.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import Field
from scipy.stats import qmc

from siting.arguments import checked
from siting.errors import Fault, InputError, raise_if_any
from siting.units import parse_quantity, parse_quarter, quarter_label
from siting.whatif.variation import Variation

MOST = 100_000
"""More variations than this are a slip: they would run for months."""
_QUANTITY = re.compile(r"\s*[-+]?[\d._]+(?:[eE][-+]?\d+)?\s*([^\W\d_].*?|%.*?)\s*")


@checked
def grid(choices: Mapping[str, Any], file: str = "grid") -> list[Variation]:
    """Every combination of the values of each key, the last key changing fastest.

    choices: a list of values by dotted key; a mapping gives each value its name in that of the variation. Text that no
    other key has stands in a name by itself, anything else behind the end of its key. file: what faults name. Raises
    InputError.
    """
    raise_if_any(
        [
            Fault(file=file, key=str(key), value=repr(values), expected="a list of values, or a value by name")
            for key, values in choices.items()
            if not _many(values)
        ]
    )
    raise_if_any(
        [
            Fault(file=file, key=key, value="no value", expected="at least one")
            for key, n in choices.items()
            if not len(n)
        ]
    )
    if (size := math.prod(map(len, choices.values()))) > MOST or not choices:
        expected = f"one key or more, {MOST:,} combinations at most"
        raise InputError([Fault(file=file, key="all keys", value=f"{size if choices else 0:,}", expected=expected)])
    named = {key: _named(values) for key, values in choices.items()}
    short = _before(named)
    return [
        Variation(
            name=", ".join(f"{short[key]}{label}" for key, (label, _) in zip(named, combination, strict=True)),
            edits={key: value for key, (_, value) in zip(named, combination, strict=True)},
        )
        for combination in itertools.product(*named.values())
    ]


@checked
def table(rows: pd.DataFrame | str | Path | Iterable[Mapping[str, Any]]) -> list[Variation]:
    """One variation a row: column `name`, every other column the dotted key of a field; a blank cell changes nothing.

    rows: a frame, mappings, or a CSV file in UTF-8. Text that begins with [ or { is read as JSON. Raises InputError.
    """
    file = str(rows) if isinstance(rows, (str, Path)) else "table"
    if isinstance(rows, (str, Path)):
        rows = _read(Path(rows))
    entries = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else [dict(row) for row in rows]
    faults, variations = [], []
    for number, entry in enumerate(entries, start=1):
        name = entry.pop("name", None)
        if _blank(name):
            faults.append(
                Fault(file=file, key=f"row {number}, name", value="nothing", expected="a name for every variation")
            )
            continue
        edits: dict[str, Any] = {}
        for key, value in entry.items():
            try:
                edits |= {} if _blank(value) else {str(key): _from_json(value)}
            except ValueError:
                where = f"row {number}, {key}"
                faults.append(Fault(file=file, key=where, value=value, expected="JSON, as after any [ or {"))
        variations.append(Variation(name=str(name), edits=edits))
    raise_if_any(faults)
    return variations


@dataclass(frozen=True)
class Range:
    """Everything from `low` to `high`: text with units, quarters, whole or other numbers."""

    low: Any
    high: Any

    def at(self, share: float) -> Any:
        """The value at a share in [0, 1) of the way; whole numbers and quarters are equally likely, both ends included.

        Raises ValueError that says what was expected.
        """
        ends, said = self._read()
        if self.count is None:
            return said(ends[0] + share * (ends[1] - ends[0]))
        return said(ends[0] + int(share * (self.count + 1)))

    def step(self, number: int, of: int) -> Any:
        """The value after so many of `of` equal steps; whole numbers and quarters to the nearest. Raises ValueError."""
        ends, said = self._read()
        value = ends[0] + (ends[1] - ends[0]) * number / of
        return said(value if self.count is None else round(value))

    @property
    def count(self) -> int | None:
        """Steps from one whole number or quarter to the next; None for a range without steps. Raises ValueError."""
        low, high = self._read()[0]
        return high - low if isinstance(low, int) and isinstance(high, int) else None

    def _read(self) -> tuple[tuple[float, float], Callable[[Any], Any]]:
        """Both ends as numbers, whole ones where the range has steps, and how a value is written."""
        ends: tuple[float, float]
        said: Callable[[Any], Any] = lambda value: value  # noqa: E731
        low, high = self.low, self.high
        if isinstance(low, bool) or isinstance(high, bool):
            raise ValueError("numbers, quarters or text with a unit, not true or false")
        if isinstance(low, (int, float)) and isinstance(high, (int, float)):
            ends = (low, high)
        elif (quarters := _quarters(low, high)) is not None:
            ends, said = quarters, quarter_label
        elif isinstance(low, str) and (match := _QUANTITY.fullmatch(low)):
            unit = match.group(1)
            ends = (parse_quantity(low, unit), parse_quantity(high, unit))
            said = lambda value: f"{value:.9g} {unit}"  # noqa: E731
        else:
            raise ValueError('two numbers, two quarters, or two texts with a unit such as "40 USD/MWh"')
        try:
            finite = all(map(math.isfinite, (*ends, ends[1] - ends[0])))
        except OverflowError:  # a whole number of hundreds of digits
            finite = False
        if not finite or ends[1] < ends[0]:
            raise ValueError("finite ends, the lower one first, and a finite distance between them")
        return ends, said


@checked
def sample(
    ranges: Mapping[str, Any],
    size: int,
    *,
    seed: Annotated[int, Field(ge=0)] = 0,
    method: Literal["latin-hypercube", "sobol"] = "latin-hypercube",
) -> list[Variation]:
    """`size` variations spread evenly over the ranges, named `sample 001` and so on.

    ranges: by dotted key, a `Range`, or a list of values that are equally likely. A Sobol sample whose size is no power
    of two is the beginning of the next longer one, and a little less even. Raises InputError.
    """
    raise_if_any([*_sample_faults(ranges, size)])
    if method == "sobol":
        sampler = qmc.Sobol(d=len(ranges), rng=seed)
        points = sampler.random_base2(max(0, math.ceil(math.log2(size))))[:size]
    else:
        points = qmc.LatinHypercube(d=len(ranges), rng=seed).random(size)
    digits = max(3, len(str(size)))
    return [
        Variation(
            name=f"sample {number:0{digits}}",
            edits={key: _drawn(wish, float(share)) for (key, wish), share in zip(ranges.items(), point, strict=True)},
        )
        for number, point in enumerate(points, start=1)
    ]


def _sample_faults(ranges: Mapping[str, Range | Sequence[Any]], size: int) -> Iterable[Fault]:
    if not ranges:
        yield Fault(file="sample", key="ranges", value="none", expected="at least one key")
    if not 1 <= size <= MOST:
        yield Fault(file="sample", key="size", value=f"{size:,}", expected=f"1 to {MOST:,}")
    for key, wish in ranges.items():
        try:
            if not isinstance(wish, Range) and not (_many(wish) and isinstance(wish, Sequence)):
                raise ValueError("a range, or a list of values")
            _drawn(wish, 0.5)
        except (ValueError, IndexError) as error:
            said = f"{wish.low!r} to {wish.high!r}" if isinstance(wish, Range) else repr(wish)
            expected = str(error).removeprefix("expected ") if isinstance(error, ValueError) else "at least one value"
            yield Fault(file="sample", key=key, value=said, expected=expected)


def _drawn(wish: Range | Sequence[Any], share: float) -> Any:
    return wish.at(share) if isinstance(wish, Range) else wish[int(share * len(wish))]


def _many(values: Any) -> bool:
    """Whether these are values to choose from: text is one value, not its letters."""
    return isinstance(values, Collection) and not isinstance(values, (str, bytes))


def _named(values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[str, Any]]:
    if isinstance(values, Mapping):
        return [(str(label), value) for label, value in values.items()]
    return [(_label(value), value) for value in values]


def _label(value: Any) -> str:
    """How a name says the value."""
    text = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (bool, list, dict)) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _before(named: Mapping[str, list[tuple[str, Any]]]) -> dict[str, str]:
    """What stands before the values of each key in a name: nothing, or the shortest ending that tells it apart."""
    short = _short(list(named))
    for key, values in named.items():
        others = {label for other in named if other != key for label, _ in named[other]}
        bare = all(label not in others and (label != str(value) or isinstance(value, str)) for label, value in values)
        short[key] = "" if bare else f"{short[key]} "
    return short


def _short(keys: list[str]) -> dict[str, str]:
    """The shortest endings of dotted keys that tell them apart."""
    parts = {key: key.split(".") for key in keys}
    short = {}
    for key in keys:
        for length in range(1, len(parts[key]) + 1):
            if all(other == key or parts[other][-length:] != parts[key][-length:] for other in keys):
                break
        short[key] = ".".join(parts[key][-length:])
    return short


def _read(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        found = str(getattr(error, "strerror", None) or error)
        raise InputError([Fault(file=str(path), key="the file", value=found, expected="CSV in UTF-8")]) from error
    if "name" not in frame.columns:
        found = ", ".join(map(str, frame.columns))
        raise InputError([Fault(file=str(path), key="columns", value=found, expected="a column `name`")])
    return frame


def _blank(value: Any) -> bool:
    return (
        value is None or (isinstance(value, str) and not value.strip()) or (isinstance(value, float) and value != value)
    )


def _from_json(value: Any) -> Any:
    if hasattr(value, "item"):  # numpy's own numbers
        value = value.item()
    return json.loads(value) if isinstance(value, str) and value.lstrip()[:1] in ("[", "{") else value


def _quarters(low: Any, high: Any) -> tuple[int, int] | None:
    """Both as quarters, if that is what they are."""
    try:
        return parse_quarter(low), parse_quarter(high)
    except ValueError:
        return None
