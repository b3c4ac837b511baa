"""Quantities as text at the edge (`"6 GUSD"`, `"2.50 USD/GPU/h"`), plain floats inside; quarters and their hours.

Pint converts; this module only says which unit a field expects and what is refused: bare numbers, another dimension,
NaN, and months where an hourly price is due (a month has no fixed number of hours: 720, 730 and 744 are all in use).
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
from dataclasses import dataclass
from typing import Annotated, Any

import pint
from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, PlainSerializer
from pydantic_core import core_schema

_NUMBER_AND_UNIT = re.compile(
    r"^\s*([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-z%][A-Za-z0-9%_/ ]*)$", re.ASCII
)
_QUARTER = re.compile(r"^(2[01]\d{2})-?Q([1-4])$", re.ASCII)
_DAY = re.compile(r"^2[01]\d{2}-\d{2}-\d{2}$", re.ASCII)
LARGEST = 1e12
"""No quantity is larger in the unit of its field: it would drown every other figure of the model."""
LARGEST_MUSD = 1e6
"""No single amount of a study is larger: a thousand billion dollars. `6e9 MUSD` is a slip of the unit."""
LARGEST_OF = {
    "MW": 1e6,
    "kW": 1e6,
    "km": 5e4,
    "ms": 1e6,
    "MUSD/MW": 1e5,
    "USD/kW": 1e6,
    "USD/MWh": 1e6,
    "USD/MMBtu": 1e6,
    "USD/GPU/h": 1e6,
    "USD/kW/month": 1e6,
    "USD/kW/y": 1e6,
    "hour": 1e4,
}
"""Largest value by unit, well beyond anything that is planned. What is larger is a slip of the unit or of the
exponent."""


@functools.cache
def _registry() -> pint.UnitRegistry[Any]:
    registry: pint.UnitRegistry[Any] = pint.UnitRegistry()
    registry.define("USD = [currency]")
    registry.define("GPU = [accelerator]")
    registry.define("acre_of_land = 4046.8564224 * meter ** 2 = acre")
    registry.define("MMBtu = 1e6 * Btu")
    registry.define("quarter = 0.25 * year")
    registry.define("m3 = meter ** 3")
    return registry


def parse_quantity(text: object, unit: str) -> float:
    """Value of `text` in `unit`. Raises ValueError that says what was expected."""
    example = f'text with a unit such as "10 {unit}"'
    if not isinstance(text, str):
        raise ValueError(f"expected {example}, not the bare value {text!r}")
    match = _NUMBER_AND_UNIT.match(text)
    if match is None:
        raise ValueError(f"expected {example}, found {text!r}")
    number, found = float(match.group(1).replace("_", "")), match.group(2).strip()
    if "month" in found and "month" not in unit:
        raise ValueError(f"expected {example}: a month has no fixed number of hours, found {text!r}")
    try:
        value = float(_registry().Quantity(number, _spelt(found)).to(_spelt(unit)).magnitude)
    except (pint.errors.PintError, AttributeError, TypeError, SyntaxError, AssertionError) as error:
        raise ValueError(f"expected {example}, found {text!r}") from error
    if not math.isfinite(value):
        raise ValueError(f"expected a finite number, found {text!r}")
    largest = LARGEST_OF.get(unit, LARGEST)
    if abs(value) > largest:
        raise ValueError(f"expected at most {largest:,.0f} {unit}, found {text!r}")
    if unit == "MUSD" and abs(value) > LARGEST_MUSD:
        raise ValueError(
            f"expected at most {LARGEST_MUSD:,.0f} MUSD in one amount; this is {value:,.0f} MUSD: is USD or kUSD meant?"
        )
    if unit in ("MUSD", "MW") and 0 < abs(value) < 1e-6:
        raise ValueError(f"expected {example}; this is {value:g} {unit}: a small m is a thousandth, M a million")
    return value


def _spelt(unit: str) -> str:
    """The unit as Pint spells it: `%` is percent, `y` a year."""
    return re.sub(r"\by\b", "year", unit.replace("%", "percent"))


@dataclass(frozen=True)
class Unit:
    """Annotation of a float: read from text in any unit convertible to `unit` (times `scale`), written back as such."""

    unit: str
    scale: float = 1.0

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(
            lambda value: parse_quantity(value, self.unit) * self.scale,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: f"{value / self.scale:.15g} {self.unit}", when_used="json-unless-none"
            ),
        )


Years = Annotated[float, Field(gt=0, le=100)]
"""A life in years: nothing that is planned here is counted on for longer than a century."""
Share = Annotated[float, Field(ge=0, le=1), Unit("%", 0.01)]
"""A fraction, written as `"25 %"`."""
YearlyShare = Annotated[float, Field(ge=0, le=1), Unit("%/y", 0.01)]
"""A fraction a year, written as `"3 %/y"`."""
YearlyChange = Annotated[float, Field(gt=-1, le=10), Unit("%/y", 0.01)]
"""Growth a year, may be negative, written as `"-12 %/y"`."""


def parse_quarter(text: object) -> int:
    """Ordinal (4 x year + quarter - 1) of `2024-Q2` or of the quarter that holds an ISO day. Raises ValueError."""
    if isinstance(text, dt.date):
        return text.year * 4 + (text.month - 1) // 3
    if isinstance(text, str):
        text = text.strip()
        if match := _QUARTER.match(text):
            return int(match.group(1)) * 4 + int(match.group(2)) - 1
        if _DAY.match(text):
            return parse_quarter(dt.date.fromisoformat(text))
    raise ValueError(f'expected a quarter such as "2024-Q2" or an ISO day such as "2024-05-27", found {text!r}')


def quarter_label(ordinal: int) -> str:
    """`2024-Q2` of an ordinal."""
    return f"{ordinal // 4}-Q{ordinal % 4 + 1}"


def first_day(ordinal: int) -> dt.date:
    """First day of the quarter."""
    return dt.date(ordinal // 4, ordinal % 4 * 3 + 1, 1)


def hours_in(ordinal: int) -> float:
    """Hours of the quarter, leap days counted: 2028-Q1 has 2,184."""
    return (first_day(ordinal + 1) - first_day(ordinal)).days * 24.0


Quarter = Annotated[
    int,
    BeforeValidator(parse_quarter),
    PlainSerializer(quarter_label, return_type=str, when_used="json"),
]
"""A quarter in a study: text outside, ordinal inside."""
