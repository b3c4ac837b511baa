"""Which limit that the study states stands in the way, where there is no plan: found by leaving limits out; and how
large a cluster could be at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from siting.assembly import Assembled
from siting.problem import Problem
from siting.problem.caps import Caps
from siting.problem.limits import OwnLimits
from siting.reduction.screen import screen
from siting.solver.highs import Options
from siting.solver.search import search
from siting.study import Study
from siting.termination import Termination

SECONDS = 20.0
"""Of one search; any plan will do."""
HALVINGS = 7
"""Searches until a size is known to 1 %."""


def limits_in_the_way(study: Study, p: Problem, options: Options) -> list[str]:
    """Caps and own limits of an infeasible study that no plan keeps though there are plans without all of them; where
    each may be kept by itself, that they contradict one another. Empty: they are not the reason, or no plan was found.

    p: the problem that has no plan, over the candidates of its search.
    """
    stated = list(_stated(study, p))
    bare = replace(p, caps=None, limits=None, carbon=_uncapped(p.carbon), water=_uncapped(p.water))
    quick = replace(options, gap=0.5, time_limit_s=min(SECONDS, options.time_limit_s / (1 + len(stated))))
    if not stated or search(bare, quick).decisions is None:
        return []
    alone = [
        name
        for name, part in stated
        if len(stated) == 1 or search(replace(bare, **part), quick).result.termination is Termination.INFEASIBLE
    ]
    if alone:
        return [f"{name}: no plan keeps it; without it there are plans" for name in alone]
    return [f"{'; '.join(name for name, _ in stated)}: no plan keeps them all; without them there are plans"]


def _stated(study: Study, p: Problem) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each limit in words, and the parts of a problem that has it alone."""
    if (caps := p.caps) is not None and np.isfinite(caps.capital_musd):
        part = Caps(capital_musd=caps.capital_musd, operating_musd=np.inf, year=caps.year)
        yield f"money: capex_cap_musd, {caps.capital_musd:,.1f} MUSD", {"caps": part}
    if caps is not None and np.isfinite(caps.operating_musd):
        part = Caps(capital_musd=np.inf, operating_musd=caps.operating_musd, year=caps.year)
        yield f"money: opex_cap_musd_per_year, {caps.operating_musd:,.1f} MUSD/y", {"caps": part}
    for n, limit in enumerate(study.limits):
        assert p.limits is not None
        yield f"limits: {limit.name} ({limit.expr})", {"limits": OwnLimits(rows=(p.limits.rows[n],))}
    for name in ("carbon", "water"):
        flow = getattr(p, name)
        if flow is not None and flow.cap:
            yield f"{name}: the cap by calendar year", {name: flow}


def _uncapped(flow: Any) -> Any:
    return None if flow is None else replace(flow, cap={})


def carries_gpus(study: Study, assembled: Assembled, options: Options) -> int | None:
    """A cluster size, in accelerators, for which a plan was found: bisection on the model to about 1 %, 8 candidates.

    More may be possible: a size without a plan inside the limit counts as too much.
    """
    p = assembled.problem
    if len(study.clusters) != 1 or study.clusters[0].gpus is None:
        return None
    admitted = assembled.leases["accelerator"].isin(study.clusters[0].accelerators).to_numpy()
    fabric = np.minimum(assembled.leases["single_fabric_gpus"], assembled.leases["gpus"]).to_numpy(float) * admitted
    wanted, fits, too_many = study.clusters[0].gpus, 0, study.clusters[0].gpus
    quick = replace(options, gap=0.5, time_limit_s=min(SECONDS, options.time_limit_s / HALVINGS))
    while too_many - fits > max(0.01 * too_many, 1.0):
        middle = (fits + too_many) // 2
        pods = np.where(p.cluster_pods > 0, np.ceil(middle / p.pod_accelerators[None, :] - 1e-9), 0).astype(np.int64)
        gpus = np.where(fabric >= middle, middle, 0).astype(np.int64)[None, :]
        other = replace(p, cluster_pods=pods, cluster_lease_gpus=gpus)
        found = search(other.take(screen(other, 8).rows), quick)
        if found.decisions is not None:
            fits = middle
        else:
            too_many = middle
    return fits if fits < wanted else None
