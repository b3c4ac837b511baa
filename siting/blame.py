"""Which limit that the study states stands in the way, where there is no plan: found by leaving limits out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from siting.problem import Problem
from siting.problem.caps import Caps
from siting.problem.limits import OwnLimits
from siting.solver.highs import Options
from siting.solver.search import search
from siting.study import Study
from siting.termination import Termination

SECONDS = 20.0
"""Of one search; any plan will do."""


def limits_in_the_way(study: Study, p: Problem, options: Options) -> list[str]:
    """Caps and own limits of an infeasible study that no plan keeps though there are plans without all of them; where
    each may be kept by itself, that they contradict one another. Empty: they are not the reason, or no plan was found.

    p: the problem that has no plan, over the candidates of its search.
    """
    stated = list(_stated(study, p))
    bare = replace(p, caps=None, limits=None, carbon=_uncapped(p.carbon), water=_uncapped(p.water))
    quick = replace(options, gap=0.5, time_limit_s=min(SECONDS, options.time_limit_s))
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
