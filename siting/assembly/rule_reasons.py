"""Why rules of the plan alone leave no plan, by arithmetic on one rule, or on a forced site and one rule, at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from siting.assembly.assemble import Assembled
from siting.assembly.rules import FORBIDDEN
from siting.geo.distance import geodesic_km
from siting.problem.rules import SiteRules
from siting.study import Study
from siting.units import quarter_label


def rule_reasons(study: Study, assembled: Assembled) -> Iterator[str]:
    """Sentences that begin with `rules:`."""
    p, rules = assembled.problem, assembled.problem.rules
    if rules is None:
        return
    forced = np.flatnonzero(rules.forced_modules).tolist()
    for i in forced:
        name, by = p.candidate_id[i], study.start + int(rules.forced_by[i])
        asked, holds = (float(n) * p.module_it_mw for n in (rules.forced_modules[i], p.modules_max[i]))
        if asked > holds + 1e-9:
            kind = "" if p.in_shells[i] else " in whole modules"
            yield f"rules: {name} is forced with {asked:g} MW IT{kind}; it holds {holds:g} MW IT"
        if p.live_from[i] > rules.forced_by[i]:
            first = quarter_label(study.start + int(p.live_from[i]))
            yield f"rules: {name} is forced by {quarter_label(by)}; halls there can stand from {first} on"
    yield from _together(study, assembled, rules, forced)
    openable = int((p.live_from < p.quarters).sum())
    if rules.min_sites > openable:
        yield f"rules: min_sites is {rules.min_sites}; {openable} candidates can open inside the horizon"
    for kind in rules.group:
        limited = kind >= 0
        groups, sizes = np.unique(kind[limited], return_counts=True)
        most = int(np.minimum(sizes, rules.group_most[groups]).sum()) + int((~limited).sum())
        if openable >= rules.min_sites > most:
            yield f"rules: min_sites is {rules.min_sites}; the limits by state or county leave {most}"


def _together(study: Study, a: Assembled, rules: SiteRules, forced: list[int]) -> Iterator[str]:
    """Forced sites that other rules do not let stand beside one another."""
    ids = a.problem.candidate_id
    for column, kind in zip(("state", "county_fips"), rules.group, strict=True):
        for group in sorted({int(kind[i]) for i in forced} - {-1}):
            here = [i for i in forced if kind[i] == group]
            if len(here) > rules.group_most[group]:
                place, most = a.usable[column].iloc[here[0]], int(rules.group_most[group])
                yield f"rules: {', '.join(ids[here])} are forced in {place}; at most {most} may be open there"
    if study.rules.min_distance_km is not None:
        for i, j in combinations(forced, 2):
            km = float(geodesic_km([rules.lat[i]], [rules.lon[i]], [rules.lat[j]], [rules.lon[j]])[0, 0])
            if km < study.rules.min_distance_km:
                least = study.rules.min_distance_km
                yield f"rules: {ids[i]} and {ids[j]} are forced and {km:,.0f} km apart; the least is {least:g} km"


def forbidden_hosts(assembled: Assembled, need_it_mw: float) -> str | None:
    """Forbidden candidates whose final MW would carry so many critical IT MW, in words; None when there are none."""
    frame = assembled.candidates
    out = frame[(frame["excluded_by"] == FORBIDDEN) & (frame["final_utility_mw"] >= need_it_mw * frame["pue_peak"])]
    if not len(out):
        return None
    names = ", ".join(out["candidate"].head(5))
    return f"rules: {names} would hold {need_it_mw:,.1f} MW IT and {'is' if len(out) == 1 else 'are'} forbidden"
