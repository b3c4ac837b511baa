"""What is left after the loss of any one campus or lease region, source by source and quarter by quarter."""

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
        losses = list(dict.fromkeys(self._lost_with(source, sources) for source in sources))
        for t in range(study.quarters):
            due = ask.survive_share * np.array([asked_h100e(study, region, t) for region in regions])
            able = np.array([limits.able_h100e(source, t) for source in sources])
            if not due.any():
                continue
            for gone in losses:
                left = np.where([source in gone for source in sources], 0.0, able)
                short = _shortfall(left, due, reached)
                if not short <= SLACK * max(1.0, due.sum()):
                    where = f"survival, {quarter_label(study.start + t)}, without {', '.join(sorted(gone))}"
                    yield f"{where}: {short:.3f} of {due.sum():.3f} H100e are not served"

    def _lost_with(self, source: str, sources: list[str]) -> frozenset[str]:
        """Everything that goes with a source: both kinds of halls on its campus, or all contracts in its region."""
        offers, study = self.context.offers, self.context.study
        if source not in offers:
            campus = campus_of(study, source)
            return frozenset(other for other in sources if other not in offers and campus_of(study, other) == campus)
        gone, size = {source}, 0
        while len(gone) > size:  # a name may lead to a place, and that to another name
            size = len(gone)
            names = {self._region(lease) for lease in gone} - {""}
            places = {(offers[lease].lat, offers[lease].lon) for lease in gone if not np.isnan(offers[lease].lat)}
            for other in sources:
                if other in offers and (
                    self._region(other) in names or (offers[other].lat, offers[other].lon) in places
                ):
                    gone.add(other)
        return frozenset(gone)

    def _region(self, lease: str) -> str:
        """Name of the lease region: provider and region of a public offer, else what the study states."""
        leases = self.context.study.leases
        written = {contract.name: contract.region for contract in (*leases.existing, *leases.bilateral)}
        if lease in written:
            return written[lease].strip().casefold()
        return " ".join(lease.removeprefix("public:").split("|")[:2]).strip().casefold()


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
