"""Prices of accelerators by the quarter of their order, and what they are worth at the horizon."""

from __future__ import annotations

import numpy as np

from siting.assembly.accelerators import Bought
from siting.assembly.costs import growth
from siting.problem import FloatArray
from siting.study import Study
from siting.study.assets import Accelerator
from siting.tables import catalog
from siting.tables.read import Tables


def price_level(study: Study, item: Accelerator, today_musd: float) -> FloatArray:
    """(T,) price by order quarter over the price at the study's start, network and storage included.

    The study's own dated prices stand as they are; before the first of them the price moves by the escalator.
    """
    level = growth(study.purchase.price_escalator, study.quarters)
    for dated in item.prices:
        stated = dated.price_usd + (item.network_usd or 0.0) + (item.storage_usd or 0.0)
        level[max(0, dated.order_from - study.start) :] = stated / 1e6 / today_musd
    return level


def worth_at_horizon(study: Study, tables: Tables, item: Accelerator, kind: Bought, level: FloatArray) -> FloatArray:
    """(T, T) value at the horizon over today's price, by [delivery, order quarter], net of the bulk discount.

    By age since delivery: the price paid times the curve. By age of the generation: the curve at the years since the
    type was first delivered to anyone, of the price paid or of today's, whichever is lower. The curve is the type's own
    where the study states one.
    """
    quarters, buy = study.quarters, study.purchase
    named = item.residual or buy.residual
    if named == "zero" and not item.residual_points:
        return np.zeros((quarters, quarters))
    if buy.residual_age == "generation":
        assert kind.released is not None
        age = np.full(quarters, max(0, study.end - kind.released)) / 4.0
        base = np.minimum(level, 1.0)
    else:
        age, base = (quarters - np.arange(quarters)) / 4.0, level
    if item.residual_points:
        points = item.residual_points
        left = catalog.share_by_age([p.age_years for p in points], [p.share for p in points], age)
    else:
        left = catalog.residual_share(tables, named, age)
    return np.asarray(left[:, None] * base[None, :] * (1.0 - buy.bulk_discount))
