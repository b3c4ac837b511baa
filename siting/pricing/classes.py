r"""The least reduced cost of campuses with halls of two cooling classes: a campus and its annex priced as one.

Both draw from one meter, so power has one price: lambda_t for a MW at the meter. With u_c = PUE_c H the draw of a
module of class c, u the lesser of the two, and modules of both counted in the order in which they go live, what runs
draws at most

    sum_j clip(E_t - (j - 1) u, 0, u_c(j))        (modules in works count as well)

so module j of class c that goes live in l earns what `campus` says with its own costs, pods and PUE: F^c_jl. A hall of
the annex that is one of the campus's own from s on, in works for w quarters before, earns that beside

    G_js = Lambda^0_js - Lambda^1_js + H (rho^0_s - rho^1_(s-w)) - the price of the conversion,

Lambda the power and rho the best chain of pods from then on: pods pay for a MW of hall rho_t - rho_(t+1) in t, with
which none pays, so that a hall earns rho from its first quarter less rho from its end. So each module takes the class
and the conversion that are best for it, in closed form. Modules are no more than the place carries at the lesser PUE.

A cluster stands in halls of one class that are in use when it begins: as many modules as it asks for lose what they
earn less for being such by then, those that lose least, and its pods cost their price beyond what a hall would pay.
With several clusters only the pods that stand when each begins are counted, as they may pass pods on to one another.

Where classes differ in PUE the sum over modules may pass E_t: power that flows to the campus as a whole, whatever
stands there, is tried as well, and the larger value counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from siting.pricing.campus import Campus, Slots, least_modules, power_price, power_worth, slots_of
from siting.pricing.money import money_prices
from siting.pricing.multipliers import Multipliers
from siting.pricing.parts import Part
from siting.pricing.reduced import NEVER, best_from, later, lines_of_modules, over_life, reduced_costs
from siting.pricing.sites import Draft, Values, candidate_values, usable, values_of
from siting.pricing.together import Room, least_over_sets, sets_on_own_pods
from siting.problem import BoolArray, FloatArray, IntArray, Problem


def values_of_campuses(p: Problem, y: Multipliers) -> Values:
    """Values of all campuses; NEVER for annexes, which are priced with theirs. y: signed."""
    if p.annex is None:
        return candidate_values(p, y)
    annexes = np.flatnonzero(p.annex.main >= 0)
    mains = p.annex.main[annexes]
    single = np.setdiff1d(usable(p), np.union1d(mains, annexes)).astype(np.int64)
    opens = (p.live_from[mains] < p.quarters) & (_most_modules(p, mains, annexes) >= p.modules_first[mains])
    one, two = values_of(p, y, single, Draft), values_of(p, y, np.sort(mains[opens]), BothClasses)
    return Values(alone=np.minimum(one.alone, two.alone), held=np.minimum(one.held, two.held), parts=one.parts)


def _most_modules(p: Problem, mains: IntArray, annexes: IntArray) -> IntArray:
    """(n,) modules of both classes that a campus carries at the lesser PUE."""
    most = p.modules_max[mains] + p.modules_max[annexes]
    if p.shared is None:
        return most
    less_mw = np.minimum(p.pue_peak[mains], p.pue_peak[annexes]) * p.module_it_mw
    carried = np.floor(p.shared.standing_mw[mains] / less_mw + 1e-9).astype(np.int64)
    return np.where(_one_place(p, mains, annexes), np.minimum(most, carried), most)


def _most_power(p: Problem, mains: IntArray, annexes: IntArray) -> FloatArray:
    """(n, T) MW at the meter that the grid gives a campus and its annex."""
    each = p.energized_mw[mains] + p.energized_mw[annexes]
    if p.shared is None:
        return each
    shared = np.minimum(each, p.shared.energized_mw[mains])
    return np.where(_one_place(p, mains, annexes)[:, None], shared, each)


def _one_place(p: Problem, mains: IntArray, annexes: IntArray) -> BoolArray:
    assert p.shared is not None
    place = p.shared.place
    return np.asarray((place[mains] >= 0) & (place[mains] == place[annexes]))


class BothClasses:
    """Campuses of one chunk with their annexes; power has the price of a MW of IT in halls of the own class."""

    def __init__(self, p: Problem, y: Multipliers, rows: IntArray, worth: FloatArray, opened: FloatArray) -> None:
        assert p.annex is not None
        annexes = np.array([p.annexes[i] for i in rows.tolist()], dtype=np.int64)
        apart = replace(p, annex=replace(p.annex, main=np.full(len(p.candidate_id), -1)))
        alone = [apart.take(at) for at in (rows, annexes)]
        self.able = [part.host_candidates() for part in alone]
        self.asked = [least_modules(part, able) for part, able in zip(alone, self.able, strict=True)]
        joint: dict[str, Any] = {
            "energized_mw": _most_power(p, rows, annexes),
            "modules_max": _most_modules(p, rows, annexes),
        }
        self.halls = [replace(part, **joint) for part in alone]
        self.costs = [reduced_costs(part, y, worth, opened) for part in self.halls]
        self.slots = _slots(*self.halls)
        self.it_mw = joint["energized_mw"] / self.halls[0].pue_peak[:, None]
        self.conversion = _conversion(p, y, self.halls)

    def power(self) -> FloatArray:
        main, annex = self.halls
        phi, other = (power_worth(part, cost) for part, cost in zip(self.halls, self.costs, strict=True))
        return power_price(main, np.maximum(phi, other * (main.pue_peak / annex.pue_peak)[:, None]))

    def alone(self, lam: FloatArray) -> FloatArray:
        return np.maximum(*(both.main.alone() for both in self._campuses(lam)))

    def held(self, lam: FloatArray, host: FloatArray) -> FloatArray:
        return np.maximum(*(both.held(host, self.able, self.asked) for both in self._campuses(lam)))

    def parts(self, lam: FloatArray, rows: IntArray) -> list[Part]:
        return []  # of halls of two classes no part has a price (`scope`)

    def _campuses(self, lam: FloatArray) -> tuple[_Both, _Both]:
        """With power that flows to modules, and to the campus as a whole."""
        to_campus = tuple(replace(slots, carried=np.zeros_like(slots.carried)) for slots in self.slots)
        whole = self._campus(lam, to_campus)
        whole.main.opening = whole.main.opening - later(whole.main.lam * self.it_mw)
        return self._campus(lam, self.slots), whole

    def _campus(self, lam: FloatArray, slots: tuple[Slots, ...]) -> _Both:
        main, annex = self.halls
        prices = (lam, lam * (annex.pue_peak / main.pue_peak)[:, None])
        own, other = (
            Campus(part, cost, price, asked, found)
            for part, cost, price, asked, found in zip(self.halls, self.costs, prices, self.asked, slots, strict=True)
        )
        return _Both(own, other, self.conversion)


def _slots(main: Problem, annex: Problem) -> tuple[Slots, Slots]:
    """The same bands for halls of both classes, with the MW of IT that flow to a module of each."""
    less = np.minimum(main.pue_peak, annex.pue_peak)
    it_mw = main.energized_mw / less[:, None]
    bands = slots_of(main, it_mw, np.zeros((len(less), 0)), partial=2)
    left = (
        main.energized_mw[:, None, :] - (less * main.module_it_mw)[:, None, None] * (bands.top - bands.count)[..., None]
    )

    def carried(part: Problem) -> FloatArray:
        pue = part.pue_peak[:, None, None]
        return np.clip(left / pue, 0.0, part.module_it_mw)

    return replace(bands, carried=carried(main)), replace(bands, carried=carried(annex))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Conversion:
    """Works that make halls of the annex into ones of the campus's own class."""

    quarters: int
    musd: FloatArray
    """(n, T) of a module that is one of them from t on, and what lines and islands feel of it."""


