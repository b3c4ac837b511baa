r"""Curtailable connections: each candidate as a site with a firm connection, and as one that is cut off for hours.

A site signs one or the other, so its least reduced cost is the lesser of two. One that signs C has the MW that flow
sooner, pays less for its connection and gets less of it back, and pays the adder for all its energy from the grid.
Without units on the campus nothing covers its curtailed hours, so it serves nobody, and every running MW loses the
output of these hours. With units it is held to serve and to lose nothing: a limit and a cost that are left out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siting.pricing.money import deductions_of_quarters, money_prices
from siting.pricing.multipliers import Multipliers
from siting.problem import IntArray, Problem


def firm(p: Problem) -> Problem:
    """All candidates with firm connections."""
    return replace(p, curtailable=None)


def cut_off(p: Problem, y: Multipliers) -> tuple[IntArray, Problem]:
    """Positions of the candidates that may sign a curtailable connection, and these when they have. y: signed."""
    assert p.curtailable is not None
    rows = np.flatnonzero(p.curtailable.admitted).astype(np.int64)
    q = p.take(rows)
    s = q.curtailable
    assert s is not None
    quarters = np.arange(q.quarters)[None, :]
    paid = np.maximum(quarters - q.opening_lag[:, None], 0)
    end = float((1.0 + q.rate) ** (-q.quarters / 4.0))
    adder = s.adder_usd_per_mwh
    energy_musd = q.mwh_per_it_mw * adder / 1e6 * q.discount  # (I, T) of a running MW of IT
    if q.onsite is None:
        money = money_prices(q, y)
        worth = np.repeat(money.worth[None, :], len(rows), axis=0)
        if money.taxed(q):
            assert q.income_tax is not None
            worth = worth - deductions_of_quarters(q, money)[q.income_tax.group]
        # what is lost is no payment: neither funding nor tax knows it, and it is nothing where the cost does not count
        lost = money.weights.npv_cost * s.lost_musd_per_it_mw * q.discount * q.discount
        energy_musd = energy_musd + np.divide(lost, worth, out=np.zeros_like(worth), where=worth > 0.0)
    changed = replace(
        q,
        curtailable=None,
        energized_mw=q.energized_mw + s.earlier_mw,
        npv_open_musd=q.npv_open_musd - s.saved_cash_musd * q.discount[paid] + s.saved_back_musd * end,
        opening_cash_musd=q.opening_cash_musd - s.saved_cash_musd,
        npv_run_musd=q.npv_run_musd + q.pod_it_mw[:, None] * energy_musd[:, None, :],
        usd_per_mwh=q.usd_per_mwh + adder,
        reach=q.reach if q.onsite is not None else np.zeros_like(q.reach),
    )
    if q.contracts is not None:  # the adder is on what a contract gives as well
        delivered = q.contracts.delivery_usd_per_mwh + adder
        changed = replace(changed, contracts=replace(q.contracts, delivery_usd_per_mwh=delivered))
    if q.income_tax is not None:  # a cheaper connection is less to write off
        basis = q.income_tax.opening_basis_musd - s.saved_cash_musd
        changed = replace(changed, income_tax=replace(q.income_tax, opening_basis_musd=basis))
    return rows, changed
