"""What is left after the loss of any one campus or lease, source by source and quarter by quarter."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.optimize import linprog

from siting.units import quarter_label
from siting.verification.demand import asked_h100e, regions_of
from siting.verification.halls import campus_of
from siting.verification.parts import Part

SLACK = 1e-5
"""Relative to what must survive."""


class SurvivalPart(Part):
    """The share of every demand that must survive, as the least shortfall over all ways to re-route."""

    def faults(self) -> Iterator[str]:
        """A region that gets too little after a loss."""
        study, limits = self.context.study, self.context.limits
        ask = study.inference
        if ask is None or ask.survive_share <= 0.0:
            return
        regions = list(regions_of(study, self.context.tables).values())
        read = self.context.read
        sources = sorted({*(site for site, _ in read.running), *(lease for lease, *_ in read.contracts)})
        sources = [source for source in sources if source in self.context.offers or self.context.places.get(source)]
        reached = np.array(
            [
                [(ms := limits.round_trip_ms(source, region.name)) is not None and ms <= region.target_ms + 1e-6]
                for source in sources
                for region in regions
            ]
        ).reshape(len(sources), len(regions))
        for t in range(study.quarters):
            due = ask.survive_share * np.array([asked_h100e(study, region, t) for region in regions])
            able = np.array([limits.able_h100e(source, t) for source in sources])
            if not due.any():
                continue
            campuses = np.array([campus_of(study, source) for source in sources], dtype=object)
            for lost in dict.fromkeys(campuses.tolist()):
                short = _shortfall(np.where(campuses == lost, 0.0, able), due, reached)
                if not short <= SLACK * max(1.0, due.sum()):
                    where = f"survival, {quarter_label(study.start + t)}, without {lost}"
                    yield f"{where}: {short:.3f} of {due.sum():.3f} H100e are not served"


def _shortfall(able: np.ndarray, due: np.ndarray, reached: np.ndarray) -> float:
    """Least H100e that go without, over all ways to send `able` of the sources to `due` of the regions they reach."""
    arcs = np.argwhere(reached & (able > 0)[:, None])
    width = len(arcs) + len(due)
    rows, right = np.zeros((len(able) + len(due), width)), np.concatenate([able, -due])
    for n, (source, region) in enumerate(arcs):
        rows[source, n] = 1.0
        rows[len(able) + region, n] = -1.0
    for region in range(len(due)):
        rows[len(able) + region, len(arcs) + region] = -1.0
    cost = np.concatenate([np.zeros(len(arcs)), np.ones(len(due))])
    found = linprog(cost, A_ub=rows, b_ub=right, bounds=(0, None), method="highs")
    return float(found.fun) if found.status == 0 else float("inf")
