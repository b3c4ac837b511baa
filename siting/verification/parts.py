"""Parts that a study may leave out, read a second time: each checks its limits and writes its payments.

A part is registered in `siting.verification.registry`; it sees the study, the tables and the plan, never the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables
from siting.verification.cash import Book, Offer
from siting.verification.decisions import Read
from siting.verification.places import Places

if TYPE_CHECKING:
    from siting.verification.limits import Limits


@dataclass(frozen=True, kw_only=True)
class Context:
    """What every part may look at; `book` takes its payments."""

    plan: Plan
    study: Study
    tables: Tables
    places: Places
    offers: dict[str, Offer]
    read: Read
    limits: Limits
    book: Book


class Part:
    """Nothing: what a study without the part has. Subclasses say more."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def post(self) -> None:
        """Write the payments and credits of the part into the book, in the order of `PARTS`."""

    def faults(self) -> Iterator[str]:
        """Limits of the part that the plan breaks."""
        yield from ()

    def firm_mw(self, candidate: str, quarter: int) -> float:
        """Utility MW beside the grid on which running accelerators may count."""
        return 0.0

    def sooner_mw(self, candidate: str, quarter: int) -> float:
        """The part of `firm_mw` that comes from the grid."""
        return 0.0

    def onsite_mwh(self, candidate: str, quarter: int) -> float:
        """Energy that does not come from the grid."""
        return 0.0

    def co2_t(self, candidate: str, quarter: int) -> float:
        """Tonnes beside those of the energy that comes from the grid, which the plan's power table holds."""
        return 0.0
