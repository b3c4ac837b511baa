"""One problem, every reduction of the search on and off one by one: same optimum, bounds on the right side.

The truth is the unreduced model: all candidates, a flow from every candidate and offer to every region, no columns of
totals, everything whole, HiGHS without presolve, one solve. Against it stand the search as shipped and the search with
one reduction changed at a time (`SEARCHES`), the bounds over all candidates with one part of the pricing changed at a
time (`PRICINGS`), the proof by crowds (`PROOFS`), and the shortlist.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from siting.formulation import build
from siting.formulation.totals import add_totals
from siting.pricing import bound_over_all, parts_without_price
from siting.problem import BoolArray, IntArray, Problem
from siting.reduction.screen import screen
from siting.solver import everyone, highs, prove, relaxation, search
from siting.solver.compile import InfeasibleRowError, Matrix, compile_model
from siting.solver.highs import Options, Outcome, solve_matrix
from siting.solver.hosts import price_by_host
from siting.termination import Termination

GAP = 1e-6
EXACT = Options(gap=GAP, threads=1, time_limit_s=60.0)
ROOM = 5e-6
"""Relative: what two solves of one problem may differ by, gap and tolerances of HiGHS together."""
Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Line:
    """What one way of solving said of one problem."""

    way: str
    value: float | None
    """Of the plan it found; infinity where it says that there is none; None where it only gives a bound."""
    bound: float
    """Minus infinity where it states none."""


def room(truth: float) -> float:
    """How far from the truth a value may lie, musd."""
    return ROOM * max(1.0, abs(truth))


def wrong(line: Line, truth: float) -> str | None:
    """What contradicts the truth, in words; None where nothing does. A shortlist may cost more, never less."""
    if line.value is not None and np.isinf(line.value) != np.isinf(truth) and not line.way.startswith("shortlist"):
        return f"{line.way}: value {line.value}, truth {truth}"
    if np.isinf(truth):
        return None
    if line.value is not None:
        short = line.way.startswith("shortlist")
        if line.value < truth - room(truth) or (not short and line.value > truth + room(truth)):
            return f"{line.way}: value {line.value}, truth {truth}"
    if line.bound > truth + room(truth):
        return f"{line.way}: bound {line.bound} above the truth {truth}"
    return None


# --- the truth ------------------------------------------------------------------------------------------------------


def classes_of_one(p: Problem) -> tuple[BoolArray, IntArray, IntArray]:
    """Every candidate and every offer a class of its own: `coverage_classes` without the grouping."""
    everyone_reaches = np.vstack([p.reach, p.lease_reach])
    useful = everyone_reaches.any(axis=1)
    index = np.full(len(useful), -1, dtype=np.int64)
    index[useful] = np.arange(useful.sum())
    return everyone_reaches[useful], index[: len(p.reach)], index[len(p.reach) :]


def explicit_flows(patch: pytest.MonkeyPatch) -> None:
    """A flow from every candidate and offer instead of one from every coverage class."""
    for name, module in list(sys.modules.items()):
        if name.startswith("siting.") and hasattr(module, "coverage_classes"):
            patch.setattr(module, "coverage_classes", classes_of_one)


def without_totals(patch: pytest.MonkeyPatch) -> None:
    """No columns of totals over sites."""
    patch.setattr(build, "FAMILIES", tuple(add for add in build.FAMILIES if add is not add_totals))


def whole(matrix: Matrix) -> Matrix:
    """Pods and GPUs whole too."""
    return replace(matrix, integer=matrix.integer | search.columns_of(matrix, ("B", "X")))


def truth_of(p: Problem) -> float:
    """The optimum of the unreduced model; infinity without a plan."""
    with pytest.MonkeyPatch.context() as patch:
        explicit_flows(patch)
        without_totals(patch)
        try:
            matrix = whole(compile_model(build.build_model(p)))
        except InfeasibleRowError:
            return np.inf
    found = highs._run(matrix, replace(EXACT, gap=0.0), None, None, presolve="off")
    if found is None:
        return np.inf
    assert found.termination is Termination.OPTIMAL and found.value is not None, found.termination
    return found.value


# --- the search -----------------------------------------------------------------------------------------------------


def everything_whole_at_once(patch: pytest.MonkeyPatch) -> None:
    """No first search over totals: modules of single sites whole from the start."""
    patch.setattr(search, "totals_of", lambda p, matrix: whole(matrix))


def small_contracts_whole(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(search, "SERVER_GPUS", -1)


def all_contracts_loose(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(search, "SERVER_GPUS", np.inf)


def shared_lines_loose(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(search, "_on_shared_lines", lambda p, matrix: np.zeros(len(matrix.cost), dtype=bool))


def straight_to_free(patch: pytest.MonkeyPatch) -> None:
    """No whole plan with openings and hosts as found: the whole problem at once."""

    def free(
        p: Problem, matrix: Matrix, totals: Matrix, relaxed: Outcome, options: Options, watch: Any, *, in_stages: bool
    ) -> Outcome:
        found = solve_matrix(matrix, options)
        return search.polished(matrix, found, options) if found.x is not None else found

    patch.setattr(search, "_whole_plan", free)


def not_polished(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(search, "polished", lambda matrix, outcome, options: outcome)


def presolve_off(patch: pytest.MonkeyPatch) -> None:
    run = highs._run
    patch.setattr(highs, "_run", lambda m, o, start, watch, presolve, **of: run(m, o, start, watch, "off", **of))


def no_start(patch: pytest.MonkeyPatch) -> None:
    """The last search does not begin from the plan at hand."""
    run = highs._run
    patch.setattr(highs, "_run", lambda m, o, start, watch, presolve, **of: run(m, o, None, watch, presolve, **of))


@contextmanager
def patched(patch_with: Patch) -> Iterator[None]:
    """The product with one thing changed while this lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch_with(patch)
        yield


