"""Random shared lines on a random problem."""

from __future__ import annotations

import dataclasses

import numpy as np
from model_optimum import optimum

from siting.problem import Problem
from siting.problem.grid_rows import NO_OUTAGE, GridRows


def with_grid(p: Problem, rng: np.random.Generator) -> Problem:
    """One or two lines with about the room that the cheapest plan without them takes, factors of both signs, two
    islands, a candidate without a bus by chance."""
    i, count = len(p.candidate_id), int(rng.integers(1, 3))
    at_bus = rng.random(i) < 0.85
    most_mw = p.modules_max * p.module_it_mw * p.pue_peak
    factor = rng.uniform(-0.3, 1.0, (count, i)) * at_bus
    found = optimum(p, whole=False).decisions
    load = most_mw if found is None else found.modules.sum(axis=1) * p.module_it_mw * p.pue_peak
    room = rng.uniform(0.1, 1.1, count) * np.maximum(factor @ load, 0.1)
    block = GridRows(
        bus_id=np.where(at_bus, np.arange(i), -1),
        island=np.where(at_bus, rng.integers(0, 2, i), -1),
        island_name=("a", "b"),
        spare_mw=rng.uniform(0.3, 1.2, 2) * most_mw.sum(),
        factor=factor,
        room_mw=room,
        limit_mw=room,
        branch_id=np.arange(count),
        outage_id=np.full(count, NO_OUTAGE),
        sign=np.ones(count, dtype=np.int64),
        every_quarter=rng.random(count) < 0.5,
    )
    return dataclasses.replace(p, grid=block)
