"""Power units on the campus: whole units that stand, the firm MW they add, the energy they generate."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.formulation.power import running_it_mw
from siting.problem import Problem
from siting.problem.onsite import Onsite

Index = tuple[int, int, int]


def add_onsite(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""N_iut integer: units of u delivered to i by t. L_iut integer: those that left by t (bridge). Y_iut in {0,1}: any
    stands (where there is a reserve r_u > 0).

    N_iu,t-1 <= N_iut <= n_u Z_it;   L_iu,t-1 <= L_iut <= N_iut;   r_u Y_iut <= N_iut - L_iut <= n_u Y_iut

    n_u permit cap. Firm MW for `power_balance`: w_u (N_iut - L_iut - r_u Y_iut), w_u MW of a unit; of a battery, what
    lasts through the longest curtailment, for
    `m.firming` alone. Indices exist from delivery and open halls on until the bridge is over: then nothing stands.
    """
    o = p.onsite
    if o is None:
        return
    m.ON = pyo.Set(dimen=3, initialize=_indices(m, p, o))
    m.OL = pyo.Set(dimen=3, initialize=[key for key in m.ON if o.may_leave[key[1]]])
    m.OY = pyo.Set(dimen=3, initialize=[key for key in m.ON if o.reserve[key[1]] > 0])
    m.OnUnits = pyo.Var(m.ON, domain=pyo.NonNegativeIntegers, bounds=lambda m, i, u, t: (0, int(o.most[u])))
    m.OnLeft = pyo.Var(m.OL, domain=pyo.NonNegativeIntegers)
    m.OnAny = pyo.Var(m.OY, domain=pyo.Binary)

    @m.Constraint(m.ON)
    def units_stay(m: pyo.ConcreteModel, i: int, u: int, t: int) -> object:
        earlier = (i, u, t - 1)
        return m.OnUnits[earlier] <= m.OnUnits[i, u, t] if earlier in m.ON else pyo.Constraint.Skip

    @m.Constraint(m.ON)
    def units_within_permit(m: pyo.ConcreteModel, i: int, u: int, t: int) -> object:
        return m.OnUnits[i, u, t] <= int(o.most[u]) * m.Z[i, t]

    @m.Constraint(m.OL)
    def left_stay_away(m: pyo.ConcreteModel, i: int, u: int, t: int) -> object:
        earlier = (i, u, t - 1)
        return m.OnLeft[earlier] <= m.OnLeft[i, u, t] if earlier in m.OL else pyo.Constraint.Skip

    @m.Constraint(m.OL)
    def left_were_there(m: pyo.ConcreteModel, i: int, u: int, t: int) -> object:
        return m.OnLeft[i, u, t] <= m.OnUnits[i, u, t]

    @m.Constraint(m.OY)
    def reserve_stands(m: pyo.ConcreteModel, i: int, u: int, t: int) -> object:
        return standing(m, i, u, t) >= int(o.reserve[u]) * m.OnAny[i, u, t]

    @m.Constraint(m.OY)
    def none_without_reserve(m: pyo.ConcreteModel, i: int, u: int, t: int) -> object:
        return standing(m, i, u, t) <= int(o.most[u]) * m.OnAny[i, u, t]

    for i, u, t in m.ON:
        mw = float(o.unit_mw[u] if o.firm[u] else o.firming_mw[u])
        terms = [(mw, m.OnUnits[i, u, t])]
        if (i, u, t) in m.OL:
            terms.append((-mw, m.OnLeft[i, u, t]))
        if (i, u, t) in m.OY:
            terms.append((-mw * int(o.reserve[u]), m.OnAny[i, u, t]))
        if o.firm[u]:
            m.extra_supply.setdefault((i, t), []).extend(terms)
            m.onsite_firm.setdefault((i, t), []).extend(terms)
        elif mw:
            m.firming.setdefault((i, t), []).extend(terms)
    _pay_units(m, p, o)


def standing(m: pyo.ConcreteModel, i: int, u: int, t: int) -> Any:
    """Units that stand: delivered less left."""
    left = m.OnLeft[i, u, t] if (i, u, t) in m.OL else 0.0
    return m.OnUnits[i, u, t] - left


def _indices(m: pyo.ConcreteModel, p: Problem, o: Onsite) -> list[Index]:
    able = o.may_stand(p.live_from)
    return [(i, u, t) for i, t in m.A for u in range(len(o.unit)) if able[i, u, t]]


