"""Who pays what when: every family posts its payments here, and the money family reads them.

A posting is (item, candidate, quarter, musd for one unit of a variable, variable). Postings of the first families
(`priced=False`) are priced by arrays of present values in the objective already; those of later ones are priced here:
payments and obligations after the horizon at mid-quarter, credits at the end of the horizon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from siting.items import CASH, CREDITS, UNFUNDED

NOWHERE = -1
"""Candidate of a posting that belongs to no place, e.g. a lease."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One coefficient of the cash of a plan."""

    kind: Literal["cash", "credit"]
    item: str
    candidate: int
    quarter: int
    """From the start of the study; a payment in a quarter beyond the horizon is an obligation that counts in the
    value and in no funding row. Credits fall at the end of the horizon and state -1."""
    musd: float
    variable: Any
    priced: bool
    """Whether the ledger prices it in the objective."""


class Ledger:
    """Postings of one model. `discount` and `end_discount` are factors of the study's rate."""

    def __init__(self, quarters: int, rate: float) -> None:
        self.quarters, self._rate = quarters, rate
        self.postings: list[Posting] = []
        self.unfunded: set[str] = set(UNFUNDED)
        """Items that count in the value and in no row of money."""

    def pay(
        self, item: str, quarter: int, musd: float, variable: Any, candidate: int = NOWHERE, priced: bool = True
    ) -> None:
        """`variable` pays `musd` a unit in `quarter`; negative is money received. Raises KeyError, ValueError."""
        if item not in CASH:
            raise KeyError(item)
        if quarter < 0:
            raise ValueError(f"{item} would be paid before the study starts")
        if musd != 0.0:
            self.postings.append(Posting("cash", item, candidate, quarter, float(musd), variable, priced))

    def credit(self, item: str, musd: float, variable: Any, candidate: int = NOWHERE) -> None:
        """`variable` is worth `musd` a unit at the end of the horizon; never a source of funding."""
        if item not in CREDITS:
            raise KeyError(item)
        if musd != 0.0:
            self.postings.append(Posting("credit", item, candidate, -1, float(musd), variable, True))

    def cash(self) -> Iterator[Posting]:
        """Payments inside the horizon."""
        return (p for p in self.postings if p.kind == "cash" and p.quarter < self.quarters)

    def worth(self, posting: Posting) -> float:
        """Present value of the posting for one unit, musd; a credit is negative."""
        if posting.kind == "credit":
            return -posting.musd * float((1.0 + self._rate) ** (-self.quarters / 4.0))
        return posting.musd * self.discount(posting.quarter)

    def discount(self, quarter: int) -> float:
        """Present value of one musd paid at the middle of a quarter."""
        return float((1.0 + self._rate) ** (-(quarter + 0.5) / 4.0))

    def priced(self) -> Iterator[tuple[float, Any]]:
        """(present value of one unit, variable) of what only the ledger prices."""
        return ((self.worth(p), p.variable) for p in self.postings if p.priced)


def merged(terms: Iterable[tuple[float, Any]]) -> tuple[list[float], list[Any]]:
    """Coefficients and variables with every variable once: repeated ones are added up, zeros left out.

    A payment taken back in a later quarter may leave a rest of 1e-16 of it, which is zero too.
    """
    total: dict[int, float] = {}
    size: dict[int, float] = {}
    known: dict[int, Any] = {}
    for coefficient, variable in terms:
        key = id(variable)
        total[key] = total.get(key, 0.0) + coefficient
        size[key] = size.get(key, 0.0) + abs(coefficient)
        known[key] = variable
    kept = [key for key, coefficient in total.items() if abs(coefficient) > 1e-13 * size[key]]
    return [total[key] for key in kept], [known[key] for key in kept]
