"""Seconds of a whole search, and how large a model may be to be worth anything within them.

The limit of a study is for everything from the reduction to the proof over all candidates: every phase gets a part of
what is left. Neither Pyomo nor the first steps of HiGHS look at a clock, so a short limit is kept by a smaller model:
on a model of 15,000 columns the root heuristics of HiGHS 1.16 alone ran for 17 s whatever their limit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np

from siting.problem import Problem
from siting.solver.highs import Options

LEAST_S = 0.1
"""Limit of a solve when no time is left: what is there by then is still worth looking at."""
COLUMNS_A_SECOND = 300
"""Columns of a model for every second of its search. Measured on the shipped study over 40,000 substations: 20
candidates (2,754 columns) have a plan within 0.3 % in 10 s, 120 (15,108) have none."""
BUILT_A_SECOND = 10_000
"""Columns that are built and compiled in a second on a busy machine; 25,000 on an idle one."""
PRICED_A_SECOND = 10_000
"""Candidates that one pricing of all takes a second for, at least."""
LEAST_CANDIDATES = 8


@dataclass(frozen=True)
class Budget:
    """A limit that runs from now on."""

    limit_s: float
    began: float = field(default_factory=time.perf_counter)

    @property
    def left_s(self) -> float:
        """Seconds that are left; 0 when none are."""
        return max(0.0, self.limit_s - (time.perf_counter() - self.began))

    def of(self, options: Options, share: float = 1.0) -> Options:
        """The options with a share of what is left."""
        return replace(options, time_limit_s=max(LEAST_S, share * self.left_s))


def columns_each(p: Problem) -> float:
    """About how many columns of a model a candidate of `p` has: openings, modules, pods bought and running, hosts,
    service; what it may share with others of its class counted in full."""
    candidates, kinds, _, _, clusters, _ = p.size
    live = np.maximum(p.quarters - p.live_from, 0).sum()
    served = (p.reach.sum(axis=0) * (p.demand_h100e > 0.0).sum(axis=1)).sum()
    return float(live * (2 + 3 * kinds) + served) / max(candidates, 1) + clusters * kinds


def affordable(p: Problem, keep: int, seconds: float) -> int:
    """As many candidates as `keep`, or as a search of so many seconds gets anywhere with."""
    return max(min(keep, int(COLUMNS_A_SECOND * seconds / max(columns_each(p), 1.0))), min(keep, LEAST_CANDIDATES))


def built_in_s(p: Problem, candidates: int) -> float:
    """About how many seconds a model of so many candidates of `p` takes to build and compile."""
    return candidates * columns_each(p) / BUILT_A_SECOND
