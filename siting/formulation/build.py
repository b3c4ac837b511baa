"""Problem -> ConcreteModel: the families in the order in which they need each other.

Decisions that several families and the solver speak of; i candidate, g accelerator, t quarter, k cluster, l offer, c
coverage class, j region. All but pods and hosts by quarter are cumulative: what is decided by t.

=========  ===========  ==============================================================  ===============
variable   index        what, unit                                                      file
=========  ===========  ==============================================================  ===============
Z          i, t         open by t, 0 or 1                                               `sites`
V          i, t         modules live by t                                               `sites`
Shells     i, t         shells that stand by t, where V is their fit-out                `shells`
B          i, g, t      pods delivered by t                                             `fleet`
Q          i, g, t      pods that run in t beside those of clusters                     `power`
W, U       k i g, k l   cluster stands at a campus, on an offer, 0 or 1                 `training`
R          k, l, t      a contract that starts in t is reserved for the cluster         `training`
Pair       k, a, b, g   cluster stands on two campuses; Part: its pods at the first     `split`
X, Y       l, t         GPUs of a contract that starts in t; whether there is one       `leases`
F, Cap     c, j, t      H100e served; Cap (c, t) instead of flows in the relaxation     `service`
M, N       t; g, t      modules and pods of all sites, whole                            `totals`
Spend      t            musd paid in t                                                  `money`
Reroute    loss, ...    H100e served by others after a loss                             `survival`
OnUnits    i, u, t      power units on the campus                                       `onsite`
=========  ===========  ==============================================================  ===============

Variables of one family alone are in the docstring of its file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyomo.environ as pyo

from siting.formulation.caps import add_caps
from siting.formulation.cooling import add_cooling
from siting.formulation.curtailable import add_curtailable, add_curtailed
from siting.formulation.debt import add_debt
from siting.formulation.fleet import add_fleet
from siting.formulation.grid import add_grid
from siting.formulation.income_tax import add_income_tax
from siting.formulation.large_load import add_demand_charge, add_large_load
from siting.formulation.leases import add_leases
from siting.formulation.ledger import Ledger
from siting.formulation.limits import add_limits
from siting.formulation.measures import add_measures, add_objective
from siting.formulation.money import add_money, add_payments
from siting.formulation.onsite import add_onsite, add_onsite_energy
from siting.formulation.open_service import add_open_service
from siting.formulation.other_sites import add_other_sites
from siting.formulation.power import add_power
from siting.formulation.revenue import add_revenue
from siting.formulation.rules import add_rules
from siting.formulation.service import add_capacity, add_service
from siting.formulation.shared import add_shared
from siting.formulation.shells import add_shells
from siting.formulation.single_source import add_single_source
from siting.formulation.sites import add_sites
from siting.formulation.split import add_split
from siting.formulation.supply import add_contracts
from siting.formulation.survival import add_survival
from siting.formulation.totals import add_totals
from siting.formulation.training import add_training
from siting.formulation.transit import add_transit
from siting.formulation.yearly import add_yearly
from siting.memory import uncollected
from siting.problem import Problem

FAMILIES: tuple[Callable[[pyo.ConcreteModel, Problem], None], ...] = (
    add_sites,
    add_shells,
    add_cooling,
    add_rules,
    add_other_sites,
    add_grid,
    add_fleet,
    add_totals,
    add_split,
    add_training,
    add_onsite,
    add_curtailable,
    add_power,
    add_onsite_energy,
    add_shared,
    add_curtailed,
    add_contracts,
    add_large_load,
    add_demand_charge,
    add_leases,
    add_service,
    add_transit,
    add_single_source,
    add_survival,
    add_payments,
    add_yearly,
    add_revenue,
    add_debt,
    add_income_tax,
    add_caps,
    add_money,
    add_limits,
    add_measures,
    add_objective,
)


def build_relaxation(p: Problem) -> pyo.ConcreteModel:
    """The model with the capacity of coverage classes in place of flows, and without survival: rows of sets of regions
    are to be added to it. Raises as `build_model`."""
    instead: dict[object, Callable[[pyo.ConcreteModel, Problem], None]] = {add_service: add_capacity}
    return _built(p, [instead.get(add, add) for add in FAMILIES if add is not add_survival])


def build_strong_relaxation(p: Problem) -> pyo.ConcreteModel:
    """The model with flows and the rows of `add_open_service`, without survival. Raises as `build_model`."""
    return _built(p, [*(add for add in FAMILIES if add is not add_survival), add_open_service])


def build_model(p: Problem, *, strong: bool = False) -> pyo.ConcreteModel:
    """The whole model. Raises ValueError where a row cannot hold whatever the decisions (an empty sum that must be
    1).

    strong: with the rows of `add_open_service`, that no plan breaks: more of them than of all others, and a better
    relaxation where several campuses serve regions.
    """
    return _built(p, (*FAMILIES, add_open_service) if strong else FAMILIES)


def _built(p: Problem, families: Iterable[Callable[[pyo.ConcreteModel, Problem], None]]) -> pyo.ConcreteModel:
    m = pyo.ConcreteModel()
    m.ledger = Ledger(p.quarters, p.rate)
    m.extra_supply = {}
    m.onsite_firm = {}  # the part of extra_supply that units on the campus give, (i, t) -> [(MW, variable)]
    m.onsite_mwh = {}  # energy that does not come from the grid, (i, t) -> [(MWh, variable)]
    m.co2 = {}  # carbon beside that of all energy at the grid's rate, (i, t) -> [(t, variable)]
    m.fuel_co2 = {}  # the part of m.co2 that is burnt on the campus, (i, t) -> [(t, variable)]
    m.firming = {}  # firm MW in curtailed hours only, (i, t) -> [(MW, variable)]
    with uncollected():
        for add in families:
            add(m, p)
    return m
