r"""The least reduced cost of every candidate, open for itself or for clusters, in closed form.

Of a campus that opens in t0, with everything per MW of IT:

1. Running MW in t are at most sum_j c_jt over modules j = 1, 2, ... that are live, c_jt = clip(E_t / PUE - (j - 1) H,
   0, H), modules counted in the order in which they go live. These rows get multipliers lambda_t >= 0. Any lambda is
   valid; it is chosen so that lambda summed from t on is phi_t, the worth of one MW of hall, pods and power that is
   energized from t on.
2. What is left of a pod bought in t: sum over its life of max(0, worth_t - lambda_t), less its price. A MW of hall
   that is live from l on holds one MW of pods at a time, so it earns at most the best chain of pods, one after the
   end of the other, from l on: rho_l >= 0 (0 where lambda is the exact dual).
3. So module j that goes live in l earns sum_{t >= l} lambda_t c_jt + H rho_l less its cost, every module for itself.
   The first phase goes live in t0, each further module when it is best, or never. What stands at the start is live
   from the first quarter on, modules beside it when the site can be extended; what is forced goes live by its quarter.
   Modules between two levels of power carry the same, so they are counted in bands.
4. A cluster of N MW that begins in a needs ceil(N / H) modules live by a, and in a N MW of its type in them: a MW of
   hall that holds them earns their chain less what the window takes (energy, lambda, and what they would have served).
   N MW are given to the modules where that costs least: a fractional knapsack over modules, by sorting. Clusters
   whose windows do not meet may stand on the same pods: see `together`.
5. Where halls are shells (`shells`), what goes live is any part of a module: a MW between two levels of power runs
   whole or not at all, so bands end at the levels as they are, and N MW need N / H modules.

Each step drops or prices a limit, so the sum over candidates is a valid bound whatever the multipliers (Geoffrion
1974, "Lagrangean relaxation for integer programming"). Opening and modules stay whole here, which a linear relaxation
does not ask: the bound can lie above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from siting.pricing.parts import Part
from siting.pricing.reduced import NEVER, Reduced, best_from, later, over_life
from siting.pricing.together import Room, least_over_sets, sets_on_own_pods
from siting.problem import BoolArray, FloatArray, IntArray, Problem


class Campus:
    """Candidates of one chunk: what modules earn by the quarter in which they go live, in bands of alike modules."""

    def __init__(self, p: Problem, cost: Reduced, lam: FloatArray, asked: FloatArray, slots: Slots) -> None:
        dark = p.most_power_mw <= 0.0
        most = np.maximum(cost.worth_per_mw, 0.0).max(axis=1, initial=0.0)
        self.p, self.cost, self.asked = p, cost, asked
        self.lam = np.where(dark, most, lam)  # a price for nothing costs nothing
        self.opening = cost.opening if cost.units is None else cost.opening - cost.units.gain(self.lam)
        self.over = np.maximum(cost.worth_per_mw - self.lam[:, None, :], 0.0)
        """(I, G, T) of a running MW beyond lambda."""
        self.rho = _best_chain(p, self.over, cost.pod_per_mw)
        quarters = np.arange(p.quarters)[None, :]
        standing = _standing(p)
        since = p.live_from[:, None]
        self.openable = (quarters == since) | ((quarters >= since) & (standing == 0)[:, None])
        at_once = np.where(standing > 0, standing, p.modules_first)
        needed, by = _needed(p)
        self.top, self.count = slots.top, slots.count
        self.first = self.top <= at_once[:, None]
        height = p.module_it_mw
        self.powered = later(self.lam[:, None, :] * slots.carried)
        """(I, B, T) what the power of one module of the band is worth from t on."""
        bare = self.powered - cost.module[:, None, :]
        live = np.repeat((quarters >= since)[:, None, :], self.top.shape[1], axis=1)
        if standing.any():
            assert p.rules is not None
            beside = (standing > 0)[:, None] & ~self.first
            live &= ~beside[:, :, None] | (quarters >= p.rules.extended_from[:, None])[:, None, :]
        self.bare = np.where(live, bare, -NEVER)
        """(I, B, T) of one module of the band live from t on, before what pods earn beyond lambda."""
        self.earn(self.bare + height * self.rho[:, None, :])
        if needed.any():
            self.openable &= (needed[:, None] == 0) | (quarters <= by[:, None])

    def earn(self, full: FloatArray) -> None:
        """Let modules of the bands that go live in t earn `full` (I, B, T) for certain."""
        self.full = full
        self.wanted = np.maximum(best_from(full), self.cost.idle[:, None, :])
        """(I, B, T) of a module that may go live from t on or never."""
        needed, by = _needed(self.p)
        if needed.any():  # modules that are forced stand by their quarter at the latest
            in_time = np.where(np.arange(self.p.quarters)[None, :] <= by[:, None], 0.0, -NEVER)
            forced = best_from(full + in_time[:, None, :])
            self.wanted = np.where((self.top <= needed[:, None])[:, :, None], forced, self.wanted)

    def alone(self) -> FloatArray:
        """(I,) least reduced cost of being open."""
        each = np.where(self.first[:, :, None], self.full, self.wanted)
        earned = (self.count[:, :, None] * each).sum(axis=1)
        return np.asarray(np.where(self.openable, self.opening - earned, NEVER).min(axis=1))

    def held(self, host: FloatArray, able: BoolArray) -> FloatArray:
        """(I,) least reduced cost of being open with one cluster at least, less `host` (K,) of all of them. able:
        (K, I, G)."""
        p = self.p
        here: BoolArray = np.asarray(able.any(axis=2))  # (K, I)
        rows = [np.flatnonzero(one) for one in here]
        needs = [self._needs(k, at, able[k][at]) for k, at in enumerate(rows)]
        mw, floor = np.zeros(here.T.shape), np.zeros(here.T.shape)
        for k, (at, need) in enumerate(zip(rows, needs, strict=True)):
            if len(at):
                offered = np.where(need.run_per_mw < NEVER / 2, need.it_mw, np.inf)
                mw[at, k] = offered.min(axis=1)
                floor[at, k] = (need.run_per_mw * need.it_mw).min(axis=1) - host[k]

        def value(clusters: tuple[int, ...], at: IntArray) -> FloatArray:
            asking = {k: needs[k].of(np.searchsorted(rows[k], at)) for k in clusters}
            return np.asarray(self._least(at, asking, sets_on_own_pods(p, clusters)) - host[list(clusters)].sum())

        room_mw = np.minimum(p.most_power_mw / p.pue_peak[:, None], (p.modules_max * p.module_it_mw)[:, None])
        return least_over_sets(p, here.T, Room(has=room_mw, takes=mw), floor, value)

    def parts(self, k: int, rows: IntArray) -> Iterator[Part]:
        """What parts of cluster k cost the candidates, which are those at `rows` of the problem."""
        p, height, pods = self.p, self.p.module_it_mw, self.p.part_pods(k)
        at = np.flatnonzero((pods >= 1.0).any(axis=1))
        if not len(at):
            return
        able = pods[at] >= 1.0
        need, first = self._needs(k, at, able), self.first[at]
        for opened in range(need.begin + 1):
            earned = np.where(first, self.full[at][:, :, opened], self.wanted[at][:, :, opened])
            opening = self.opening[at, opened] - (self.count[at] * earned).sum(axis=1)
            opening = np.where(self.openable[at, opened], opening, NEVER)
            for n, kind in enumerate(np.flatnonzero(able.any(axis=0)).tolist()):
                held = self.bare[at][:, :, : need.begin + 1] - height * need.per_mw[:, n][:, None, :]
                held = np.where(first, held[:, :, opened], held[:, :, opened:].max(axis=2))
                order = np.argsort(earned - held, axis=1, kind="stable")
                pod, whole = float(p.pod_it_mw[kind] / height), int(p.cluster_pods[k, kind])
                yield Part(
                    rows=rows[at],
                    kind=kind,
                    opening=np.where(able[:, kind] & (whole > 1), opening, NEVER),
                    loss=np.take_along_axis(earned - held, order, axis=1),
                    room=np.take_along_axis(self.count[at], order, axis=1).astype(np.float64),
                    least=pod,
                    most=pod * np.minimum(pods[at, kind], whole - 1.0),
                    whole=pod * whole,
                )

    def _needs(self, k: int, at: np.ndarray, able: np.ndarray) -> _Needs:
        """What cluster k asks of each candidate at `at`: modules by its date, and the cost of a hosting MW by type."""
        p, cost = self.p, self.cost
        begin, end = int(p.cluster_from[k]), int(p.cluster_until[k])
        window = slice(begin, end + 1)
        kinds = np.flatnonzero(able.any(axis=0))
        it_mw = p.cluster_pods[k, kinds] * p.pod_it_mw[kinds]
        per_mw = np.full((len(at), len(kinds), begin + 1), NEVER)
        run_per_mw = np.full((len(at), len(kinds)), NEVER)
        for n, g in enumerate(kinds.tolist()):
            life = int(p.pod_life[g])
            chain = np.concatenate([self.rho[at], np.zeros((len(at), life))], axis=1)
            stands = over_life(self.over[at, g], life) - cost.pod_per_mw[at, g]
            net = stands + chain[:, life : life + p.quarters]  # and the best of the hall once these are gone
            early = net[:, : begin + 1].copy()
            early[:, : max(0, begin - life + 1)] = -np.inf  # must still stand when the cluster begins
            before = self.rho[at][:, : begin + 1] if (p.pod_life < p.quarters).any() else 0.0
            best = best_from(early) + before
            taken = self.over[at, g, window] + self.lam[at, window] + cost.run_per_mw[at, g, window]
            run_per_mw[:, n] = np.where(able[:, g], taken.sum(axis=1), NEVER)
            per_mw[:, n] = np.where(able[:, [g]] & np.isfinite(best), taken.sum(axis=1)[:, None] - best, NEVER)
        return _Needs(begin=begin, it_mw=it_mw, modules=self.asked[at, k], per_mw=per_mw, run_per_mw=run_per_mw)

    def _least(self, at: IntArray, asking: dict[int, _Needs], apart: list[tuple[int, ...]]) -> FloatArray:
        """(n,) least reduced cost of campuses that hold all that is asked for; clusters share modules at no cost.

        apart: subsets of the clusters that cannot use the same pods. Every cluster takes its megawatts in its window;
        that halls hold its pods rather than what is best counts for one subset, the one for which it counts most.
        """
        needs = list(asking.values())
        last = min(need.begin for need in needs)
        first, count, top = self.first[at], self.count[at], self.top[at]
        full, bare, wanted = self.full[at], self.bare[at], self.wanted[at]
        fits = self.p.modules_max[at] >= np.max([need.modules for need in needs], axis=0)
        runs = {k: (need.run_per_mw * need.it_mw).min(axis=1, initial=NEVER) for k, need in asking.items()}
        best = np.full(len(at), NEVER)
        in_order = sorted(needs, key=lambda one: -one.begin)
        in_time = [best_from(full[:, :, : need.begin + 1]) for need in in_order]
        holding = {k: self._holding(need, bare) for k, need in asking.items()}
        for opened in range(last + 1):
            if not self.openable[at, opened].any():
                continue
            earned = wanted[:, :, opened]
            for need, latest in zip(in_order, in_time, strict=True):
                must = top <= need.modules[:, None]
                earned = np.where(must, np.minimum(earned, latest[:, :, opened]), earned)
            earned = np.where(first, full[:, :, opened], earned)
            value = self.opening[at, opened] - (count * earned).sum(axis=1)
            placed = {k: self._placed(need, holding[k], first, count, earned, opened) for k, need in asking.items()}
            sums = [np.sum([placed[k] if k in found else runs[k] for k in asking], axis=0) for found in apart]
            value = value + np.max(sums, axis=0)
            best = np.minimum(best, np.where(fits & self.openable[at, opened], value, NEVER))
        return best

    def _holding(self, need: _Needs, bare: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """By type, (n, B, begin + 1) what a module that goes live then earns while pods of the cluster stand in it, and
        the most of this and all later quarters."""
        height = self.p.module_it_mw
        each = [bare[:, :, : need.begin + 1] - height * per_mw[:, None, :] for per_mw in need.per_mw.swapaxes(0, 1)]
        return [(one, best_from(one)) for one in each]

    def _placed(
        self,
        need: _Needs,
        holding: list[tuple[FloatArray, FloatArray]],
        first: BoolArray,
        count: FloatArray,
        earned: FloatArray,
        opened: int,
    ) -> FloatArray:
        """(n,) what the cluster's MW cost in the modules where they cost least, by its cheapest type."""
        height = self.p.module_it_mw
        least = np.full(len(count), NEVER)
        for it_mw, (now, latest) in zip(need.it_mw.tolist(), holding, strict=True):
            lost = earned - np.where(first, now[:, :, opened], latest[:, :, opened])
            order = np.argsort(lost, axis=1, kind="stable")
            loss = np.take_along_axis(lost, order, axis=1)
            room = np.take_along_axis(count, order, axis=1)
            before = np.cumsum(room, axis=1) - room
            share = np.clip(it_mw / height - before, 0.0, room)
            least = np.minimum(least, (loss * share).sum(axis=1))
        return least


