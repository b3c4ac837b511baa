"""The lease-versus-buy map: over life, utilisation, price path and discount rate, who wins and where the plan stands.

The formulas are those of the table beside it (`lease_own`, `lease_table`). Owning is set against the cheapest lease at
the same life, utilisation, path and rate; contracts are renewed each year at the market's price. The margin is a share
of the dearer side, so that it lies within -100 and 100 %: positive, owning is cheaper by that much of what leasing
costs; negative, leasing is cheaper by that much of what owning costs.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
import pandas as pd

from siting.report.lease_table import (
    BASE_LIFE_YEARS,
    LeaseOffer,
    OwnBasis,
    lease_offers,
    public_offers,
)
from siting.study import Study
from siting.tables.read import Tables

LIVES_YEARS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
UTILISATIONS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
PRICE_CHANGES = (-0.2, -0.1, 0.0)
RATES = (0.06, 0.10, 0.14)
COLUMNS = [
    "accelerator",
    "life_years",
    "utilisation",
    "price_change",
    "rate",
    "own_usd_per_used_gpu_h",
    "lease_usd_per_used_gpu_h",
    "offer",
    "winner",
    "margin_percent",
]
AXES = {
    "life_years": (1.0, 10.0),
    "utilisation": (0.05, 1.0),
    "price_change": (-0.6, 0.6),
    "rate": (0.0, 0.4),
}
"""How far a flip is looked for along each axis."""
STEPS = 100
"""Parts into which an axis is cut before bisection: the margin need not rise or fall all the way."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One set of assumptions: years, share of available hours, share a year of the lease price, discount rate."""

    life_years: float
    utilisation: float
    price_change: float
    rate: float


def plan_point(basis: OwnBasis) -> Point:
    """The study's assumptions: the base row of the table, with the lease price of the day kept."""
    return Point(life_years=BASE_LIFE_YEARS, utilisation=basis.utilisation, price_change=0.0, rate=basis.rate)


@dataclass(frozen=True, kw_only=True)
class Rivalry:
    """Owning one accelerator against leasing it."""

    basis: OwnBasis
    offers: tuple[LeaseOffer, ...]
    """Empty: no lease price is known on the study's date."""
    residual_share: Callable[[float], float]
    """Share of the price left by life in years."""

    def own(self, at: Point) -> float:
        """USD per used GPU-hour, owned."""
        return self.basis.usd_per_gpu_h(
            life_years=at.life_years,
            utilisation=at.utilisation,
            residual_share=self.residual_share(at.life_years),
            rate=at.rate,
        )

    def lease(self, at: Point) -> tuple[float, str]:
        """USD per used GPU-hour of the cheapest lease, levelised over the same life, and its name."""
        return min(
            (
                offer.usd_per_used_gpu_h(
                    utilisation=at.utilisation, decline=-at.price_change, years=at.life_years, rate=at.rate
                ),
                offer.name,
            )
            for offer in self.offers
        )

    def margin_percent(self, at: Point) -> float:
        """Positive: owning is cheaper, by so much of the dearer side."""
        return _margin_percent(self.own(at), self.lease(at)[0])

    def without_residual(self) -> Rivalry:
        """The same, with accelerators worth nothing at the end of their life."""
        return replace(self, residual_share=lambda _: 0.0)

    def nearest_flip(self, axis: str, at: Point) -> float | None:
        """The value nearest to the point's along one axis, all else kept, at which the other side begins to win.

        None: the same side wins all the way between the ends of `AXES`.
        """
        low, high = AXES[axis]
        start = float(getattr(at, axis))

        def margin(value: float) -> float:
            return self.margin_percent(replace(at, **{axis: value}))

        found = [
            flip
            for end in (low, high)
            if (end - start) * (1.0 if end == high else -1.0) > 0
            and (flip := _first_root(margin, np.linspace(start, end, STEPS + 1).tolist())) is not None
        ]
        return min(found, key=lambda value: abs(value - start), default=None)


def rivalry_of(basis: OwnBasis, study: Study, tables: Tables) -> Rivalry:
    """Owning against the leases that the study admits, and against on demand as the market of the day asks.

    When the study admits no lease, public reserved offers stand in.
    """
    known = lease_offers(basis.accelerator, study, tables)
    chosen = [offer for offer in known if offer.admitted] or known
    if not any(offer.used_hours_only for offer in chosen):
        chosen += public_offers(basis.accelerator, ("on_demand",), study, tables, admitted=False)
    share = functools.cache(lambda life: basis.residual_share(tables, life))  # a flip asks it thousands of times
    return Rivalry(basis=basis, offers=tuple(chosen), residual_share=share)


def lease_map(
    rivalry: Rivalry,
    *,
    lives_years: Sequence[float] = LIVES_YEARS,
    utilisations: Sequence[float] = UTILISATIONS,
    price_changes: Sequence[float] = PRICE_CHANGES,
    rates: Sequence[float] = RATES,
) -> pd.DataFrame:
    """A row (COLUMNS) for each point of the grid, the study's own price path and rate added where they are missing.

    Without an offer the lease, the offer, the winner and the margin are blank (NaN, ""). winner: own, lease or tie.
    """
    mine = plan_point(rivalry.basis)
    rows: list[tuple[object, ...]] = []
    for rate, change, life, used in product(
        _with(rates, mine.rate), _with(price_changes, mine.price_change), lives_years, utilisations
    ):
        at = Point(life_years=life, utilisation=used, price_change=change, rate=rate)
        own = rivalry.own(at)
        lease, offer = rivalry.lease(at) if rivalry.offers else (math.nan, "")
        margin = _margin_percent(own, lease)
        rows.append((rivalry.basis.accelerator, life, used, change, rate, own, lease, offer, winner(margin), margin))
    return pd.DataFrame(rows, columns=COLUMNS)


def winner(margin_percent: float) -> str:
    """own, lease or tie; blank when the margin is."""
    if math.isnan(margin_percent):
        return ""
    return "own" if margin_percent > 0 else "lease" if margin_percent < 0 else "tie"


def _margin_percent(own: float, lease: float) -> float:
    return 100.0 * (lease - own) / max(own, lease)


def _with(values: Sequence[float], mine: float) -> list[float]:
    """The values and the study's own, sorted; one that is nearly there is not set twice."""
    return sorted(values if any(math.isclose(mine, v, abs_tol=1e-9) for v in values) else [*values, mine])


def _first_root(function: Callable[[float], float], values: list[float]) -> float | None:
    """Where the sign first changes on the way along the values, by bisection inside the step where it does."""
    before = function(values[0])
    for near, far in pairwise(values):
        after = function(far)
        if before * after <= 0 and after != before:
            for _ in range(60):
                middle = 0.5 * (near + far)
                if function(middle) * before > 0:
                    near = middle
                else:
                    far = middle
            return 0.5 * (near + far)
        before = after
    return None
