"""What accelerators are worth at the end of the horizon, a second time: by the curve of their type or that of all."""

from __future__ import annotations

import numpy as np

from siting.study import Study
from siting.study.assets import Accelerator
from siting.tables import catalog
from siting.tables.read import Tables
from siting.units import parse_quarter


def end_worth_musd(
    study: Study, tables: Tables, item: Accelerator, delivered: int, paid_musd: float, today_musd: float
) -> float:
    """musd at the horizon of accelerators delivered in a quarter, from the price paid and that of the study's day."""
    buy = study.purchase
    years, new = (study.quarters - delivered) / 4.0, paid_musd
    if buy.residual_age == "generation" and (item.residual_points or (item.residual or buy.residual) != "zero"):
        years = max(0, study.end - first_delivered(study, tables, item.name)) / 4.0
        new = min(paid_musd, today_musd)
    return new * left_of_new(study, tables, item, years) * (1.0 - buy.bulk_discount)


def left_of_new(study: Study, tables: Tables, item: Accelerator, years: float) -> float:
    """Share of the price as new at an age: along the steps of the type's own curve, else by name from the table."""
    if not item.residual_points:
        name = item.residual if item.residual is not None else study.purchase.residual
        return 0.0 if name == "zero" else float(catalog.residual_share(tables, name, np.array([years]))[0])
    before = item.residual_points[0]
    for point in item.residual_points[1:]:
        span, into = point.age_years - before.age_years, years - before.age_years
        if into <= span:
            return before.share + (point.share - before.share) * into / span
        last, before = (before, point), point
    if last[1].share == 0.0:
        return 0.0
    a_year = (last[1].share / last[0].share) ** (1.0 / (last[1].age_years - last[0].age_years))
    return float(last[1].share * a_year ** (years - last[1].age_years))


def first_delivered(study: Study, tables: Tables, name: str) -> int:
    """Quarter in which a type was first delivered to anyone: the catalogue's, else the study's."""
    try:
        text = str(catalog.accelerator(tables, name)["available"])
    except KeyError:
        text = ""
    item = next(a for a in study.accelerators if a.name == name)
    if text not in ("", "nan"):
        return parse_quarter(text)
    assert item.available is not None
    return int(item.available)