@dataclass(frozen=True, kw_only=True, eq=False)
class _Needs:
    """One cluster at n candidates."""

    begin: int
    it_mw: FloatArray  # (types,)
    modules: np.ndarray  # (n,) least modules that any type asks for by `begin`
    per_mw: FloatArray  # (n, types, begin + 1) cost of a hosting MW of hall live from that quarter on
    run_per_mw: FloatArray  # (n, types) of it what the window takes: energy, lambda, what would have been served

    def of(self, at: IntArray) -> _Needs:
        """The same of some of the candidates."""
        arrays = {name: getattr(self, name)[at] for name in ("modules", "per_mw", "run_per_mw")}
        return replace(self, **arrays)


def power_price(p: Problem, phi: FloatArray) -> FloatArray:
    """(I, T) multipliers of energized MW: what one MW is worth more for being energized in t and not from t + 1 on.

    phi: `power_worth`. Where the grid carries all modules that a site may have, power is no limit and its price 0.
    """
    following = np.concatenate([phi[:, 1:], np.zeros((len(phi), 1))], axis=1)
    most_it_mw = (p.modules_max * p.module_it_mw)[:, None]
    short = p.energized_mw < p.pue_peak[:, None] * most_it_mw * (1.0 - 1e-9)
    return np.where(short, np.maximum(phi - following, 0.0), 0.0)


