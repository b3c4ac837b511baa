"""The optimum of a tiny problem by listing: a second reading of the algebra that shares no code with the model.

Listed: for every candidate the quarter of every module, for every cluster its host and the contracts reserved for it;
parts that a study may leave out (`listing_parts`) add columns, rows and rules of their own;
contracts are split further only where the LP signs less than an offer's minimum. The rest (pods, running pods, GPUs,
service) is an LP over increments, where listed decisions enter right hand sides only. A combination is skipped when
what it costs by itself plus the least that the rest costs with the same sites open, all modules there from the first
quarter and money without end is no better than the best so far.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from listing_cooling import opened as opened_in
from listing_registry import PARTS
from pyproj import Geod
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from siting.problem import Problem

EPS = 1e-9


@dataclass(frozen=True)
class Host:
    """Cluster k on campus `site` with `kind`, or (site < 0) on `offer` with the contracts that start in `starts`."""

    k: int
    site: int = -1
    kind: int = -1
    offer: int = -1
    starts: tuple[int, ...] = ()
    second: int = -1
    pods: int = 0
    """Of a cluster on two campuses: the second, and the pods at the first."""

    def parts(self, p: Problem) -> list[tuple[int, int]]:
        """(campus, pods) of the cluster."""
        if self.site < 0:
            return []
        whole = int(p.cluster_pods[self.k, self.kind])
        return [(self.site, self.pods), (self.second, whole - self.pods)] if self.second >= 0 else [(self.site, whole)]


class Listing:
    """Column numbers and the matrix of the LP, once per problem."""

    def __init__(self, p: Problem, whole: bool = False, signed: np.ndarray | None = None) -> None:
        self.p, self.whole, self.signed = p, whole, signed
        i, g, t, offers, _, j = p.size
        size = (i, g, t)
        self.b = np.arange(i * g * t).reshape(size)
        self.q = self.b + i * g * t
        self.x = 2 * i * g * t + np.arange(offers * t).reshape(offers, t)
        self.f = 2 * i * g * t + offers * t + np.arange((i + offers) * j * t).reshape(i + offers, j, t)
        self.columns = 2 * i * g * t + offers * t + (i + offers) * j * t
        self.parts = [part(self) for part in PARTS if part.used(p)]
        self.rows: list[np.ndarray] = []
        self.number: dict[tuple, int] = {}
        self._write()
        self.matrix = np.array(self.rows).reshape(len(self.rows), self.columns)

    def new(self, *shape: int) -> np.ndarray:
        """Numbers of new columns (>= 0), for a part."""
        first = self.columns
        self.columns += int(np.prod(shape))
        return np.arange(first, self.columns).reshape(shape)

    def row(self, key: tuple) -> np.ndarray:
        """The row of a key, written to in place; new when there is none. Every row is <= its right hand side."""
        return self.rows[self.number[key]] if key in self.number else self._row(key)

    def _row(self, key: tuple) -> np.ndarray:
        row = np.zeros(self.columns)
        self.number[key] = len(self.rows)
        self.rows.append(row)
        return row

    def _alive(self, g: int, t: int) -> list[int]:
        """Delivery quarters whose pods stand in t."""
        return [d for d in range(t + 1) if t - d < self.p.pod_life[g]]

    def _write(self) -> None:
        """Left hand sides, every row <=."""
        p = self.p
        n_i, n_g, n_t, n_l, _, n_j = p.size
        for i, t in itertools.product(range(n_i), range(n_t)):
            row = self._row(("halls", i, t))
            for g in range(n_g):
                row[self.b[i, g, self._alive(g, t)]] = p.pod_it_mw[g]
            row = self._row(("power", i, t))
            row[self.q[i, :, t]] = p.pue_peak[i] * p.pod_it_mw
            for g in range(n_g):
                row = self._row(("installed", i, g, t))
                row[self.q[i, g, t]] = 1.0
                row[self.b[i, g, self._alive(g, t)]] = -1.0
            row = self._row(("serve", i, t))
            row[self.f[i, :, t]] = 1.0
            row[self.q[i, :, t]] = -p.serve_factor * p.pod_serve
        for g, t in itertools.product(range(n_g), range(n_t)):
            self._row(("supply", g, t))[self.b[:, g, t]] = p.pod_accelerators[g]
        for li, t in itertools.product(range(n_l), range(n_t)):
            active = self.x[li, max(0, t - p.lease_term[li] + 1) : t + 1]
            self._row(("offer", li, t))[active] = 1.0
            row = self._row(("serve", n_i + li, t))
            row[self.f[n_i + li, :, t]] = 1.0
            row[active] = -p.serve_factor * p.lease_serve[li]
        for j, t in itertools.product(range(n_j), range(n_t)):
            self._row(("demand", j, t))[self.f[:, j, t]] = -1.0
        for t in range(n_t):
            row = self._row(("money", t))
            for i, g in itertools.product(range(n_i), range(n_g)):
                row[self.b[i, g]] = self._pod_cash[i, g][:, : t + 1].sum(axis=1)
                row[self.q[i, g, : t + 1]] = p.npv_run_musd[i, g, : t + 1] / p.discount[: t + 1]
            for li in range(n_l):
                row[self.x[li]] = p.lease_cash_musd[li][:, : t + 1].sum(axis=1)
        for part in self.parts:
            part.write()

    @cached_property
    def _pod_cash(self) -> np.ndarray:
        """(I, G, T, T) musd of one pod by delivery and payment quarter."""
        p = self.p
        buy, operate, assess = p.pod_cash_profile
        out = np.zeros((*p.size[:3], p.quarters))
        for i, g, d, u in itertools.product(*map(range, out.shape)):
            share = (1 + p.sales_tax[i, d]) * buy[g, d, u] + operate[g, d, u] + p.property_tax[i] * assess[g, d, u]
            out[i, g, d, u] = p.pod_price_musd[g] * share
        return out

    @cached_property
    def cost(self) -> np.ndarray:
        """Present value of a unit of every column."""
        p, cost = self.p, np.zeros(self.columns)
        cost[self.q], cost[self.x] = self.run_cost, self.lease_cost
        if p.objective == "npv_cost":
            cost[self.b] = p.npv_pod_musd
        for part in self.parts:
            part.price(cost)
        return cost

    @property
    def run_cost(self) -> np.ndarray:
        """(I, G, T) what one running pod counts in the objective, which is minimised."""
        return self.per_pod(self.p.objective)

    @property
    def lease_cost(self) -> np.ndarray:
        """(L, T) what one GPU of a contract counts."""
        return self.per_gpu(self.p.objective)

    def per_pod(self, objective: str) -> np.ndarray:
        """(I, G, T) of a measure; negative where more is better."""
        p = self.p
        if objective == "npv_cost":
            return p.npv_run_musd
        if objective == "compute":
            return -np.ones(p.npv_run_musd.shape) * p.pod_h100e[None, :, None]
        if objective == "carbon":
            return (p.mwh_per_it_mw * p.co2_t_per_mwh[:, None])[:, None, :] * p.pod_it_mw[None, :, None]
        return np.zeros(p.npv_run_musd.shape)

    def per_gpu(self, objective: str) -> np.ndarray:
        """(L, T) of a measure by start quarter."""
        p = self.p
        if objective == "npv_cost":
            return p.npv_lease_musd
        left = p.quarters - np.arange(p.quarters)
        counts = -np.minimum(p.lease_term[:, None], left[None, :]) * p.lease_h100e[:, None]
        return counts if objective == "compute" else np.zeros(p.npv_lease_musd.shape)

    def bounds(self) -> np.ndarray:
        """(columns, 2): what cannot be delivered, signed or sent at all is 0."""
        p, n_i = self.p, len(self.p.candidate_id)
        bounds = np.zeros((self.columns, 2))
        bounds[:, 1] = np.inf
        quarters = np.arange(p.quarters)
        early = quarters[None, None, :] < np.maximum(p.live_from[:, None], p.deliver_from[None, :])[:, :, None]
        bounds[self.b[early], 1] = 0.0
        bounds[self.x, 1] = np.where(p.lease_start, p.lease_max[:, None], 0.0)
        forced = p.lease_forced[:, None] & p.lease_start
        bounds[self.x[forced], 0] = bounds[self.x[forced], 1]
        if self.signed is not None:
            given = np.isfinite(self.signed) & ~p.lease_forced[:, None]
            bounds[self.x[given]] = self.signed[given][:, None]
        bounds[self.f[:n_i][~p.reach], 1] = 0.0
        bounds[self.f[n_i:][~p.lease_reach], 1] = 0.0
        for part in self.parts:
            part.bound(bounds)
        return bounds

    def rest(self, modules: np.ndarray, hosts: tuple[Host, ...], money: bool = True) -> float:
        """Least present value of pods, energy and contracts when `modules` (I, T) go live and `hosts` hold clusters."""
        p = self.p
        n_i, n_g, n_t, n_l, _, _ = p.size
        standing = modules.cumsum(axis=1)
        held = np.zeros((n_i, n_g, n_t))
        held_gpus = np.zeros((n_l, n_t))
        bounds = self.bounds()
        least = np.zeros((n_l, n_t))
        for host in hosts:
            window = range(p.cluster_from[host.k], p.cluster_until[host.k] + 1)
            for site, pods in host.parts(p):
                held[site, host.kind, list(window)] += pods
            for s in host.starts:
                gpus = p.cluster_lease_gpus[host.k, host.offer]
                least[host.offer, s] += gpus
                for t in window:
                    if s <= t < s + p.lease_term[host.offer]:
                        held_gpus[host.offer, t] += gpus
        bounds[self.x, 0] = np.maximum(bounds[self.x, 0], least)
        running_cost = float((held * self.run_cost).sum()) + sum(part.held_cost(held) for part in self.parts)
        paid = (held * p.npv_run_musd / p.discount).sum(axis=(0, 1)) + self._fixed_cash(modules)
        right = np.zeros(len(self.rows))
        for key, n in self.number.items():
            match key:
                case ("halls", i, t):
                    right[n] = p.module_it_mw * standing[i, t]
                case ("power", i, t):
                    flows = p.energized_mw[i, t] if standing[i, t] else 0.0
                    right[n] = flows - p.pue_peak[i] * float(p.pod_it_mw @ held[i, :, t])
                case ("installed", i, g, t):
                    right[n] = -held[i, g, t]
                case ("supply", g, t):
                    right[n] = p.supply[g, t]
                case ("offer", li, t):
                    right[n] = p.lease_max[li]
                case ("serve", source, t) if source >= n_i:
                    right[n] = -p.serve_factor * p.lease_serve[source - n_i] * held_gpus[source - n_i, t]
                case ("demand", j, t):
                    right[n] = -p.demand_h100e[j, t]
                case ("money", t):
                    right[n] = p.funding_musd[t] - paid[: t + 1].sum() if money else np.inf
        for part in self.parts:
            part.right(right, modules, held, money)
        if (bounds[:, 0] > bounds[:, 1] + EPS).any():
            return np.inf
        return running_cost + self._contracts(right, bounds)

    def _fixed_cash(self, modules: np.ndarray) -> np.ndarray:
        """(T,) musd paid for openings and modules."""
        p, paid = self.p, np.zeros(self.p.quarters)
        for i, opens in opened_in(p, modules).items():
            paid[opens - p.opening_lag[i]] += p.opening_cash_musd[i, opens]
        for i in np.flatnonzero(modules.sum(axis=1)).tolist():
            for d, u in itertools.product(range(p.quarters), repeat=2):
                unit = sum(p.module_cash_factor[i, part] * p.module_cash_profile[part, d, u] for part in range(3))
                paid[u] += modules[i, d] * unit
        return paid

    def fixed_cost(self, modules: np.ndarray) -> float:
        """Present value of openings and modules."""
        p = self.p
        if p.objective != "npv_cost":
            return 0.0
        opens = opened_in(p, modules).items()
        parts = sum(part.fixed_cost(modules) for part in self.parts)
        return float(sum(p.npv_open_musd[i, t] for i, t in opens) + (modules * p.npv_module_musd).sum() + parts)

    def _contracts(self, right: np.ndarray, bounds: np.ndarray) -> float:
        """The LP; a contract below its offer's minimum is split: not signed, or signed with the minimum at least."""
        value, point = self._solve(right, bounds)
        if point is None:
            return np.inf
        p = self.p
        for li, s in np.argwhere(p.lease_start & ~p.lease_forced[:, None] & (p.lease_min > 0)[:, None]).tolist():
            column = self.x[li, s]
            if 1e-7 < point[column] < p.lease_min[li] - 1e-7:
                none, signed = bounds.copy(), bounds.copy()
                none[column, 1] = 0.0
                signed[column, 0] = p.lease_min[li]
                without = np.inf if none[column, 0] > EPS else self._contracts(right, none)
                return min(without, self._contracts(right, signed))
        return value

    def _solve(self, right: np.ndarray, bounds: np.ndarray) -> tuple[float, np.ndarray | None]:
        finite = np.isfinite(right)
        counted = np.zeros(self.columns)
        if self.whole:
            counted[self.b], counted[self.x] = 1, 1
        for part in self.parts:
            part.count(counted)
        if counted.any():
            found = milp(
                self.cost,
                integrality=counted,
                bounds=Bounds(bounds[:, 0], bounds[:, 1]),
                constraints=LinearConstraint(self.matrix[finite], -np.inf, right[finite]),
                options={"mip_rel_gap": 0.0},
            )
        else:
            found = linprog(self.cost, A_ub=self.matrix[finite], b_ub=right[finite], bounds=bounds, method="highs")
        if found.status == 2:
            return np.inf, None
        assert found.status == 0, found.message
        return float(found.fun), found.x