def _conversion(p: Problem, y: Multipliers, parts: list[Problem]) -> _Conversion | None:
    """None where no hall is ever converted."""
    assert p.annex is not None
    if p.annex.conversion_musd is None:
        return None
    money, end = money_prices(p, y), float((1.0 + p.rate) ** (-p.quarters / 4.0))
    price = p.annex.conversion_musd @ money.worth - money.weights.npv_cost * end * p.annex.conversion_left_musd
    main, annex = (lines_of_modules(part, y) for part in parts)
    return _Conversion(quarters=p.annex.conversion_quarters, musd=price[None, :] + main - annex)


class _Both:
    """What modules of both classes earn, by band and quarter."""

    def __init__(self, main: Campus, annex: Campus, conversion: _Conversion | None) -> None:
        self.main, self.annex = main, annex
        self.own, self.other = main.full, annex.full
        self.works = 0 if conversion is None else conversion.quarters
        self.more: FloatArray | None = None
        """(n, B, T) that a hall of the annex earns beside for being one of the campus's own from t on."""
        if conversion is not None:
            self.more = self._more(conversion)
        stays = self.other if self.more is None else self.other + np.maximum(self._converted(self.more), 0.0)
        main.earn(np.maximum(self.own, stays))

    def _more(self, conversion: _Conversion) -> FloatArray:
        main, annex, works = self.main, self.annex, conversion.quarters
        quarters = annex.rho.shape[1]
        ended = np.full_like(annex.rho, np.inf)  # no works before the start
        ended[:, works:] = annex.rho[:, : quarters - works]
        hall = main.p.module_it_mw * (main.rho - ended) - conversion.musd
        return np.maximum(main.powered - annex.powered + hall[:, None, :], -NEVER)

    def _converted(self, more: FloatArray) -> FloatArray:
        """(n, B, T) most of `more` from the end of works on that begin with the hall of t, or later."""
        best, works = np.full_like(more, -NEVER), self.works
        best[:, :, : more.shape[2] - works] = best_from(more[:, :, works:])
        return best

    def standing(self, own: bool, begin: int) -> FloatArray:
        """(n, B, begin + 1) what a module earns that goes live in t and is in use as one of the class in `begin`."""
        first = slice(0, begin + 1)
        if self.more is None:
            return (self.own if own else self.other)[:, :, first]
        if own:
            done = self._converted(self.more[:, :, first]) if begin >= self.works else np.full_like(self.own, -NEVER)
            return np.maximum(self.own[:, :, first], self.other[:, :, first] + done[:, :, first])
        gained = self.more[:, :, begin + self.works + 1 :].max(axis=2, initial=0.0)
        return np.asarray(self.other[:, :, first] + gained[:, :, None])

    def held(self, host: FloatArray, able: list[BoolArray], asked: list[FloatArray]) -> FloatArray:
        """(n,) as `Campus.held`; able: (K, n, G) and asked: (n, K) of both classes."""
        p, annex = self.main.p, self.annex.p
        stands = [np.asarray(found.any(axis=2)) for found in able]
        needs = [
            {k: _needs(campus, k, able[c][k], asked[c][:, k]) for k in range(len(p.cluster)) if stands[c][k].any()}
            for c, campus in enumerate((self.main, self.annex))
        ]
        count = len(p.candidate_id)
        mw, run = np.full((count, len(p.cluster)), np.inf), np.full((count, len(p.cluster)), NEVER)
        for found, part in zip(needs, (p, annex), strict=True):
            for k, need in found.items():
                mw[:, k] = np.minimum(mw[:, k], need.it_mw * part.pue_peak)
                run[:, k] = np.minimum(run[:, k], need.run)

        def value(found: tuple[int, ...], at: IntArray) -> FloatArray:
            best = np.full(len(at), NEVER)
            for classes in product((0, 1), repeat=len(found)):
                may = np.all([stands[c][k][at] for c, k in zip(classes, found, strict=True)], axis=0)
                if may.any():
                    asking = {k: (c == 0, needs[c][k]) for c, k in zip(classes, found, strict=True)}
                    best[may] = np.minimum(best[may], self._least(at[may], asking, sets_on_own_pods(p, found)))
            return np.asarray(best - host[list(found)].sum())

        here = np.logical_or(*stands).T
        takes = np.where(here, mw, 0.0)
        most_mw = np.maximum(p.most_power_mw, annex.most_power_mw)
        return least_over_sets(p, here, Room(has=most_mw, takes=takes), np.where(here, run, 0.0) - host, value)

    def _least(self, at: IntArray, asking: dict[int, tuple[bool, _Needs]], apart: list[tuple[int, ...]]) -> FloatArray:
        """(n,) as `Campus._least`; asking: whether it is the campus's own class, and what is asked for."""
        main, last = self.main, min(need.begin for _, need in asking.values())
        first, count = main.first[at], main.count[at]
        stands = {k: self.standing(own, need.begin)[at] for k, (own, need) in asking.items()}
        best = np.full(len(at), NEVER)
        for opened in range(last + 1):
            earned = np.where(first, main.full[at][:, :, opened], main.wanted[at][:, :, opened])
            lost = {True: np.zeros(len(at)), False: np.zeros(len(at))}
            for k, (own, need) in asking.items():
                there = np.where(first, stands[k][:, :, opened], stands[k][:, :, opened:].max(axis=2))
                least = _least_lost(earned - there, count, need.modules[at])
                lost[own] = np.maximum(lost[own], least)
            both = lost[True] + lost[False] if self._apart(asking) else np.maximum(lost[True], lost[False])
            value = main.opening[at, opened] - (count * earned).sum(axis=1) + both
            pods = {k: need.pods[at, opened] for k, (_, need) in asking.items()}
            sums = [sum((pods[k] for k in found), np.zeros(len(at))) for found in apart]
            sums += [need.kept[at, opened] for _, need in asking.values()]
            value = value + np.max(sums, axis=0) + np.sum([need.run[at] for _, need in asking.values()], axis=0)
            best = np.minimum(best, np.where(main.openable[at, opened], value, NEVER))
        return best

    def _apart(self, asking: dict[int, tuple[bool, _Needs]]) -> bool:
        """Whether no hall can hold a cluster in the annex and, converted, another one later."""
        if self.more is None:
            return True
        begins = {own: [need.begin for mine, need in asking.values() if mine == own] for own in (True, False)}
        return max(begins[True], default=0) <= min(begins[False], default=0) + self.works


