"""Money, taxes and the search: the rest of a study."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from siting.study.income_tax import IncomeTax
from siting.study.strict import Clash, Rule, Strict
from siting.units import Quarter, Unit, YearlyChange, YearlyShare, Years


class Round(Strict):
    """One inflow of funding."""

    quarter: Quarter
    """Quarter (or ISO day) in which the money is there."""
    amount_musd: Annotated[float, Field(gt=0), Unit("MUSD")]
    """What comes in."""
    status: Literal["closed", "assumed"]
    """closed: in the bank; assumed: the planner's hope, said so in the report."""
    note: str = ""
    """Source."""


class Escalators(Strict):
    """Yearly growth of running costs that have no price path of their own; power, rent and leases have theirs."""

    hall_om: YearlyChange = 0.0
    """Operation of own halls, from the study's start."""
    accelerator_om: YearlyChange = 0.0
    """Operation of owned accelerators, from their delivery."""


class Money(Strict):
    """Funding, discounting, and which tenures are allowed."""

    funding: tuple[Round, ...]
    """Dated inflows. Cumulative spending never exceeds what has come in."""
    discount_rate: YearlyChange
    """Nominal, before tax; per quarter (1+r)^(1/4)-1, flows at mid-quarter."""
    own: bool = True
    """Own campuses are allowed."""
    retrofit: bool = True
    """Buildings of the planner's file to be bought and refitted are allowed."""
    powered_shell: bool = True
    """Powered shells of the planner's file are allowed."""
    colocation: bool = True
    """Colocation campuses are allowed."""
    lease: bool = True
    """New accelerator leases are allowed (existing contracts always stand)."""
    capex_cap_musd: Annotated[float, Field(ge=0), Unit("MUSD")] | None = None
    """Most that is paid for equipment, halls, connections and on-site units over the horizon. None: no cap."""
    opex_cap_musd_per_year: Annotated[float, Field(ge=0), Unit("MUSD/y")] | None = None
    """Most that is paid for running costs and leases in a calendar year; a year of which the horizon holds a part has
    the whole cap. None: no cap."""
    escalators: Escalators = Escalators()

    def rules(self) -> tuple[Rule, ...]:
        return (self._rounds,)

    def _rounds(self) -> Iterator[Clash]:
        if not self.funding:
            yield Clash("funding", "nothing", "at least one round")


class Taxes(Strict):
    """State sales tax and property tax on equipment. Income tax where it is asked for."""

    sales_tax_exemption_claimed: bool = True
    """Claim the data-centre exemption where the table says yes at delivery. Unknown or paused: tax is due."""
    property_tax_where_blank: YearlyShare | None = None
    """Rate on equipment where neither county nor state has a row. None: a candidate there is refused."""
    equipment_life_years: Years = 5.0
    """Straight line life by which equipment is assessed (assumption)."""
    income: IncomeTax | None = None
    """None: the plan is before income tax."""


class Search(Strict):
    """How long and how closely to search; the command line may say otherwise."""

    gap: Annotated[float, Field(ge=0, lt=1)] = 0.001
    """Relative gap at which the search may stop."""
    time_limit_s: Annotated[float, Field(gt=0), Unit("s")] = 150.0
    """Limit of everything from the reduction to the proof over all candidates; with a short one fewer candidates enter
    the model."""
    threads: Annotated[int, Field(ge=1, le=256)] = 2
    """Threads of the solver."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    """Random seed of the solver."""
    date_curve: bool = True
    """Solve again, quickly, for a few earlier and later dates of the clusters, for the report."""
    candidates_in_model: Annotated[int, Field(ge=1, le=100_000)] = 120
    """All candidates are priced; so many of the best enter the model. Where that would be too many flows of service,
    the sites that a relaxation of all opens are searched instead."""
    prove_all: bool = True
    """Prove how good the plan is among all candidates, not only those in the model; parts of a study that have no price
    there leave the bound to these, and the report says so."""