def module_paths(p: Problem, i: int) -> list[tuple[int, ...]]:
    """Modules that go live at candidate i by quarter: none, or a first phase and then any number up to the cap."""
    most, first, start = int(p.modules_max[i]), p.modules_first[i], int(p.live_from[i])
    step = 1
    if p.shells is not None and p.shells.built[i]:  # the modules that whole shells hold; the fit-out is no list
        step, first = int(p.shells.modules), 0
    if p.annex is not None:  # its first phase counts halls of both classes
        first = min(first, 1)
    paths = []
    for path in itertools.product(range(0, most + 1, step), repeat=max(p.quarters - start, 0)):
        began = [n for n in path if n]
        if sum(path) <= most and (not began or began[0] >= first):
            paths.append((0,) * min(start, p.quarters) + path)
    return paths


def _split_hosts(p: Problem, k: int) -> Iterator[Host]:
    """Every way to divide cluster k between two campuses near enough, a pod or more on each."""
    split = p.split
    assert split is not None
    for a, b in itertools.combinations(range(len(p.candidate_id)), 2):
        _, _, metres = Geod(ellps="WGS84").inv(split.lon[a], split.lat[a], split.lon[b], split.lat[b])
        same = p.annex is not None and a == p.annex.main[b]
        if same or not metres <= 1000.0 * split.within_km[k] or max(p.live_from[a], p.live_from[b]) >= p.quarters:
            continue
        for g in range(len(p.accelerator)):
            for pods in range(1, p.cluster_pods[k, g]):
                yield Host(k, site=a, kind=g, second=b, pods=int(pods))