def power_worth(p: Problem, cost: Reduced) -> FloatArray:
    """(I, T) what one MW of IT that is energized from t on is worth: the best pod and its share of a module, bought in
    t or later, or bought earlier and in store until then."""
    useful = np.maximum(cost.worth_per_mw, 0.0)
    live = np.arange(p.quarters)[None, :] >= p.live_from[:, None]
    hall = np.minimum.accumulate(np.where(live, cost.module, np.inf), axis=1) / p.module_it_mw
    phi = np.zeros(cost.opening.shape)
    for g in range(useful.shape[1]):
        served = over_life(useful[:, g], int(p.pod_life[g]))
        price = cost.pod_per_mw[:, g] + hall
        kept = later(useful[:, g]) - np.minimum.accumulate(price, axis=1)
        best = np.maximum(best_from(served - price), kept if p.pod_life[g] >= p.quarters else -np.inf)
        phi = np.maximum(phi, best)
    return phi


def least_modules(p: Problem, able: BoolArray) -> FloatArray:
    """(I, K) modules that each cluster asks for at least, of the types that the candidate can stand; 0 where none."""
    modules = p.cluster_pods * p.pod_it_mw / p.module_it_mw  # (K, G)
    by_place = np.where(p.in_shells[None, :, None], modules[:, None, :], np.ceil(modules - 1e-9)[:, None, :])
    least = np.where(able, by_place, np.inf).min(axis=2, initial=np.inf)
    return np.asarray(np.where(np.isfinite(least), least, 0.0).T)


