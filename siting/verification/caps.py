"""The caps on capital spending and on yearly running costs, read again from the book of payments."""

from __future__ import annotations

from collections.abc import Iterator

from siting.items import KIND
from siting.units import first_day
from siting.verification.limits import over
from siting.verification.parts import Part


class CapsPart(Part):
    """Sums of the recomputed payments against `money.capex_cap_musd` and `money.opex_cap_musd_per_year`."""

    def faults(self) -> Iterator[str]:
        study, paid = self.context.study, self.context.book.paid
        capital, yearly = 0.0, dict[int, float]()
        for item, by_quarter in paid.items():
            for quarter, musd in by_quarter.items():
                if quarter >= study.quarters:
                    continue
                if KIND[item] == "capital":
                    capital += musd
                if KIND[item] in ("operating", "lease"):
                    year = first_day(study.start + quarter).year
                    yearly[year] = yearly.get(year, 0.0) + musd
        most, most_a_year = study.money.capex_cap_musd, study.money.opex_cap_musd_per_year
        if most is not None and over(capital, most):
            yield f"money, capital spending: {capital:,.3f} MUSD over the horizon, the cap is {most:,.3f}"
        for year, musd in sorted(yearly.items()):
            if most_a_year is not None and over(musd, most_a_year):
                yield f"money, {year}: {musd:,.3f} MUSD of running costs and leases, the cap is {most_a_year:,.3f}"