def regions_apart(patch: pytest.MonkeyPatch) -> None:
    """Regions that the same sources reach are not one."""
    patch.setattr(search, "with_alike_regions_as_one", lambda p: (p, np.arange(len(p.region))))


def as_shipped(patch: pytest.MonkeyPatch) -> None:
    """Nothing changed."""


SEARCHES: dict[str, Patch] = {
    "search as shipped": as_shipped,
    "flows of every candidate": explicit_flows,
    "no totals": without_totals,
    "no search over totals first": everything_whole_at_once,
    "small contracts whole": small_contracts_whole,
    "all contracts loose": all_contracts_loose,
    "shared lines loose": shared_lines_loose,
    "no steps to a whole plan": straight_to_free,
    "not polished": not_polished,
    "presolve off": presolve_off,
    "no start": no_start,
    "every region for itself": regions_apart,
}


def searched(p: Problem, way: str, patch_with: Patch, options: Options = EXACT) -> Line:
    """Value and bound of the search with one thing changed."""
    with patched(patch_with):
        found = search.search(p, options).result
    if found.termination is Termination.INFEASIBLE:
        return Line(way, np.inf, -np.inf)
    assert found.value is not None and found.termination is Termination.OPTIMAL, (way, found)
    return Line(way, found.value, -np.inf if found.bound is None else found.bound)


# --- bounds over all ------------------------------------------------------------------------------------------------


def setting(module: Any, **values: Any) -> Patch:
    """Constants of a module at other values."""

    def changed(patch: pytest.MonkeyPatch) -> None:
        for name, value in values.items():
            patch.setattr(module, name, value)

    return changed


def both(one: Patch, other: Patch) -> Patch:
    """Two things changed."""

    def changed(patch: pytest.MonkeyPatch) -> None:
        one(patch)
        other(patch)

    return changed


PRICINGS: dict[str, Patch] = {
    "pricing as shipped": as_shipped,
    "all priced in every round": setting(everyone, POOL=10**6),
    "pool of the likeliest one": setting(everyone, POOL=1),
    "no candidate dropped": setting(everyone, NEAR=np.inf),
    "all but one dropped": setting(everyone, NEAR=0.0, LEAST=1),
    "one taken in at a time": setting(everyone, TAKEN=1),
    "flows of every candidate, priced": explicit_flows,
}


def nothing_fixed(patch: pytest.MonkeyPatch) -> None:
    """No reduced-cost fixing: no candidate is too dear to open or to hold a cluster."""
    priced = prove.price_everyone

    def bare(*args: Any, **named: Any) -> Any:
        found = priced(*args, **named)
        if found is None:
            return None
        none = np.zeros_like(found.bound.if_open)
        return replace(found, bound=replace(found.bound, if_open=none, if_host=none))

    patch.setattr(prove, "price_everyone", bare)


def poor_prices(patch: pytest.MonkeyPatch) -> None:
    """Fixing by multipliers that are far off: valid all the same, and what is open in a best plan has a cost."""
    priced = prove.price_everyone

    def poor(p: Problem, *args: Any, **named: Any) -> Any:
        found = priced(p, *args, **named)
        if found is None:
            return None
        y = found.multipliers
        off = replace(y, served=0.6 * y.served, host=0.8 * y.host, funding=0.0 * y.funding)
        return replace(found, multipliers=off, bound=bound_over_all(p, off))

    patch.setattr(prove, "price_everyone", poor)


