"""A study in a few lines: what is wanted, what may be used, what is assumed. For a terminal and a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.printed import plural
from siting.units import quarter_label

if TYPE_CHECKING:
    from siting.study.assets import Cluster, LeaseContract
    from siting.study.root import Study

TENURES = {
    "own": "own builds",
    "retrofit": "refitted buildings",
    "powered_shell": "powered shells",
    "colocation": "colocation halls",
    "lease": "leases",
}
MOST = 4
"""Most items of one kind that are named; the others are counted."""


def study_words(study: Study) -> list[tuple[str, str]]:
    """(label, text) pairs, each a line that stands for itself; what the study leaves out is left out."""
    last, long = quarter_label(study.end - 1), plural(study.quarters, "quarter")
    horizon = f"{quarter_label(study.start)} to {last} ({long}), prices known on {study.price_day}"
    return [
        ("Horizon", horizon),
        *([("Wanted", _listed([_cluster(cluster) for cluster in study.clusters]))] if study.clusters else []),
        *([("Inference", _inference(study))] if study.inference is not None else []),
        ("Places", _places(study)),
        ("Allowed", ", ".join(words for name, words in TENURES.items() if getattr(study.money, name))),
        ("May buy", _listed([kind.name for kind in study.accelerators])),
        *([("May lease", _leases(study))] if study.leases.bilateral or study.leases.public else []),
        ("Grid power", _power(study)),
        ("Money", _money(study)),
        ("Aims", ", then ".join(aim.objective for aim in study.priorities)),
    ]


def study_text(study: Study) -> str:
    """The lines as plain text, a heading first."""
    pairs = study_words(study)
    wide = max(len(label) for label, _ in pairs)
    head = f"Study “{study.name}”" + (f": {study.title}" if study.title else "")
    return "\n".join([head, *(f"  {label:<{wide}}  {text}" for label, text in pairs)])


def _cluster(cluster: Cluster) -> str:
    size = f"{cluster.gpus:,}" if cluster.gpus is not None else f"{cluster.h100e:,.0f} H100e of"
    types = " or ".join(cluster.accelerators) or "any accelerator"
    until = f" until {quarter_label(cluster.until)}" if cluster.until is not None else ""
    return f"{cluster.name}: {size} {types} from {quarter_label(cluster.by)}{until}"


def _inference(study: Study) -> str:
    asked = study.inference
    assert asked is not None
    growth = f", growing {asked.growth * 100:g} % a year" if asked.growth else ""
    survive = f"; {asked.survive_share * 100:g} % survives the loss of one site" if asked.survive_share else ""
    return (
        f"{asked.peak_h100e:,.0f} H100e at peak from {quarter_label(asked.first_quarter)}{growth}, "
        f"{asked.regions} metro regions within {asked.rtt_target_ms:g} ms ({asked.rtt_basis}){survive}"
    )


def _places(study: Study) -> str:
    places, own = study.candidates, study.grid.own
    found = []
    if places.grid is not None:
        where = ", ".join(places.grid.states) or "all states"
        of = "the planner's own network" if own else "the synthetic grid"
        found.append(f"substations of {of} in {where} with {places.grid.min_utility_mw:g} MW or more")
    if places.file is not None:
        found.append(f"the file {places.file.path}")
    if places.colocation is not None:
        free = f"{places.colocation.available_it_mw:g} MW IT"
        found.append(f"colocation in {len(places.colocation.markets) or 'all'} markets, {free} in each")
    return "; ".join(found)


def _leases(study: Study) -> str:
    offers = [_offer(lease) for lease in study.leases.bilateral]
    public = study.leases.public
    if public is not None:
        offers.append(f"public offers ({', '.join(public.kinds)})")
    return _listed(offers)


def _offer(lease: LeaseContract) -> str:
    if lease.usd_per_gpu_h is not None:
        return f"{lease.name}: {lease.gpus:,} {lease.accelerator} at {lease.usd_per_gpu_h:.2f} USD/GPU/h"
    return f"{lease.name}: {lease.gpus:,} {lease.accelerator} for {lease.total_musd:,.0f} MUSD"


def _power(study: Study) -> str:
    case = f"{study.power.case}_quarters"
    waits = [f"{', '.join(row.where) or 'elsewhere'} {getattr(row, case)}" for row in study.power.time_to_power]
    if len(waits) == 1:
        waits = [str(getattr(study.power.time_to_power[0], case))]
    quarters = "quarter" if waits == ["1"] else "quarters"
    return f"after {_listed(waits)} {quarters} ({study.power.case} case of the study's own assumption)"


def _money(study: Study) -> str:
    parts = []
    for status in ("closed", "assumed"):
        amount = sum(r.amount_musd for r in study.money.funding if r.status == status)
        if amount:
            parts.append(f"{amount:,.0f} MUSD {status}")
    return f"{', '.join(parts)}; discount rate {study.money.discount_rate * 100:g} % a year"


def _listed(words: list[str]) -> str:
    more = len(words) - MOST
    return "; ".join(words if more <= 0 else [*words[:MOST], f"and {more} more"])
