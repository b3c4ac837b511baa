"""What a saved plan has decided, held in another problem: same places, dates, halls, hosts and contracts, other inputs.

Two strengths. *First stage*: which sites open when and by which connection, modules by quarter, who hosts the clusters,
what is leased; pods, service, energy and units on the campus are decided again. *Whole*: everything that is counted in
wholes; only what flows is decided again. Of the first stage, what comes late may be left open too: halls and contracts
from a quarter on, hosts of some clusters (`free_halls_from` and its like). Decisions are matched by name (candidate,
offer, cluster, accelerator) and by calendar quarter; those after the end of the other horizon count for nothing. What
has no place in the other problem is said in words (`lost`): the plan then does not hold there, and that is an answer
too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from siting.plan import Plan
from siting.problem import BoolArray, FloatArray, IntArray, Problem
from siting.solver.compile import Matrix
from siting.units import parse_quarter, quarter_label

Strength = Literal["first stage", "whole"]

FIRST_STAGE = ("Z", "V", "Shells", "W", "U", "Pair", "X", "Y", "Curtailable")
WHOLE = (*FIRST_STAGE, "B", "R", "Part", "OnUnits", "OnLeft", "Converted")
"""Families of variables that each strength holds."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Held:
    """Decisions of a plan over the index sets of a problem; everything else in it is closed, or decided again."""

    start: int
    """First quarter, an ordinal."""
    opened: IntArray  # (I,) quarter of the opening; T where it stays closed
    modules: FloatArray  # (I, T) that stand by t; not whole where halls are fitted out in shells
    shells: IntArray  # (I, T) that stand by t
    pods: IntArray  # (I, G, T) delivered by t
    lease_gpus: IntArray  # (L, T) of the contract that starts in t
    reserved: BoolArray  # (K, L, T)
    parts: tuple[tuple[int, int, int, int], ...]  # (k, i, g, pods) of clusters on campuses
    on_lease: tuple[tuple[int, int], ...]  # (k, l)
    units: IntArray  # (I, U, T) set up by t
    left: IntArray  # (I, U, T) gone by t
    converted: IntArray  # (I, T)
    curtailable: BoolArray  # (I,)
    lost: tuple[str, ...]
    """What of the plan has no counterpart here, one sentence each."""
    free_halls_from: IntArray  # (I,) quarter from which halls may be added to those held; T: none
    free_contracts_from: int
    """First start of contracts that are decided again; T: none."""
    free_hosts: BoolArray  # (K,) decided again
    free_connection: BoolArray  # (I,) decided again

    @property
    def all_halls(self) -> bool:
        """Whether no hall can be added."""
        return bool((self.free_halls_from >= self.modules.shape[1]).all())


def site_rows(plan: Plan, p: Problem) -> IntArray:
    """Rising positions in `p` of the plan's sites, of their annexes, and of candidates that must be open."""
    here = np.isin(p.candidate_id.astype(str), plan.sites["candidate"].astype(str).to_numpy())
    rows = np.flatnonzero(here | p.always_kept).astype(np.int64)
    return p.whole_campuses(rows)


def held_in(plan: Plan, p: Problem, start: int) -> Held:
    """The decisions of a plan over the index sets of `p`, whose first quarter is `start` (an ordinal)."""
    return _Reading(plan, p, start).held()