def places_apart(patch: pytest.MonkeyPatch) -> None:
    """Every place of the cluster that comes near the best has prices of its own."""
    priced = prove.price_everyone

    def apart(p: Problem, *args: Any, **named: Any) -> Any:
        found = priced(p, *args, **named)
        return None if found is None else price_by_host(p, found, 1e9, EXACT)

    patch.setattr(prove, "price_everyone", apart)


def no_crowds(patch: pytest.MonkeyPatch) -> None:
    """Every candidate stands for itself."""
    patch.setattr(prove, "crowds_of", lambda p, rows, at_most: [rows[n : n + 1] for n in range(len(rows))])


PROOFS: dict[str, Patch] = {
    "proof as shipped": as_shipped,
    "nothing fixed": nothing_fixed,
    "fixed by poor prices": poor_prices,
    "strong prices always": setting(prove, PARTLY=-1.0),
    "strong prices never": setting(prove, price_strongly=lambda p, known, options: known),
    "strong prices from one candidate on": both(setting(prove, PARTLY=-1.0), setting(everyone, STRONG=1)),
    "places of the cluster apart": both(places_apart, setting(prove, PARTLY=2.0)),
    "no crowds": no_crowds,
    "one crowd, then many": setting(prove, SIZES=((0, 1), (1, 2))),
    "one crowd, divided": setting(prove, SIZES=((1, 1),), SINGLED=1, PARTS=2),
    "one crowd, not divided": setting(prove, SIZES=((0, 1),), LARGEST=2),
    "neither fixed nor whole crowds": both(nothing_fixed, setting(prove, SIZES=((0, 2),), SINGLED=1)),
}


def priced(p: Problem, way: str, patch_with: Patch, rows: IntArray) -> Line | None:
    """The bound by multipliers alone; None where the rows to begin with have no relaxation."""
    with patched(patch_with):
        found = everyone.price_everyone(p, rows, EXACT)
    return None if found is None else Line(way, None, found.bound.least)


def proved(p: Problem, way: str, patch_with: Patch, rows: IntArray, value: float) -> Iterator[Line]:
    """The bound of the proof for a plan of this value, and the priced bound in it."""
    with patched(patch_with):
        found = prove.prove(p, rows, value, EXACT)
    if found is not None:
        assert found.priced_musd <= found.bound_musd + room(value), way
        yield Line(way, None, found.bound_musd)
        yield Line(f"{way}, priced", None, found.priced_musd)


def relaxed(p: Problem, way: str, patch_with: Patch) -> Line | None:
    """The linear relaxation with sets of regions in place of flows, over all."""
    with patched(patch_with):
        found = relaxation.relaxation(p, EXACT)
    return None if found is None else Line(way, None, found.least)


def lines_of(p: Problem, truth: float) -> Iterator[Line]:
    """What every way says of a problem whose optimum is `truth`."""
    for way, patch_with in SEARCHES.items():
        yield searched(p, way, patch_with)
    yield from _wide_gap(p, truth)
    if np.isinf(truth) or parts_without_price(p):
        return
    for way, patch_with in (("sets of regions", as_shipped), ("sets of regions, every candidate", explicit_flows)):
        if (line := relaxed(p, way, patch_with)) is not None:
            yield line
    first = screen(p, 1).rows
    for rows, start in ((first, ""), (np.arange(len(p.candidate_id)), ", all known")):
        for way, patch_with in PRICINGS.items():
            if (line := priced(p, way + start, patch_with, rows)) is not None:
                yield line
    for way, patch_with in PROOFS.items():
        for value, worth in ((truth, ""), (truth + 0.05 * abs(truth) + 1.0, ", a dearer plan")):
            yield from proved(p, way + worth, patch_with, first, value)
    yield from _shortlists(p)


def _wide_gap(p: Problem, truth: float) -> Iterator[Line]:
    """The search at a gap of 2 %: its bound and a value that lies no more than the gap above it."""
    found = search.search(p, replace(EXACT, gap=0.02)).result
    if found.value is None or found.bound is None:
        yield Line("wide gap", np.inf, -np.inf)
        return
    near = found.value - truth <= 0.02 * abs(found.value) + room(found.value)
    yield Line("wide gap", truth if truth - room(truth) <= found.value and near else found.value, found.bound)


def _shortlists(p: Problem) -> Iterator[Line]:
    """The search over one and over two candidates, and the bound over all that goes with it."""
    for keep in (1, 2):
        rows = screen(p, keep).rows
        found = search.search(p.take(rows), EXACT).result
        if found.value is not None:
            yield Line(f"shortlist of {keep}", found.value, -np.inf)
            for line in proved(p, f"shortlist of {keep}", as_shipped, rows, found.value):
                yield replace(line, value=found.value)
