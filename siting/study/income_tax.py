"""Income tax of the owner: what the plan's deductions save, up to the income that the study states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from siting.study.strict import Clash, Rule, Strict
from siting.units import Share, Unit


def _from_the_beginning(value: Any) -> Any:
    """One amount for all years is the amount from year 0 on."""
    return {0: value} if isinstance(value, str) else value


class IncomeTax(Strict):
    """Federal and state income tax, calendar years, cash basis.

    Deducted: accelerators over five years from delivery, bonus share first, with their sales tax; what is built and
    connected on a straight line over the life of a building from the live quarter, on-site units from the quarter in
    which they are paid; running costs, rent, leases and interest in the year in which they are paid, after the horizon
    too. Land, deposits and what is left at the horizon are not taxed. A deduction is used up to the stated income of
    its year (and what the plan earns), the rest is carried forward, at most 40 years beyond the horizon; it reduces the
    tax payment in the last quarter of the year. Revenue is taxed in the same quarter, at the rate of the home state.
    """

    taxable_musd_per_year: Annotated[
        dict[int, Annotated[float, Field(ge=0), Unit("MUSD/y")]], BeforeValidator(_from_the_beginning)
    ]
    """Taxable income beside the plan: `"500 MUSD/y"`, or by calendar year, each holding until the next one stated."""
    federal: bool = True
    """Federal corporate tax (federal_tax.csv)."""
    state: bool = True
    """State corporate tax where the place lies (state_income_taxes.csv); it is deducted from federal income. A state
    follows the federal depreciation (an assumption: some do not)."""
    home_state: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""
    """State that taxes leases, interest and revenue. Due with `state`."""
    bonus_share: Share | None = None
    """Written off at once in the year of delivery. None: by dates of order and delivery (federal_tax.csv)."""
    building_life_years: Annotated[float, Field(gt=0, le=100)] | None = None
    """Straight line life for the tax. None: federal_tax.csv (39 years)."""

    def rules(self) -> tuple[Rule, ...]:
        return self._some_tax, self._home, self._years

    def _some_tax(self) -> Iterator[Clash]:
        if not (self.federal or self.state):
            yield Clash("federal", "false", "federal, state or both: otherwise leave out taxes.income")

    def _home(self) -> Iterator[Clash]:
        if self.state and not self.home_state:
            yield Clash("home_state", "nothing", "the state that taxes leases, interest and revenue, e.g. DE")

    def _years(self) -> Iterator[Clash]:
        if not self.taxable_musd_per_year:
            yield Clash("taxable_musd_per_year", "nothing", "at least one amount")
        for year in self.taxable_musd_per_year:
            if year != 0 and not 2000 <= year < 2200:
                yield Clash(f"taxable_musd_per_year.{year}", f"{year}", "a calendar year such as 2026")

    def income_musd(self, year: int) -> float | None:
        """Taxable income of a calendar year; None before the first one stated."""
        stated = [known for known in self.taxable_musd_per_year if known <= year]
        return self.taxable_musd_per_year[max(stated)] if stated else None