def host_choices(p: Problem) -> Iterator[tuple[Host, ...]]:
    """Every way of giving each cluster one host."""
    n_i, n_g, _, n_l, n_k, _ = p.size
    choices = []
    for k in range(n_k):
        window = range(p.cluster_from[k], p.cluster_until[k] + 1)
        found = [
            Host(k, site=i, kind=g)
            for i, g in itertools.product(range(n_i), range(n_g))
            if p.cluster_pods[k, g] and p.live_from[i] < p.quarters
        ]
        if p.split is not None:
            found += _split_hosts(p, k)
        for li in range(n_l):
            if not p.cluster_lease_gpus[k, li]:
                continue
            starts = np.flatnonzero(p.lease_start[li]).tolist()
            chains = [
                chain
                for size in range(1, len(starts) + 1)
                for chain in itertools.combinations(starts, size)
                if all(any(s <= t < s + p.lease_term[li] for s in chain) for t in window)
            ]  # a chain that contains another only reserves more
            found += [Host(k, offer=li, starts=c) for c in chains if not any(set(o) < set(c) for o in chains)]
        choices.append(found)
    yield from itertools.product(*choices)


def cheapest_by_listing(
    p: Problem,
    whole: bool = False,
    with_site: int | None = None,
    agrees: Callable[[np.ndarray, tuple[Host, ...]], bool] = lambda modules, hosts: True,
    signed: np.ndarray | None = None,
) -> tuple[float, tuple[Host, ...]]:
    """(least present value, hosts of the cheapest); infinity where there is no plan. `whole`: pods and GPUs whole.
    `with_site`: only plans that open this candidate. `agrees`: only plans whose modules (I, T) and hosts it accepts.
    `signed` (L, T): GPUs of each contract; NaN where they are free."""
    listing, linear = Listing(p, whole, signed), Listing(p)
    combinations = []
    for paths in itertools.product(*(module_paths(p, i) for i in range(len(p.candidate_id)))):
        modules = np.array(paths, dtype=float).reshape(len(paths), p.quarters)
        combinations.append((listing.fixed_cost(modules), modules))
    combinations.sort(key=lambda pair: pair[0])
    best, best_hosts = np.inf, ()
    hosted = list(host_choices(p))
    for opened in itertools.product((False, True), repeat=len(p.candidate_id)):
        if with_site is not None and not opened[with_site]:
            continue
        everything = np.zeros((len(opened), p.quarters))
        for i in np.flatnonzero(opened):
            if p.live_from[i] < p.quarters:
                everything[i, p.live_from[i]] = p.modules_max[i]
        alike = [pair for pair in combinations if np.array_equal(pair[1].any(axis=1), np.array(opened))]
        if not alike:
            continue
        for hosts in hosted:
            at = [site for host in hosts for site, _ in host.parts(p)]
            if not all(opened[site] or opened[p.annexes.get(site, site)] for site in at):
                continue
            least = linear.rest(everything, hosts, money=False)
            for fixed, modules in alike:
                if fixed + least >= best - EPS:
                    break
                if _hosts_stand(p, modules, hosts) and agrees(modules, hosts):
                    value = fixed + listing.rest(modules, hosts)
                    if value < best:
                        best, best_hosts = value, hosts
    return best, best_hosts


def _hosts_stand(p: Problem, modules: np.ndarray, hosts: tuple[Host, ...]) -> bool:
    """A host has the cluster's halls in its first quarter."""
    standing = modules.cumsum(axis=1)
    if not all(part.allows(p, modules, hosts) for part in PARTS if part.used(p)):
        return False
    return p.annex is not None or all(  # halls that are converted hold clusters too: their rows say so
        standing[site, p.cluster_from[h.k]] * p.module_it_mw >= pods * p.pod_it_mw[h.kind] - EPS
        for h in hosts
        for site, pods in h.parts(p)
    )
