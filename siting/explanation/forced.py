"""A place forced into the plan: open at the end at least, or the host of a cluster."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siting.problem import Problem
from siting.problem.crowd import Crowd
from siting.problem.rules import SiteRules


def opened(p: Problem, i: int) -> Problem:
    """Every plan of the problem opens candidate i, with a first phase by the end of the horizon at least."""
    rules = _no_rules(p) if p.rules is None else p.rules
    modules = rules.forced_modules.astype(float)
    modules[i] = max(min(1.0, float(p.modules_first[i])), float(modules[i]))
    return replace(p, rules=replace(rules, forced_modules=modules))


def hosting(p: Problem, k: int, i: int) -> Problem:
    """Every plan of the problem has cluster k at candidate i or in its halls of the other cooling class, alone."""
    may = np.ones((len(p.candidate_id), len(p.cluster)), dtype=bool)
    may[:, k] = p.campus == i
    gpus = p.cluster_lease_gpus.copy()
    gpus[k] = 0
    split = p.split
    if split is not None:
        within = split.within_km.copy()
        within[k] = np.nan
        split = replace(split, within_km=within)
    return replace(p, crowd=Crowd(count=p.count, may_host=may), cluster_lease_gpus=gpus, split=split)


def _no_rules(p: Problem) -> SiteRules:
    """Rules that ask for nothing."""
    count = len(p.candidate_id)
    none = np.zeros(count, dtype=np.int64)
    return SiteRules(
        min_sites=0,
        max_sites=None,
        forced_modules=none.astype(float),
        forced_by=np.full(count, p.quarters - 1, dtype=np.int64),
        existing_modules=none,
        extended_from=none,
        group=np.zeros((0, count), dtype=np.int64),
        group_most=np.zeros(0, dtype=np.int64),
        lat=np.full(count, np.nan),
        lon=np.full(count, np.nan),
        min_distance_km=None,
    )
