"""The planner's own limits as text: `sum(it_mw[state=TX]) + 0.5*sum(it_mw[state=OK|NM]) @2026-Q4 <= 500 MW`.

Left: sums of quantities, each with a factor and filters; a filter lists what it admits (`|` is or), several filters
hold together. `@quarter` asks for what stands in that quarter instead of the last one of the horizon. Right: one
number in the unit of the quantities.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from siting.items import Kind
from siting.study.states import INTERCONNECTS, STATES
from siting.study.tenures import TENURES
from siting.units import LARGEST, parse_quantity, parse_quarter

PLACE = ("state", "county", "interconnect", "tenure", "candidate")
TIME = ("quarter", "year")

GRAMMAR = r"""
start: sum_of SENSE bound
sum_of: first other*
first: [SIGN] _term
other: SIGN _term
_term: [NUMBER "*"] "sum" "(" NAME [filters] [at] ")" [at]
filters: "[" filter ("," filter)* "]"
filter: NAME "=" VALUE ("|" VALUE)*
at: "@" VALUE
bound: [SIGN] NUMBER [UNIT]
SENSE: "<=" | ">=" | "="
SIGN: "+" | "-"
NUMBER: /\d[\d_]*(\.\d*)?([eE][-+]?\d+)?/
NAME: /[a-z][a-z0-9_]*/
VALUE: /"[^"]*"|[A-Za-z0-9][\w.:-]*/
UNIT: /[A-Za-z][A-Za-z0-9\/]*/
%ignore /\s+/
"""


@dataclass(frozen=True)
class Quantity:
    """What can be summed."""

    unit: str
    """Of the number it is compared with; empty for a count."""
    kind: Literal["stock", "flow", "cash"]
    """stock: stands in one quarter; flow: summed over quarters; cash: summed over quarters, of no place."""
    filters: tuple[str, ...]


QUANTITIES: dict[str, Quantity] = {
    "it_mw": Quantity("MW", "stock", PLACE),
    "utility_mw": Quantity("MW", "stock", PLACE),
    "sites": Quantity("", "stock", PLACE),
    "accelerators": Quantity("", "stock", (*PLACE, "accelerator")),
    "h100e": Quantity("", "stock", (*PLACE, "accelerator")),
    "energy_mwh": Quantity("MWh", "flow", (*PLACE, *TIME)),
    "co2_t": Quantity("t", "flow", (*PLACE, *TIME)),
    "water_m3": Quantity("m3", "flow", (*PLACE, *TIME)),
    "capex_musd": Quantity("MUSD", "cash", TIME),
    "spend_musd": Quantity("MUSD", "cash", TIME),
}
"""it_mw, utility_mw: of halls that stand (at peak PUE at the meter); sites: open campuses; accelerators, h100e: what
stands on campuses, leases not counted; energy_mwh: at the meter; capex_musd, spend_musd: payments of the kinds in
CASH_KINDS inside the horizon."""

CASH_KINDS: dict[str, tuple[Kind, ...]] = {
    "capex_musd": ("capital",),
    "spend_musd": ("capital", "operating", "lease", "tax"),
}
"""Kinds of payment in each sum of money: loans and revenue are no spending."""


@dataclass(frozen=True)
class Summand:
    """factor x sum(quantity[filters]) @at."""

    factor: float
    quantity: str
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    """Filters of the place and of the accelerator."""
    quarters: tuple[int, ...] | None
    """Quarters (ordinals) asked for; None: the last one for a stock, all for a sum over quarters."""
    years: tuple[int, ...] | None


@dataclass(frozen=True)
class Expression:
    """sum of the summands, compared with a bound in their unit."""

    summands: tuple[Summand, ...]
    sense: Literal["<=", ">=", "="]
    bound: float
    unit: str


@cache
def parse_expression(text: str) -> Expression:
    """The expression. Raises ValueError that says what was expected, with the nearest name."""
    try:
        tree = _grammar().parse(text)
    except UnexpectedInput as error:
        raise ValueError(
            f"expected an expression such as sum(it_mw[state=TX]) <= 500 MW; it breaks off at column {error.column}"
        ) from error
    left, sense, right = tree.children
    assert isinstance(left, Tree) and isinstance(right, Tree)
    summands = tuple(_summand(part) for part in left.children if isinstance(part, Tree))
    units = {QUANTITIES[part.quantity].unit for part in summands}
    if len(units) > 1:
        raise ValueError(f"expected sums of one unit, not of {', '.join(unit or 'a count' for unit in sorted(units))}")
    unit = units.pop()
    sign, number, found = right.children
    return Expression(
        summands=summands,
        sense=str(sense),  # type: ignore[arg-type]  # the grammar admits these three
        bound=(-1.0 if sign == "-" else 1.0) * _bound(str(number), None if found is None else str(found), unit),
        unit=unit,
    )


@cache
def _grammar() -> Lark:
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=True)


def _bound(number: str, found: str | None, unit: str) -> float:
    if unit == "":
        if found is not None:
            raise ValueError(f"expected a number without unit after a count, found {number} {found}")
        return _number(number)
    return parse_quantity(f"{number} {found or ''}".strip(), unit)


def _number(text: str) -> float:
    """A count or a factor, no larger than a quantity may be."""
    value = float(text.replace("_", ""))
    if value > LARGEST:
        raise ValueError(f"expected a number of at most {LARGEST:g}, found {text}")
    return value


def _summand(part: Tree[Token]) -> Summand:
    sign, factor, name, filters, inside, after = part.children
    quantity = _one_of(str(name), QUANTITIES, "quantity")
    what = QUANTITIES[quantity]
    chosen: dict[str, tuple[str, ...]] = {}
    for entry in [] if filters is None else filters.children:  # type: ignore[union-attr]
        key, *values = (str(token).strip('"') for token in entry.children)  # type: ignore[union-attr]
        if key in chosen:
            raise ValueError(f"expected every filter once, {key} comes twice: write {key}=A|B")
        chosen[_one_of(key, what.filters, f"filter of {quantity}")] = tuple(values)
    times = [inside, after]
    at = [str(time.children[0]) for time in times if isinstance(time, Tree)]
    if len(at) > 1:
        raise ValueError(f"expected one @quarter a sum, found {' and '.join(at)}")
    if at and what.kind != "stock":
        asked = f"{quantity}[quarter={at[0]}]"
        raise ValueError(f"expected @quarter after what stands; {quantity} is summed: write {asked}")
    named = (*at, *chosen.pop("quarter", ()))
    years = chosen.pop("year", None)
    for key, admitted in chosen.items():
        for value in admitted:
            _known_value(key, value)
    return Summand(
        factor=(-1.0 if sign == "-" else 1.0) * _number("1" if factor is None else str(factor)),
        quantity=quantity,
        filters=tuple(sorted(chosen.items())),
        quarters=tuple(parse_quarter(value) for value in named) or None,
        years=None if years is None else tuple(_year(value) for value in years),
    )


def _one_of(name: str, known: Iterable[str], what: str) -> str:
    names = sorted(known)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"; the nearest is {near[0]!r}" if near else ""
    raise ValueError(f"expected a {what}: one of {', '.join(names)}, not {name!r}{hint}")


def _known_value(key: str, value: str) -> None:
    known: Any = {"state": STATES, "interconnect": INTERCONNECTS, "tenure": TENURES}.get(key)
    if known is not None:
        _one_of(value, known, key)


def _year(text: str) -> int:
    if not (text.isdigit() and len(text) == 4):
        raise ValueError(f"expected a year such as 2026, found {text!r}")
    return int(text)
