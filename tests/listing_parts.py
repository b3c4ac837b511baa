"""Parts that a problem may leave out, for the optimum by listing: columns, rows and rules beside those of `listing`.

Each part is written from the words of its rule and from increments by quarter, not from the model's rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Host, Listing


def generated(listing: Listing) -> np.ndarray:
    """(I, U, T) columns of GWh that campuses generate; U is 0 where no part has units."""
    found = [part.gwh for part in listing.parts if hasattr(part, "gwh")]
    return found[0] if found else np.zeros((len(listing.p.candidate_id), 0, listing.p.quarters), dtype=int)


class ListingPart:
    """Nothing. Subclasses take columns with `listing.new(...)` in their `__init__`."""

    name: ClassVar[str] = ""

    def __init__(self, listing: Listing) -> None:
        self.listing, self.p = listing, listing.p

    @staticmethod
    def used(p: Problem) -> bool:
        """Whether the problem has the part."""
        return False

    def write(self) -> None:
        """Left hand sides: new rows with `listing.row(key)`, or new entries in a row that is there."""

    def price(self, cost: np.ndarray) -> None:
        """Present value of a unit of the part's columns, in place."""

    def bound(self, bounds: np.ndarray) -> None:
        """(columns, 2) bounds, in place; columns begin as [0, inf)."""

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        """Right hand sides by `listing.number[key]`, in place; `held` (I, G, T) pods of clusters. Without `money` the
        rows of money must not bind."""

    def running_costs(self) -> Iterator[tuple[int, int, int, float]]:
        """(candidate or -1, column, quarter, musd) that a cap on running costs and the income tax see; quarters after
        the horizon too."""
        yield from ()

    def capital_costs(self) -> Iterator[tuple[int, int, int, float]]:
        """The same of what a cap on capital sees."""
        yield from ()

    def written_off(self) -> Iterator[tuple[int, int, int, float]]:
        """What capital the income tax sees, by the quarter from which it ages like a building."""
        yield from self.capital_costs()

    def taxes(self) -> Iterator[tuple[int, int, float]]:
        """(column, quarter, musd) of income tax."""
        yield from ()

    def listed_costs(self, modules: np.ndarray) -> Iterator[tuple[str, int, int, float]]:
        """(operating, collateral or tax, candidate, quarter, musd) that follow from the modules alone."""
        yield from ()

    def held_costs(self, held: np.ndarray) -> np.ndarray:
        """(I, T) musd of running costs of the pods that clusters hold, beside their energy."""
        return np.zeros((len(self.p.candidate_id), self.p.quarters))

    def count(self, counted: np.ndarray) -> None:
        """Columns that are whole, set to 1 in place."""

    def held_cost(self, held: np.ndarray) -> float:
        """Present value that follows from the pods (I, G, T) that clusters hold, beside their energy."""
        return 0.0

    def fixed_cost(self, modules: np.ndarray) -> float:
        """Present value that follows from the modules alone."""
        return 0.0

    @staticmethod
    def allows(p: Problem, modules: np.ndarray, hosts: tuple[Host, ...]) -> bool:
        """Whether the listed decisions (modules live in t, hosts) keep the part's rules."""
        return True


def counts_spending(p: Problem) -> bool:
    """Whether a limit counts what is spent: what is owed is then paid to the cent, neither less nor more."""
    rows = () if p.limits is None else p.limits.rows
    return any(part.quantity == "spend_musd" for row in rows for part in row.sums)