@dataclass(frozen=True, kw_only=True, eq=False)
class _Needs:
    """One cluster in halls of one class at n campuses."""

    begin: int
    it_mw: FloatArray
    """(n,) least of its types."""
    modules: FloatArray
    """(n,)"""
    run: FloatArray
    """(n,) energy, power, and what would have been served in its window; NEVER where it cannot stand."""
    pods: FloatArray
    """(n, begin + 1) what the pods that stand when it begins cost beyond what halls pay for pods, bought in that
    quarter or later."""
    kept: FloatArray
    """(n, begin + 1) the same of all that stand until it ends, one after the other."""


def _needs(campus: Campus, k: int, able: BoolArray, modules: FloatArray) -> _Needs:
    """able: (n, G)"""
    p, cost = campus.p, campus.cost
    begin = int(p.cluster_from[k])
    window = slice(begin, int(p.cluster_until[k]) + 1)
    kinds = np.flatnonzero(able.any(axis=0))
    it_mw = np.where(able, p.cluster_pods[k] * p.pod_it_mw, np.inf).min(axis=1)
    run, (pods, kept) = np.full(len(able), NEVER), np.full((2, len(able), begin + 1), NEVER)
    for g in kinds.tolist():
        mw, life = float(p.cluster_pods[k, g] * p.pod_it_mw[g]), int(p.pod_life[g])
        chain = np.concatenate([campus.rho, np.zeros((len(able), life))], axis=1)
        stands = over_life(campus.over[:, g], life) - cost.pod_per_mw[:, g]
        beyond = campus.rho - stands - chain[:, life : life + p.quarters]
        taken = mw * (campus.over[:, g, window] + campus.lam[:, window] + cost.run_per_mw[:, g, window]).sum(axis=1)
        run = np.where(able[:, g], np.minimum(run, taken), run)
        for found, until in ((pods, begin), (kept, int(p.cluster_until[k]))):
            least = taken[:, None] + mw * np.minimum(_least_cover(beyond, life, begin, until), NEVER)
            found[able[:, g]] = np.minimum(found, least)[able[:, g]]
    beside = run[:, None]
    return _Needs(begin=begin, it_mw=it_mw, modules=modules, run=run, pods=pods - beside, kept=kept - beside)


