"""Table of income tax."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.tabulate.parts import Parts

DUST_MUSD = 1e-9


def income_tax_table(parts: Parts) -> dict[str, pd.DataFrame]:
    """`income_tax`: a row a calendar year and rate in which something is deducted, used or carried.

    year, rate (federal and state, a share), deductible_musd (new in the year), used_musd, carried_musd (left at its
    end), saved_musd (rate x used).
    """
    tax, extra = parts.p.income_tax, parts.d.extra
    if tax is None:
        return {}
    used, carried = (_array(extra.get(name, {}), len(tax.rate), tax.years) for name in ("Used", "Carried"))
    new = np.diff(carried, axis=1, prepend=0.0) + used
    rows = [
        (tax.first_year + y, tax.rate[r], new[r, y], used[r, y], carried[r, y], tax.rate[r] * used[r, y])
        for y in range(tax.years)
        for r in range(len(tax.rate))
        if max(abs(new[r, y]), used[r, y], carried[r, y]) > DUST_MUSD
    ]
    columns = ["year", "rate", "deductible_musd", "used_musd", "carried_musd", "saved_musd"]
    return {"income_tax": pd.DataFrame(rows, columns=columns)}


def _array(values: object, rates: int, years: int) -> np.ndarray:
    found = np.zeros((rates, years))
    assert isinstance(values, dict)
    for (r, y), value in values.items():
        found[r, y] = value
    return found
