"""Random location problems, and every reduction of their own road on and off one by one, as `one_by_one` has for all.

The truth is that of the general model; the first way of solving leaves the road of location problems altogether.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from location_files import Instance
from location_problems import problem_of
from one_by_one import Line, Patch, as_shipped, searched, setting

from siting.problem import Problem
from siting.solver import lagrangian, location, location_search, search
from siting.solver.lagrangian import Pace, Priced, priced_bound
from siting.solver.location import Location, location_of
from siting.solver.location_moves import improved
from siting.solver.location_plans import plan_over


def location_problem(seed: int) -> Problem:
    """3-7 sites and 4-10 customers at random points, whole costs or not; by chance equal capacities, none, none and
    free arcs (covering), single sources, a most of sites, missing arcs."""
    r = np.random.default_rng([9, seed])
    m, n = int(r.integers(3, 8)), int(r.integers(4, 11))
    demand = r.integers(1, 12, n).astype(float)
    distance = np.linalg.norm(r.uniform(0, 30, (m, 1, 2)) - r.uniform(0, 30, (1, n, 2)), axis=2)
    distance = np.round(distance) if r.random() < 0.5 else distance
    capacity = np.round(demand.sum() * r.uniform(0.2, 1.2, m))
    kind = r.choice(["free", "free", "equal", "none", "covering"])
    if kind == "equal":
        capacity[:] = np.round(demand.sum() * r.choice([0.3, 0.4, 0.55]))
    if kind in ("none", "covering"):
        capacity[:] = demand.sum()
    cost = np.zeros((m, n)) if kind == "covering" else distance * demand
    cost[r.random((m, n)) < (0.5 if kind == "covering" else 0.1)] = np.nan
    fixed = r.integers(0, 200, m).astype(float)
    most = int(r.integers(2, m)) if r.random() < 0.3 else None
    one = Instance(fixed=fixed, capacity=capacity, demand=demand, cost=cost, distance=distance)
    return replace(problem_of(one, most), single_source=bool(kind != "covering" and r.random() < 0.4))


def never(name: str, value: Any) -> Patch:
    """A property of every location problem at one value."""
    return lambda patch: patch.setattr(Location, name, property(lambda loc: value))


def all_strong(patch: pytest.MonkeyPatch) -> None:
    """A row of its own for every arc."""
    core_of: Callable[..., Any] = location_search.core_of

    def strong(loc: Location, state: Any, arcs: Any, pool: Any, strong: Any, scale: float) -> Any:
        return core_of(loc, state, arcs, pool, np.ones_like(strong), scale)

    patch.setattr(location_search, "core_of", strong)


def open_arcs(loc: Location, priced: Any) -> Any:
    """All arcs of sites that are not closed."""
    return np.isfinite(loc.cost) & (priced.state >= 0)[:, None]


LOCATIONS: dict[str, Patch] = {
    "location road": as_shipped,
    "the general road": setting(search, location_of=lambda p: None),
    "no site settled": setting(lagrangian, settled=lambda loc, value, state, prices, best: state.copy()),
    "no arc left out": setting(location_search, arcs_left=open_arcs),
    "pools from the first arc": setting(location_search, POOL_FROM=0, MARGIN=0.8),
    "every arc strong": all_strong,
    "few strong rows": setting(location_search, TAIL=1.0),
    "customers never whole in the bound": setting(location_search, countable=lambda *_: False),
    "no nodes of whole customers": setting(location_search, PATTERN_CELLS=0.0),
    "whole customers and small search always": setting(location_search, SMALL_FROM=-1.0),
    "no small search": setting(location_search, _small_search=lambda loc, priced, *rest: priced),
    "costs not whole": never("step", 0.0),
    "not known to be integral": lambda patch: (
        never("integral", False)(patch),
        never("step", 0.0)(patch),
    )[0],
    "covering not seen": never("covering", False),
    "few steps of prices": setting(location_search, ALONE=Pace(steps=2), BRIEF=Pace(steps=2)),
    "as a large problem": setting(location, SMALL=0),
    "a tree from few steps": lambda patch: (
        never("small", False)(patch),
        setting(location_search, BRIEF=Pace(steps=2, looks=()))(patch),
    )[0],
}


def _stated(found: Priced) -> float:
    """The bound as the product states it: what is settled by a plan may lose plans of its own value, never better."""
    return found.bound if found.plan is None else min(found.bound, found.plan.value)


def location_lines(p: Problem, truth: float) -> Iterator[Line]:
    """What every way says of a location problem whose optimum is `truth`, and the bound by prices alone."""
    loc = location_of(p)
    assert loc is not None
    for way, patch_with in LOCATIONS.items():
        yield searched(p, way, patch_with)
    if np.isfinite(truth):
        for steps in (3, 60):
            pace = Pace(steps=steps)
            known = priced_bound(loc, plan_over, improved, seconds=10.0, pace=pace)
            yield Line(f"{steps} steps of prices", None, _stated(known))
            if location_search.countable(loc):
                whole = priced_bound(loc, plan_over, improved, seconds=10.0, known=known, exact=True, pace=pace)
                yield Line(f"{steps} steps of prices, customers whole", None, _stated(whole))