def _pay_units(m: pyo.ConcreteModel, p: Problem, o: Onsite) -> None:
    r"""Capex at order by increments of N, resale by increments of L and of what stands when a bridge is over, rent and
    fixed O&M by what stands, credits at the horizon.
    """
    ledger = m.ledger
    for i, u, t in m.ON:
        units, earlier = m.OnUnits[i, u, t], (i, u, t - 1)
        ordered, capex, resale = t - int(o.lead[u]), float(o.capex_musd[i, u]), float(o.resale_musd[i, u])
        residual = float(o.residual_musd[i, u, t])
        ledger.pay("onsite", ordered, capex, units, i)
        ledger.credit("residual_onsite", residual, units, i)
        if earlier in m.ON:
            ledger.pay("onsite", ordered, -capex, m.OnUnits[earlier], i)
            ledger.credit("residual_onsite", -residual, m.OnUnits[earlier], i)
        stays = [(1.0, units)]
        if (i, u, t) in m.OL:
            left = m.OnLeft[i, u, t]
            stays.append((-1.0, left))
            ledger.pay("onsite", t, -resale, left, i)
            if earlier in m.OL:
                ledger.pay("onsite", t, resale, m.OnLeft[earlier], i)
        for sign, variable in stays:
            ledger.pay("onsite_rent", t, sign * float(o.rent_musd[u]), variable, i)
            ledger.pay("onsite_om", t, sign * float(o.fixed_om_musd[u]), variable, i)
            if t + 1 == o.gone_by[i, u] < p.quarters:
                ledger.pay("onsite", t + 1, -sign * resale, variable, i)
            elif t + 1 == p.quarters and o.may_leave[u]:
                ledger.credit("residual_onsite", sign * resale, variable, i)


def add_onsite_energy(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""G_iut >= 0: GWh that units of u generate. l_it = 1000^-1 x MWh of everything that runs at i in t.

    G_iut <= b_ut (N_iut - L_iut);   sum_u G_iut <= l_it;   l_it - sum_u G_iut <= k_it (E_it Z_it + other MW)

    b_ut GWh of one unit; k_it GWh that a MW of the grid gives when drawn in the shape of the load (load factor, mean
    over peak PUE): what exceeds the energized MW is generated here, not only held ready. Each GWh saves its grid
    price and the grid's carbon.
    """
    o = p.onsite
    if o is None:
        return
    load = {at: terms for at, terms in running_it_mw(m, p).items() if at in m.A}
    able = [bool(output.any()) for output in o.most_mwh]
    m.OG = pyo.Set(dimen=3, initialize=[key for key in m.ON if able[key[1]] and (key[0], key[2]) in load])
    m.OnGwh = pyo.Var(m.OG, domain=pyo.NonNegativeReals)
    kinds = range(len(o.unit))
    m.OI = pyo.Set(dimen=2, initialize=sorted({(i, t) for i, _, t in m.OG}))

    def generated(i: int, t: int) -> Any:
        return sum(m.OnGwh[i, u, t] for u in kinds if (i, u, t) in m.OG)

    def drawn(i: int, t: int) -> Any:
        return sum(mw * float(p.mwh_per_it_mw[i, t]) / 1e3 * variable for mw, variable in load[i, t])

    @m.Constraint(m.OG)
    def generated_within_units(m: pyo.ConcreteModel, i: int, u: int, t: int) -> object:
        return m.OnGwh[i, u, t] <= float(o.most_mwh[u, t]) / 1e3 * standing(m, i, u, t)

    @m.Constraint(m.OI)
    def generated_within_load(m: pyo.ConcreteModel, i: int, t: int) -> object:
        return generated(i, t) <= drawn(i, t)

    @m.Constraint(m.OI)
    def rest_within_grid(m: pyo.ConcreteModel, i: int, t: int) -> object:
        own = {id(variable) for _, variable in m.onsite_firm.get((i, t), [])}
        other = sum(mw * variable for mw, variable in m.extra_supply.get((i, t), []) if id(variable) not in own)
        shape = float(p.mwh_per_it_mw[i, t] / p.pue_peak[i]) / 1e3
        return drawn(i, t) - generated(i, t) <= shape * (float(p.energized_mw[i, t]) * m.Z[i, t] + other)

    for i, u, t in m.OG:
        gwh = m.OnGwh[i, u, t]
        m.onsite_mwh.setdefault((i, t), []).append((1e3, gwh))
        m.co2.setdefault((i, t), []).append((1e3 * float(o.co2_t_per_mwh[u] - p.co2_t_per_mwh[i]), gwh))
        m.fuel_co2.setdefault((i, t), []).append((1e3 * float(o.co2_t_per_mwh[u]), gwh))
        m.ledger.pay("energy", t, -float(p.usd_per_mwh[i, t]) / 1e3, gwh, i)
        m.ledger.pay("onsite_fuel", t, float(o.fuel_usd_per_mwh[i, u, t]) / 1e3, gwh, i)
        m.ledger.pay("onsite_om", t, float(o.var_om_usd_per_mwh[u]) / 1e3, gwh, i)