def _least_cover(cost: FloatArray, life: int, begin: int, until: int) -> FloatArray:
    """(n, begin + 1) least cost of pods one after the other that stand from `begin` until `until`, the first bought in
    that quarter or later; cost: (n, T) of one that is bought in t and stands for its life."""
    from_here = np.zeros((len(cost), until + 2))  # of those that stand from t on
    for t in range(until, begin, -1):
        bought = range(max(0, t - life + 1), t + 1)
        from_here[:, t] = np.min([cost[:, s] + from_here[:, min(s + life, until + 1)] for s in bought], axis=0)
    first = np.full((len(cost), begin + 1), np.inf)
    for s in range(max(0, begin - life + 1), begin + 1):
        first[:, s] = cost[:, s] + from_here[:, min(s + life, until + 1)]
    return np.asarray(np.minimum.accumulate(first[:, ::-1], axis=1)[:, ::-1])


def _least_lost(loss: FloatArray, count: FloatArray, modules: FloatArray) -> FloatArray:
    """(n,) least loss of as many of the modules; loss, count: (n, B) of one module and modules of each band."""
    order = np.argsort(loss, axis=1, kind="stable")
    room = np.take_along_axis(count, order, axis=1)
    share = np.clip(modules[:, None] - (np.cumsum(room, axis=1) - room), 0, room)
    return np.asarray((np.take_along_axis(loss, order, axis=1) * share).sum(axis=1))
