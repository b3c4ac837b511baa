"""Revenue, loans, income tax and energy contracts in the bound: never above the optimum, whatever the prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from model_optimum import optimum
from random_contracts import with_contracts
from random_large_load import with_large_load
from random_money import with_debt, with_income_tax, with_revenue
from tiny_problems import hand_problem, one_cluster, random_problem

from siting.pricing import Multipliers, bound_over_all, parts_without_price
from siting.problem import Problem
from siting.problem.supply import Contracts
from siting.solver.highs import Options
from siting.solver.multipliers import part_rows
from siting.solver.relaxation import relaxation

Maker = Callable[[Problem, np.random.Generator], Problem]


def taxed_contracts(p: Problem, r: np.random.Generator) -> Problem:
    """Contracts whose payments are deducted."""
    return with_income_tax(with_contracts(p, r), r)


def bound_to_pay(p: Problem, r: np.random.Generator) -> Problem:
    """Cheap contracts with a yield that changes from quarter to quarter and is paid whether it is taken or not."""
    p = with_contracts(p, r)
    s = p.contracts
    assert s is not None
    yields = s.mwh_per_mw * r.uniform(0.1, 3.0, s.mwh_per_mw.shape)
    take = np.where(np.isfinite(s.mw_max), r.uniform(0.7, 1.0, len(s.contract)), 0.0)
    price = s.usd_per_mwh * r.uniform(0.3, 0.8)
    terms = replace(s, mwh_per_mw=yields, min_take=take, usd_per_mwh=price, resale_usd_per_mwh=np.zeros(len(take)))
    return replace(p, contracts=terms)


MAKERS: dict[str, Maker] = {
    "revenue": with_revenue,
    "debt": with_debt,
    "income tax": with_income_tax,
    "contracts": with_contracts,
    "contracts that bind": bound_to_pay,
    "contracts and tax": taxed_contracts,
}


def multipliers(p: Problem) -> Multipliers | None:
    """Of the relaxation."""
    found = relaxation(p, Options(threads=1))
    return None if found is None else found.multipliers


def others(p: Problem, y: Multipliers, r: np.random.Generator) -> Multipliers:
    """The same with prices of the parts' rows, and of money, that are anything at all."""
    parts = {row: prices * r.uniform(0.0, 2.0, prices.shape) for row, prices in y.parts.items()}
    for row, shape in part_rows(p).items():
        parts[row] = parts.get(row, np.zeros(shape)) + r.uniform(0.0, 0.3, shape) * (r.random() < 0.5)
    return replace(y, parts=parts, funding=y.funding * 0.7 + r.uniform(0.0, 0.02, p.quarters))


@pytest.mark.parametrize("part", list(MAKERS))
def test_no_bound_with_money_lies_above_the_optimum(part: str) -> None:
    """Multipliers of the relaxation and others, on at least 100 random problems."""
    seen, gaps = 0, []
    for seed in range(230):
        r = np.random.default_rng([80, seed])
        p = MAKERS[part](random_problem(seed), r)
        best = optimum(p, whole=False).value
        if not np.isfinite(best):
            continue
        assert parts_without_price(p) == []
        y = multipliers(p)
        assert y is not None, seed
        seen += 1
        room = 1e-6 * max(1.0, abs(best))
        found = bound_over_all(p, y).least
        gaps.append((best - found) / max(1.0, abs(best)))
        for prices in (y, others(p, y, r), others(p, Multipliers.zero(p), r)):
            assert bound_over_all(p, prices).least <= best + room, seed
    assert seen >= 100
    assert np.median(gaps) <= 0.06


def test_what_large_loads_owe_is_left_out_beside_income_tax() -> None:
    """Minimum takes, demand charges and collateral cost no less than what their deductions save."""
    seen = 0
    for seed in range(160):
        r = np.random.default_rng([11, seed])
        p = with_income_tax(with_large_load(random_problem(seed), r), r)
        best = optimum(p, whole=False).value
        if not np.isfinite(best):
            continue
        assert parts_without_price(p) == []
        y = multipliers(p)
        assert y is not None, seed
        seen += 1
        for prices in (y, others(p, y, r), others(p, Multipliers.zero(p), r), replace(y, funding=0.0 * y.funding)):
            assert bound_over_all(p, prices).least <= best + 1e-6 * max(1.0, abs(best)), seed
    assert seen >= 50


def test_a_contract_by_hand() -> None:
    """Twenty MW run for 40 GWh a quarter at a grid price of 60; one MW signed gives 20 and 60 GWh at 10, all to be
    paid. 10 + 2 x 5 + 20 x 2 + 2 x 20 x 0.1 = 64 musd, less 20 and 40 GWh at 50, and 20 GWh at 10 that nobody takes:
    64 - 3 + 0.2 = 61.2. The multipliers of the relaxation give it back; a price of untaken energy above 10 does not
    count beyond 10."""
    p = hand_problem(candidates=1, **one_cluster(20))
    contracts = Contracts(
        contract=np.array(["wind"], dtype=object),
        covers=np.ones((1, 1), dtype=bool),
        runs=np.ones((1, 2), dtype=bool),
        usd_per_mwh=np.full((1, 2), 10.0),
        delivery_usd_per_mwh=np.zeros(1),
        of_plan=np.zeros(1, dtype=bool),
        min_share=np.zeros(1),
        max_share=np.ones(1),
        mw_max=np.ones(1),
        mwh_per_mw=np.array([[20000.0, 60000.0]]),
        min_take=np.ones(1),
        resale_usd_per_mwh=np.zeros(1),
    )
    p = replace(p, contracts=contracts)
    assert optimum(p, whole=False).value == pytest.approx(61.2)
    y = multipliers(p)
    assert y is not None
    assert bound_over_all(p, y).least == pytest.approx(61.2)
    dear = {**y.parts, "untaken_is_paid": 3.0 * y.parts["untaken_is_paid"]}
    assert bound_over_all(p, replace(y, parts=dear)).least == pytest.approx(61.2)
