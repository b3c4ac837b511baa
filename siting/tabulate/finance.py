"""Table of loans."""

from __future__ import annotations

import pandas as pd

from siting.tabulate.parts import Parts
from siting.units import quarter_label

DUST_MUSD = 1e-9
"""A draw below a thousandth of a dollar is what a solver leaves."""


def debt_table(parts: Parts) -> dict[str, pd.DataFrame]:
    """`debt`: a row a draw. debt, quarter, drawn_musd, paid_back_musd (interest included), last_payment (quarter)."""
    debt, start = parts.p.debt, parts.study.start
    if debt is None:
        return {}
    rows = []
    for (n, t), musd in sorted(parts.d.extra.get("Drawn", {}).items()):
        if musd > DUST_MUSD:
            back = musd * float(debt.service(n)[0].sum())
            last = quarter_label(start + t + int(debt.tenor[n]))
            rows.append((debt.name[n], quarter_label(start + t), musd, back, last))
    return {"debt": pd.DataFrame(rows, columns=["debt", "quarter", "drawn_musd", "paid_back_musd", "last_payment"])}
