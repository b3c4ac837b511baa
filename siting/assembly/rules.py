"""Rules of the plan: ids looked up among the candidates, MW made whole modules, states and counties made groups."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from siting.assembly.places import study_file
from siting.assembly.tenures import in_shells, live_from, terms_of
from siting.errors import Fault
from siting.problem import IntArray
from siting.problem.rules import SiteRules
from siting.study import Study
from siting.study.rules import Forced

FORBIDDEN = "rules.forbidden"
"""Reason in `excluded_by`."""


def named_faults(study: Study, frame: pd.DataFrame) -> Iterator[Fault]:
    """Ids in the rules that are no candidate, or that must open and cannot be used."""
    named = [(f"rules.forced[{n}].candidate", entry.candidate) for n, entry in enumerate(study.rules.forced)]
    out = frame.set_index("candidate")["excluded_by"]
    named += [(f"rules.existing[{n}].candidate", entry.candidate) for n, entry in enumerate(study.rules.existing)]
    for key, name in named:
        if name in out.index and out[name]:
            value = f"{name!r}, which is ruled out by {out[name]}"
            yield Fault(file=study_file(study), key=key, value=value, expected="a candidate that can be used")
    yield from _existing_faults(study, frame.set_index("candidate"))
    named += [(f"rules.forbidden[{n}]", name) for n, name in enumerate(study.rules.forbidden)]
    yield from unknown_ids(study, named, frame["candidate"].tolist())


def _existing_faults(study: Study, places: pd.DataFrame) -> Iterator[Fault]:
    """Campuses that stand and cannot: too large, of a rented tenure, not of whole modules, extended at once."""
    for n, entry in enumerate(study.rules.existing):
        if entry.candidate not in places.index:
            continue
        place, key = places.loc[entry.candidate], f"rules.existing[{n}]"
        modules = entry.it_mw / study.halls.module_it_mw
        found = f"{entry.it_mw:g} MW IT"
        if abs(modules - round(modules)) > 1e-9:
            expected = f"whole modules of {study.halls.module_it_mw:g} MW"
            yield Fault(file=study_file(study), key=f"{key}.it_mw", value=found, expected=expected)
        if entry.it_mw * place["pue_peak"] > place["final_utility_mw"] + 1e-6:
            expected = f"at most the final MW, {place['final_utility_mw'] / place['pue_peak']:,.1f} MW IT"
            yield Fault(file=study_file(study), key=f"{key}.it_mw", value=found, expected=expected)
        if place["tenure"] not in ("own", "retrofit"):
            found = f"{entry.candidate!r}, {place['tenure']}"
            expected = "an own campus or a retrofit: halls that are paid"
            yield Fault(file=study_file(study), key=f"{key}.candidate", value=found, expected=expected)
        elif terms_of(study, str(place["tenure"])).construction_quarters < 1:
            expected = "at least one quarter of construction, so that new halls are told from those that stand"
            yield Fault(file=study_file(study), key=key, value="construction_quarters = 0", expected=expected)


def existing_modules(study: Study, usable: pd.DataFrame) -> IntArray:
    """(I,) modules that stand at the start."""
    standing = {entry.candidate: entry.it_mw for entry in study.rules.existing}
    it_mw = usable["candidate"].map(standing).fillna(0.0).to_numpy(float)
    return np.asarray(np.rint(it_mw / study.halls.module_it_mw), dtype=np.int64)


def _forced_modules(study: Study, tenure: str, entry: Forced) -> float:
    """Least modules that a forced campus stands with; whole unless it is fitted out by the megawatt."""
    asked = None if entry.it_mw is None else entry.it_mw / study.halls.module_it_mw
    if in_shells(study, tenure):
        return terms_of(study, tenure).first_modules if asked is None else asked
    return 1.0 if asked is None else float(math.ceil(asked - 1e-9))


def unknown_ids(study: Study, named: Sequence[tuple[str, str]], known: Sequence[str]) -> Iterator[Fault]:
    """A fault for every (key, id) that is no candidate, with the nearest that is."""
    ids = set(known)
    for key, name in named:
        if name not in ids:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f"; the nearest is {near[0]!r}" if near else ""
            expected = f"the id of a candidate of the study{hint}"
            yield Fault(file=study_file(study), key=key, value=repr(name), expected=expected)


def site_rules(study: Study, usable: pd.DataFrame) -> SiteRules | None:
    """The rules over the usable candidates; None when the study states none."""
    rules = study.rules
    if not rules.used:
        return None
    ids = usable["candidate"].tolist()
    modules = np.zeros(len(ids))
    by = np.full(len(ids), study.quarters - 1, dtype=np.int64)
    for entry in rules.forced:
        at = ids.index(entry.candidate)
        modules[at] = _forced_modules(study, str(usable["tenure"].iloc[at]), entry)
        by[at] = study.quarters - 1 if entry.by is None else entry.by - study.start
    limits: list[int] = []
    kinds = []
    states = dict.fromkeys(usable["state"].unique(), rules.per_state_max) | dict(rules.max_per_state)
    counties = dict.fromkeys(usable["county_fips"].unique(), rules.max_per_county)
    for column, most in (("state", states), ("county_fips", counties)):
        numbers: dict[str, int] = {}
        for name, count in most.items():
            if count is not None:
                numbers[name] = len(limits)
                limits.append(count)
        kinds.append(usable[column].map(numbers).fillna(-1).to_numpy(np.int64))
    return SiteRules(
        min_sites=rules.min_sites,
        max_sites=rules.max_sites,
        forced_modules=modules,
        forced_by=by,
        existing_modules=existing_modules(study, usable),
        extended_from=live_from(study, usable),
        group=np.stack(kinds),
        group_most=np.array(limits, dtype=np.int64),
        lat=usable["lat"].to_numpy(float),
        lon=usable["lon"].to_numpy(float),
        min_distance_km=rules.min_distance_km,
    )
