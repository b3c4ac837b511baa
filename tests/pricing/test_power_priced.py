"""Units on the campus and connections that are cut off for hours, in the bound: never above the optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from model_optimum import optimum
from random_contracts import with_contracts
from random_curtailable import with_curtailable
from random_money import with_income_tax
from random_onsite import with_onsite
from tiny_problems import hand_problem, one_cluster, random_problem

from siting.pricing import Multipliers, bound_over_all, parts_without_price
from siting.problem import Problem
from siting.problem.onsite import Onsite
from siting.solver.highs import Options
from siting.solver.relaxation import relaxation

Maker = Callable[[Problem, np.random.Generator], Problem]


def onsite_and_all(p: Problem, r: np.random.Generator) -> Problem:
    """Units beside energy contracts and income tax."""
    return with_income_tax(with_onsite(with_contracts(p, r), r), r)


def curtailable_and_all(p: Problem, r: np.random.Generator) -> Problem:
    """Curtailable connections beside units, energy contracts and income tax."""
    return with_income_tax(with_onsite(with_contracts(with_curtailable(p, r), r), r), r)


MAKERS: dict[str, Maker] = {
    "curtailable": with_curtailable,
    "curtailable and all": curtailable_and_all,
    "onsite": with_onsite,
    "onsite, contracts and tax": onsite_and_all,
}


def dearer(p: Problem, r: np.random.Generator) -> Problem:
    """The same with other prices of units and connections: multipliers of a problem in which an error would lie."""
    o, s = p.onsite, p.curtailable
    if s is not None:
        saved = r.uniform(0.5, 1.5)
        terms = replace(s, saved_cash_musd=saved * s.saved_cash_musd, lost_musd_per_it_mw=2.0 * s.lost_musd_per_it_mw)
        p = replace(p, curtailable=terms, funding_musd=2.0 * p.funding_musd)
    if o is None:
        return p
    left, cost = r.choice([0.0, 1.0], 2), r.uniform(0.7, 1.6, 3)
    units = replace(
        o,
        capex_musd=cost[0] * o.capex_musd,
        residual_musd=left[0] * o.residual_musd,
        resale_musd=left[1] * o.resale_musd,
        fuel_usd_per_mwh=cost[1] * o.fuel_usd_per_mwh,
        rent_musd=cost[2] * o.rent_musd,
    )
    return replace(p, onsite=units, funding_musd=2.0 * p.funding_musd)


def relaxed(p: Problem) -> Multipliers | None:
    """Multipliers of the relaxation."""
    found = relaxation(p, Options(threads=1))
    return None if found is None else found.multipliers


@pytest.mark.parametrize("part", list(MAKERS))
def test_no_bound_with_power_of_its_own_lies_above_the_optimum(part: str) -> None:
    """Multipliers of the relaxation, with other prices of power, and with other worths of a host and of money."""
    seen, gaps = 0, []
    for seed in range(260):
        r = np.random.default_rng([82, seed])
        p = MAKERS[part](random_problem(seed), r)
        best = optimum(p, whole=False).value
        if not np.isfinite(best):
            continue
        assert parts_without_price(p) == []
        y, other = relaxed(p), relaxed(dearer(p, r))
        assert y is not None and other is not None, seed
        seen += 1
        room = 1e-6 * max(1.0, abs(best))
        gaps.append((best - bound_over_all(p, y).least) / max(1.0, abs(best)))
        assert y.power is not None
        drawn = r.uniform(0.0, 3.0, y.power.shape)
        for prices in (
            y,
            other,
            replace(y, power=y.power * r.uniform(0.0, 2.0, y.power.shape)),
            replace(y, power=drawn, host=y.host * 2.0),
            replace(y, power_of=(), power=None, funding=y.funding + r.uniform(0.0, 0.02, p.quarters)),
        ):
            assert bound_over_all(p, prices).least <= best + room, seed
    assert seen >= 100
    assert np.median(gaps) <= 0.12


UNIT = {
    "permanent": {"may_leave": False, "gone_by": 3, "resale": 0.0, "residual": 1.0},
    "bridge": {"may_leave": True, "gone_by": 3, "resale": 2.0, "residual": 0.0},
    "bridge that is over": {"may_leave": True, "gone_by": 2, "resale": 1.5, "residual": 0.0},
}


@pytest.mark.parametrize(("kind", "musd"), [("permanent", 77.1), ("bridge", 71.6), ("bridge that is over", 74.1)])
def test_units_by_hand(kind: str, musd: float) -> None:
    """No grid power. A cluster of 20 MW in the first two of three quarters is 25 MW at the meter: five units of 5 MW at
    3 musd and 0.1 a quarter. They generate 40 GWh a quarter at 80 USD/MWh instead of 60, of 12.5 GWh each.

    Campus 10 + 2 x 5 + 20 x 2 + 2 x 20 x 0.1 = 64; fuel 2 x 0.8; units 15. A permanent one stands three quarters and
    is worth 1 at the end: 1.5 - 5. A bridge is sold for 2 after two quarters: 1 - 10; one that is over then, for 1.5:
    1 - 7.5. So 80.6 - 3.5 = 77.1, 71.6 and 74.1, and the bound is as much, whether power is dear
    or dearer: five units are all that may stand, so what they gain by it is what the cluster loses.
    """
    terms = UNIT[kind]
    p = hand_problem(candidates=1, quarters=3, energized_mw=np.zeros((1, 3)), **one_cluster(20))
    units = Onsite(
        unit=np.array(["engine"], dtype=object),
        unit_mw=np.array([5.0]),
        lead=np.array([0]),
        most=np.array([5]),
        reserve=np.array([0]),
        firm=np.array([True]),
        firming_mw=np.zeros(1),
        may_leave=np.array([terms["may_leave"]]),
        admitted=np.ones((1, 1), dtype=bool),
        gone_by=np.array([[terms["gone_by"]]]),
        capex_musd=np.array([[3.0]]),
        resale_musd=np.array([[terms["resale"]]]),
        residual_musd=np.full((1, 1, 3), terms["residual"]),
        rent_musd=np.array([0.0]),
        fixed_om_musd=np.array([0.1]),
        most_mwh=np.full((1, 3), 12500.0),
        mmbtu_per_mwh=np.array([9.0]),
        fuel_usd_per_mwh=np.full((1, 1, 3), 80.0),
        var_om_usd_per_mwh=np.zeros(1),
        co2_t_per_mwh=np.zeros(1),
    )
    p = replace(p, onsite=units)
    y = relaxed(p)
    assert y is not None
    assert optimum(p, whole=False).value == pytest.approx(musd)
    assert y.power is not None
    for factor in (1.0, 1.5):
        assert bound_over_all(p, replace(y, power=factor * y.power)).least == pytest.approx(musd)
