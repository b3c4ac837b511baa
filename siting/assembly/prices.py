"""Prices of accelerators by the quarter of their order."""

from __future__ import annotations

from siting.assembly.costs import growth
from siting.problem import FloatArray
from siting.study import Study
from siting.study.assets import Accelerator


def price_level(study: Study, item: Accelerator, today_musd: float) -> FloatArray:
    """(T,) price by order quarter over the price at the study's start, network and storage included.

    The study's own dated prices stand as they are; before the first of them the price moves by the escalator.
    """
    level = growth(study.purchase.price_escalator, study.quarters)
    for dated in item.prices:
        stated = dated.price_usd + (item.network_usd or 0.0) + (item.storage_usd or 0.0)
        level[max(0, dated.order_from - study.start) :] = stated / 1e6 / today_musd
    return level
