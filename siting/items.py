"""Every kind of payment and credit of a plan, once: what it is, when it falls due, how it is taxed.

`CASH` are the columns of the plan's cash table; a column is there when the study uses the part it belongs to. The
table is printed in the report, so that nobody has to guess what a column holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["capital", "operating", "lease", "financing", "tax", "revenue"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One column of the cash table, or one credit."""

    name: str
    kind: Kind
    """capital counts against a cap on capital spending, operating and lease against one on yearly operating cost."""
    when: str
    """When it is paid, in words."""
    taxed: str
    """How it enters taxable income, in words."""
    cash: bool = True
    """False: worth something at the end of the horizon, never a source of funding."""
    funded: bool = True
    """False: a column of the cash table that pays nobody; it counts in the value and in no row of money."""


_EXPENSED = "deducted in the year in which it is paid"

ITEMS: tuple[Item, ...] = (
    Item(
        name="accelerators",
        kind="capital",
        when="a share at order, the rest at delivery; with sales tax by delivery date",
        taxed="depreciated over 5 years from delivery, bonus share first",
    ),
    Item(
        name="halls",
        kind="capital",
        when="evenly over the quarters of construction",
        taxed="straight line over the life of a building from the live quarter",
    ),
    Item(
        name="opening",
        kind="capital",
        when="at signing: connection, substation, a bought building, land, deposit, cost added by layers",
        taxed="connection, substation and a bought building with the halls; land and deposit not at all",
    ),
    Item(name="hall_om", kind="operating", when="each quarter from the live quarter on", taxed=_EXPENSED),
    Item(name="rent", kind="operating", when="each quarter of the term", taxed=_EXPENSED),
    Item(name="energy", kind="operating", when="each quarter, by MWh", taxed=_EXPENSED),
    Item(
        name="transit",
        kind="operating",
        when="each quarter, by H100e served and km to the region",
        taxed=_EXPENSED,
    ),
    Item(name="carbon", kind="operating", when="each quarter, by tonne of CO2", taxed=_EXPENSED),
    Item(name="water", kind="operating", when="each quarter, by cubic metre", taxed=_EXPENSED),
    Item(name="accelerator_om", kind="operating", when="each quarter from delivery on", taxed=_EXPENSED),
    Item(name="property_tax", kind="operating", when="each quarter from delivery on", taxed=_EXPENSED),
    Item(name="demand_charge", kind="operating", when="each quarter, by the largest draw of it", taxed=_EXPENSED),
    Item(
        name="collateral",
        kind="capital",
        when="at the signing of each module: security for a large load, given back at the horizon",
        taxed="not at all",
    ),
    Item(
        name="minimum_take",
        kind="operating",
        when="each quarter, and to the end of the term: energy that is paid and not taken",
        taxed=_EXPENSED,
    ),
    Item(
        name="lease", kind="lease", when="each quarter of the term, less what is prepaid at its start", taxed=_EXPENSED
    ),
    Item(name="existing_lease", kind="lease", when="each quarter until the contract ends", taxed=_EXPENSED),
    Item(name="debt_drawn", kind="financing", when="received when equipment is paid", taxed="not taxed"),
    Item(
        name="debt_service",
        kind="financing",
        when="each quarter after a draw, to the end of its tenor",
        taxed="the interest within it is deducted",
    ),
    Item(name="revenue", kind="revenue", when="each quarter, by H100e-hours served", taxed="taxed when received"),
    Item(
        name="onsite",
        kind="capital",
        when="units on the campus, at order; what a bridge is sold for when it has left, negative",
        taxed="straight line over the life of a building from the quarter in which it is paid",
    ),
    Item(name="onsite_rent", kind="operating", when="each quarter in which a rented unit stands", taxed=_EXPENSED),
    Item(name="onsite_om", kind="operating", when="each quarter, by standing MW and by MWh", taxed=_EXPENSED),
    Item(name="onsite_fuel", kind="operating", when="each quarter, by MWh generated on the campus", taxed=_EXPENSED),
    Item(
        name="income_tax",
        kind="tax",
        when="in the last quarter of a calendar year; below zero where deductions reduce a payment",
        taxed="not deducted",
    ),
    Item(
        name="residual_accelerators",
        kind="capital",
        when="at the horizon, by age",
        taxed="not taxed; what is not yet written off is deducted after the horizon",
        cash=False,
    ),
    Item(name="residual_halls", kind="capital", when="at the horizon, straight line", taxed="not taxed", cash=False),
    Item(
        name="residual_connection", kind="capital", when="at the horizon, straight line", taxed="not taxed", cash=False
    ),
    Item(
        name="residual_onsite",
        kind="capital",
        when="at the horizon: permanent units straight line, a bridge at its resale",
        taxed="not taxed",
        cash=False,
    ),
    Item(name="land_and_deposit", kind="capital", when="at the horizon, at cost", taxed="not taxed", cash=False),
    Item(name="collateral_back", kind="capital", when="at the horizon, at cost", taxed="not taxed", cash=False),
    Item(
        name="lost_output",
        kind="operating",
        when="each quarter, below zero: training that curtailed hours stop, at a stated value; never paid",
        taxed="not taxed",
        cash=False,
    ),
    Item(name="leased_after", kind="lease", when="after the horizon, at a stated value", taxed="not taxed", cash=False),
)

CASH: tuple[str, ...] = tuple(item.name for item in ITEMS if item.cash)
"""Columns of the cash table, in the order of the report."""
UNFUNDED: frozenset[str] = frozenset(item.name for item in ITEMS if not item.funded)
"""Columns of the cash table that funding does not cover. The study may add `revenue`."""
CREDITS: tuple[str, ...] = tuple(item.name for item in ITEMS if not item.cash)
"""Rows of the credits table."""
KIND: dict[str, Kind] = {item.name: item.kind for item in ITEMS}
"""Kind of every item."""