class _Reading:
    """One plan read against one problem: positions by name, and a note of whatever has none."""

    def __init__(self, plan: Plan, p: Problem, start: int) -> None:
        self.plan, self.p, self.start = plan, p, start
        self.lost: dict[str, None] = {}
        self.at = {
            "candidate": _positions(p.candidate_id),
            "offer": _positions(p.lease_id),
            "cluster": _positions(p.cluster),
            "accelerator": _positions(p.accelerator),
            "unit": {} if p.onsite is None else _positions(p.onsite.unit),
        }

    def held(self) -> Held:
        p = self.p
        i_count, g_count, t_count, l_count, k_count, _ = p.size
        u_count = len(self.at["unit"])
        modules, pods = np.zeros((i_count, t_count)), np.zeros((i_count, g_count, t_count), np.int64)
        for row, i, t in self._rows("modules", "candidate"):
            modules[i, t] += row["it_mw"] / p.module_it_mw if p.in_shells[i] else row["modules"]
            if not p.in_shells[i] and abs(row["it_mw"] / row["modules"] - p.module_it_mw) > 1e-9:
                self.lost["modules are of another size here"] = None
        for row, i, t in self._rows("deliveries", "candidate"):
            if (g := self._find("accelerator", row["accelerator"])) is not None:
                pods[i, g, t] += int(row["pods"])
        gpus, reserved = np.zeros((l_count, t_count), np.int64), np.zeros((k_count, l_count, t_count), bool)
        for row, li, t in self._rows("leases", "offer", "lease", without="existing"):
            gpus[li, t] = int(row["gpus"])
        for row, li, t in self._rows("leases", "offer", "lease", quiet=True):
            for name in filter(None, str(row["cluster"]).split("; ")):
                if (k := self._find("cluster", name)) is not None:
                    reserved[k, li, t if not row["existing"] else 0] = True
        units, left = np.zeros((i_count, u_count, t_count), np.int64), np.zeros((i_count, u_count, t_count), np.int64)
        for row, i, t in self._rows("onsite", "candidate"):
            if (u := self._find("unit", row["unit"])) is not None:
                units[i, u, t], left[i, u, t] = int(row["installed"]), int(row["left"])
        shells = self._shells(modules)
        converted, curtailable = np.zeros((i_count, t_count), np.int64), np.zeros(i_count, bool)
        for row, i, t in self._rows("conversions", "candidate"):
            converted[i, t] += int(row["modules"])
        for row, i, _ in self._rows("connections", "candidate"):
            curtailable[i] |= row["connection"] == "curtailable"
        if curtailable.any() and p.curtailable is None:
            self.lost["no connection is curtailable here"] = None
        live = modules > 0
        parts, on_lease = self._hosts()
        return Held(
            start=self.start,
            opened=np.where(live.any(axis=1), live.argmax(axis=1), t_count).astype(np.int64),
            modules=modules.cumsum(axis=1),
            shells=shells,
            pods=pods.cumsum(axis=2),
            lease_gpus=gpus,
            reserved=reserved,
            parts=tuple(parts),
            on_lease=tuple(on_lease),
            units=np.maximum.accumulate(units, axis=2),
            left=np.maximum.accumulate(left, axis=2),
            converted=converted.cumsum(axis=1),
            curtailable=curtailable,
            lost=tuple(self.lost),
            free_halls_from=np.full(i_count, t_count, np.int64),
            free_contracts_from=t_count,
            free_hosts=np.zeros(k_count, bool),
            free_connection=np.zeros(i_count, bool),
        )

    def _shells(self, modules: FloatArray) -> IntArray:
        """(I, T) shells that stand by t. modules: (I, T) that go live."""
        p = self.p
        shells = np.zeros((len(p.candidate_id), p.quarters), np.int64)
        size_mw = 0.0 if p.shells is None else p.shells.modules * p.module_it_mw
        for row, i, t in self._rows("shells", "candidate", quiet=True):
            shells[i, t] = int(row["shells"])
            if not p.in_shells[i] or abs(row["shell_it_mw"] - row["shells"] * size_mw) > 1e-9:
                self.lost["halls are no shells here, or shells of another size"] = None
        if (p.in_shells & (modules.sum(axis=1) > 0) & (shells.max(axis=1, initial=0) == 0)).any():
            self.lost["halls are shells here, and whole modules in the plan"] = None
        return np.maximum.accumulate(shells, axis=1)

    def _hosts(self) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, int]]]:
        parts, on_lease = [], []
        for row in _records(self.plan, "clusters"):
            k = self._find("cluster", row["cluster"], quiet=True)
            if k is None:  # asked for no longer: its host need not hold it
                continue
            if row["tenure"] == "lease":
                if (li := self._find("offer", row["host"])) is not None:
                    on_lease.append((k, li))
                continue
            i, g = self._find("candidate", row["host"]), self._find("accelerator", row["accelerator"])
            if i is not None and g is not None:
                parts.append((k, i, g, int(row["gpus"]) // int(self.p.pod_accelerators[g])))
        return parts, on_lease

    def _rows(
        self, table: str, kind: str, column: str = "", without: str = "", quiet: bool = False
    ) -> Iterator[tuple[dict[str, Any], int, int]]:
        """(row, position, quarter) of the rows inside the horizon."""
        for row in _records(self.plan, table):
            if without and row[without]:
                continue
            t = parse_quarter(row["quarter"]) - self.start
            existing = bool(row.get("existing", False))
            position = self._find(kind, row[column or kind], quiet or existing)
            if t < 0 and not (quiet or existing):
                self.lost[f"{row[column or kind]}: decided for {row['quarter']}, before the start"] = None
            elif position is not None and t < self.p.quarters:
                yield row, position, max(t, 0)

    def _find(self, kind: str, name: Any, quiet: bool = False) -> int | None:
        found = self.at[kind].get(str(name))
        if found is None and not quiet:
            self.lost[f"{kind} {name}: there is none here that can be used"] = None
        return found


def _records(plan: Plan, table: str) -> list[dict[str, Any]]:
    frame = plan.tables.get(table, pd.DataFrame())
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _positions(names: Any) -> dict[str, int]:
    return {str(name): n for n, name in enumerate(names)}


def fixed(p: Problem, matrix: Matrix, held: Held, strength: Strength) -> tuple[Matrix, tuple[str, ...]]:
    """The matrix with what is held as bounds, and in words what cannot be held, `lost` first: none when all can. What
    is left open is at least what is held of it.

    matrix: of `p`. Contracts that exist run whatever is decided, and are left as they are.
    """
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    said = dict.fromkeys(held.lost)
    for family, wanted in _wanted(p, held).items():
        if family not in (FIRST_STAGE if strength == "first stage" else WHOLE):
            continue
        columns = matrix.columns.get(family, {})
        for index, column in columns.items():
            value, free = float(wanted.of(index)), wanted.free(index)
            if value > upper[column] + 1e-9 or (value < lower[column] - 1e-9 and not free):
                said[wanted.name(index, value, lower[column], upper[column])] = None
            lower[column] = max(lower[column], value) if free else value
            upper[column] = upper[column] if free else value
        for index in wanted.positive:
            if index not in columns:
                said[wanted.name(index, 1.0, 0.0, 0.0)] = None
    return replace(matrix, lower=lower, upper=upper), tuple(said)


def too_early(p: Problem, held: Held) -> tuple[str, ...]:
    """Sites that the plan opens before they can be live, and hosts that cannot stand their cluster: for a problem of
    which there is no matrix, as a row of it has nothing left that could keep it."""
    able = p.host_candidates()
    early = [i for i, t in enumerate(held.opened.tolist()) if t < min(int(p.live_from[i]), p.quarters)]
    wanted = _wanted(p, held)
    alone = [at for at in wanted["W"].positive if not able[at]]
    said = [wanted["Z"].name((i, int(held.opened[i])), 1.0, 0.0, 0.0) for i in early]
    return tuple(dict.fromkeys([*said, *(wanted["W"].name(at, 1.0, 0.0, 0.0) for at in alone)]))


@dataclass(frozen=True)
class _Family:
    """Values of one family: by index, where they are above 0 at first, and how to say that one cannot be had."""

    of: Callable[[Any], float]
    positive: list[Any]
    name: Callable[[Any, float, float, float], str]
    free: Callable[[Any], bool] = lambda _: False
    """Whether more than the value may be decided."""


def _wanted(p: Problem, held: Held) -> dict[str, _Family]:
    whole = [(k, i, g) for k, i, g, pods in held.parts if sum(part[0] == k for part in held.parts) == 1]
    split = dict(_pairs(held))
    signed = held.lease_gpus
    new = ~p.lease_forced

    def quarter(t: int) -> str:
        return quarter_label(held.start + t)

    def at_site(what: str) -> Callable[[Any, float, float, float], str]:
        def say(index: Any, value: float, low: float, most: float) -> str:
            i, t = index[0], index[-1]
            first = int(p.live_from[i])
            if t < first:
                return f"{p.candidate_id[i]}: {what} in {quarter(t)}, not before {quarter(first)} here"
            return f"{p.candidate_id[i]}: {value:,.0f} {what} in {quarter(t)}, {low:,.0f} to {most:,.0f} here"

        return say

    def hosting(index: Any, value: float, low: float, most: float) -> str:
        return f"{p.candidate_id[index[1]]}: cannot host {p.cluster[index[0]]} here"

    def at_offer(index: Any, value: float, low: float, most: float) -> str:
        li, t = index
        return f"{p.lease_id[li]}: {signed[li, t]:,.0f} GPUs from {quarter(t)} on cannot be leased here"

    def later(index: Any) -> bool:
        return bool(index[-1] >= held.free_halls_from[index[0]])

    def signed_later(index: Any) -> bool:
        return bool(index[-1] >= held.free_contracts_from)

    def hosted_later(index: Any) -> bool:
        return bool(held.free_hosts[index[0]])

    begun = [(i, int(t)) for i, t in enumerate(held.opened.tolist()) if t < p.quarters]
    return {
        "Z": _Family(lambda at: held.opened[at[0]] <= at[1], begun, at_site("open"), later),
        "V": _Family(lambda at: held.modules[at], begun, at_site("modules"), later),
        "Shells": _Family(lambda at: held.shells[at], _first(held.shells), at_site("shells"), later),
        "W": _Family(lambda at: at in whole, list(whole), hosting, hosted_later),
        "U": _Family(
            lambda at: at in held.on_lease,
            list(held.on_lease),
            lambda at, *_: f"{p.lease_id[at[1]]}: cannot host {p.cluster[at[0]]} here",
            hosted_later,
        ),
        "Pair": _Family(lambda at: at in split, list(split), hosting, hosted_later),
        "Part": _Family(lambda at: split.get(at, 0), list(split), hosting),
        "X": _Family(
            lambda at: p.lease_max[at[0]] if p.lease_forced[at[0]] else signed[at],
            [tuple(at) for at in np.argwhere((signed > 0) & new[:, None]).tolist()],
            at_offer,
            signed_later,
        ),
        "Y": _Family(lambda at: signed[at] > 0, [], at_offer, signed_later),
        "R": _Family(lambda at: held.reserved[at], [], lambda at, *_: f"{p.lease_id[at[1]]}: cannot be reserved"),
        "B": _Family(lambda at: held.pods[at], _first(held.pods), at_site("pods")),
        "OnUnits": _Family(lambda at: held.units[at], _first(held.units), at_site("units")),
        "OnLeft": _Family(lambda at: held.left[at], [], at_site("units that left")),
        "Converted": _Family(lambda at: held.converted[at], _first(held.converted), at_site("converted modules")),
        "Curtailable": _Family(
            lambda at: held.curtailable[at],
            np.flatnonzero(held.curtailable).tolist(),
            lambda at, *_: f"{p.candidate_id[at]}: its connection cannot be curtailable here",
            lambda at: bool(held.free_connection[at]),
        ),
    }


def _pairs(held: Held) -> Iterator[tuple[tuple[int, int, int, int], int]]:
    """(cluster, first campus, second, accelerator) of clusters on two campuses, and the pods on the first."""
    for (k, i, g, pods), (other, j, _, rest) in zip(held.parts, held.parts[1:], strict=False):
        if k == other:
            yield (k, min(i, j), max(i, j), g), pods if i < j else rest


def _first(cumulative: IntArray) -> list[Any]:
    """Index of the first quarter of everything that is above 0 at any time."""
    found = []
    for index in np.argwhere(cumulative.max(axis=-1, initial=0) > 0).tolist():
        found.append((*index, int(np.argmax(cumulative[tuple(index)] > 0))))
    return found