def _standing(p: Problem) -> IntArray:
    """(I,) modules that stand at the start."""
    return np.zeros(len(p.candidate_id), dtype=np.int64) if p.rules is None else p.rules.existing_modules


def _needed(p: Problem) -> tuple[FloatArray, IntArray]:
    """(I,) modules that are forced, and (I,) the quarter by which they stand."""
    none = np.zeros(len(p.candidate_id), dtype=np.int64)
    return (none.astype(float), none) if p.rules is None else (p.rules.forced_modules, p.rules.forced_by)


@dataclass(frozen=True, kw_only=True, eq=False)
class Slots:
    """Modules of candidates in bands of alike ones."""

    top: FloatArray
    """(I, B) last module of each band; where halls are shells, not whole."""
    count: FloatArray
    """(I, B) how many it has."""
    carried: FloatArray
    """(I, B, T) MW of IT that flow to each of them."""


def slots_of(p: Problem, it_mw: FloatArray, asked: FloatArray, partial: int = 1) -> Slots:
    """Bands of modules of candidates with `it_mw` (I, T) energized from the first quarter in which halls are live.

    Module j carries clip(E_t - (j - 1) H, 0, H): the same for all j between a level E_t / H rounded down, or that and
    one, and the next of these; parts of modules H between two levels E_t / H. What is asked for by clusters (`asked`,
    (I, K)), what stands or is forced, and the first phase end a band too. partial: modules that power may fill in part,
    one where all draw as much.
    """
    it_mw = np.where(np.arange(p.quarters)[None, :] >= p.live_from[:, None], it_mw, 0.0)
    whole = ~p.in_shells[:, None]
    exact = it_mw / p.module_it_mw
    level = np.sort(np.where(whole, np.floor(exact + 1e-9), exact), axis=1)
    new = np.diff(level, axis=1, prepend=-1) > 0
    rank = np.cumsum(new, axis=1) - 1
    levels = np.zeros((len(level), int(rank.max(initial=0)) + 1))
    rows = np.arange(len(level))[:, None]
    levels[rows, rank] = level
    standing = _standing(p)
    at_once = np.where(standing > 0, standing, p.modules_first)
    around = [levels + n * whole for n in range(1 - partial, 2)]
    ends = np.column_stack([*around, asked, at_once, _needed(p)[0], p.modules_max])
    top = np.sort(np.clip(ends, 0, p.modules_max[:, None]), axis=1)
    count, top = np.diff(top, axis=1, prepend=0.0), np.where(whole, np.maximum(top, 1.0), top)
    carried = np.clip(it_mw[:, None, :] - p.module_it_mw * (top - 1.0)[:, :, None], 0.0, p.module_it_mw)
    runs = np.where(exact[:, None, :] >= top[:, :, None] * (1.0 - 1e-12), p.module_it_mw, 0.0)
    return Slots(top=top, count=count, carried=np.where(whole[:, :, None], carried, runs))


def _best_chain(p: Problem, over: FloatArray, price: FloatArray) -> FloatArray:
    """(I, T) best value of one MW of hall from t on: pods one after the other, each to the end of its life."""
    quarters = p.quarters
    stands = np.stack([over_life(over[:, g], int(p.pod_life[g])) - price[:, g] for g in range(over.shape[1])], axis=1)
    chain = np.zeros((len(over), quarters + 1))
    for t in range(quarters - 1, -1, -1):
        after = np.minimum(t + p.pod_life, quarters)
        chain[:, t] = np.maximum(chain[:, t + 1], (stands[:, :, t] + chain[:, after]).max(axis=1, initial=-np.inf))
    return chain[:, :quarters]
