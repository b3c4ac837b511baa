"""DC power flow: MW on every branch for MW at every bus, without losses.

    flow_l = b_l (angle_from - angle_to - shift_l),   b_l = 100 / (x_l tap_l) MW per radian,
    B angle = injection + A' b shift,                 B = A' diag(b) A without one reference bus an island.

Phase shifters thus act as injections. New load is met by a *distributed slack*: spare generation of the island, each
unit in proportion to what it has to spare, so that no single bus carries the whole balance.

B is symmetric, and indefinite where reactances are negative (star points of three-winding transformers); MMD ordering
without pivoting factorises 82,071 buses in about 0.1 s. Source: Stott, Jardim, Alsac, "DC power flow revisited",
IEEE Trans. Power Systems 24 (2009); settings measured on the shipped network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.linalg import SuperLU, splu

from siting.grid.network import FloatArray, IntArray, Network

BASE_MVA = 100.0
OVERLOAD_TOLERANCE_MW = 1e-3
"""Flow above rating by less is the rounding of ratings and flows kept in single precision, not an overload."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PowerFlow:
    """A factorised network: solves for many injections. Make it by `factorise`, which keeps the last few."""

    network: Network
    susceptance_mw: FloatArray
    """(L,) MW per radian."""
    lu: SuperLU
    free: IntArray
    """Positions of the buses that are no reference."""
    slack: FloatArray
    """(B,) share of new load of its island that each bus generates; sums to 1 in an island with spare generation."""

    def angles(self, injection_mw: FloatArray) -> FloatArray:
        """Voltage angles, radians, for (B,) or (B, K) MW that sum to 0 in every island."""
        angle = np.zeros_like(injection_mw, dtype=np.float64)
        angle[self.free] = self.lu.solve(np.asarray(injection_mw, dtype=np.float64)[self.free])
        return angle

    def branch_flows(self, injection_mw: FloatArray) -> FloatArray:
        """MW on each branch from the injections alone (no phase shift), (L,) or (L, K)."""
        angle = self.angles(injection_mw)
        drop = angle[self.network.from_bus] - angle[self.network.to_bus]
        drop *= self.susceptance_mw if drop.ndim == 1 else self.susceptance_mw[:, None]
        return np.asarray(drop)


@lru_cache(maxsize=8)
def factorise(network: Network) -> PowerFlow:
    """Factorise B once; cached by the identity of the network, which cannot change."""
    n = len(network.bus_id)
    f, t, b = network.from_bus, network.to_bus, BASE_MVA / network.x_pu
    full = coo_array(
        (np.concatenate([b, b, -b, -b]), (np.concatenate([f, t, f, t]), np.concatenate([f, t, t, f]))), shape=(n, n)
    ).tocsc()
    reference = np.unique(network.island, return_index=True)[1]
    free = np.setdiff1d(np.arange(n), reference)
    lu = splu(
        full[free][:, free].tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    total = network.spare_by_island_mw()[network.island]
    slack = np.divide(network.spare_gen_mw, total, out=np.zeros(n), where=total > 0)
    return PowerFlow(network=network, susceptance_mw=b, lu=lu, free=free, slack=slack)


def flows_mw(network: Network, injection_mw: FloatArray | None = None) -> FloatArray:
    """MW on each branch, (L,), for injections (B,) that sum to 0 in every island; those of the base case by default."""
    flow = factorise(network)
    b, shift = flow.susceptance_mw, np.radians(network.shift_deg)
    injection = np.array(network.injection_mw if injection_mw is None else injection_mw, dtype=np.float64)
    np.add.at(injection, network.from_bus, b * shift)
    np.subtract.at(injection, network.to_bus, b * shift)
    return flow.branch_flows(injection) - b * shift


def extra_flows_mw(network: Network, load_mw_by_bus: FloatArray) -> FloatArray:
    """Change of flow on each branch, MW, (L,) or (L, K), by new load (B,) or (B, K), met by the distributed slack.

    An island without spare generation takes no load: its slack is 0 and the change would not balance, so ValueError
    is raised when load stands there.
    """
    flow = factorise(network)
    load = np.asarray(load_mw_by_bus, dtype=np.float64)
    columns = load[:, None] if load.ndim == 1 else load
    total = np.zeros((len(network.island_names), columns.shape[1]))
    np.add.at(total, network.island, columns)
    stranded = (np.abs(total) > 0).any(axis=1) & (network.spare_by_island_mw() <= 0)
    if stranded.any():
        names = [network.island_names[i] for i in np.flatnonzero(stranded)]
        raise ValueError(f"no spare generation to meet new load in {', '.join(names)}")
    change = flow.branch_flows(flow.slack[:, None] * total[network.island] - columns)
    return change[:, 0] if load.ndim == 1 else change


def load_factors(network: Network, bus: IntArray) -> FloatArray:
    """MW of flow on each branch per MW of new load at each bus position, (L, K), distributed slack."""
    load = np.zeros((len(network.bus_id), len(bus)))
    load[bus, np.arange(len(bus))] = 1.0
    return extra_flows_mw(network, load)


def ptdf(network: Network, bus: IntArray, slack_bus: int | None = None) -> FloatArray:
    """Shift factors: MW on each branch per MW *injected* at each bus position, (L, K).

    slack_bus: position that withdraws it; None for the distributed slack (then the factors are -load_factors).
    """
    if slack_bus is None:
        return -load_factors(network, bus)
    injection = np.zeros((len(network.bus_id), len(bus)))
    injection[bus, np.arange(len(bus))] = 1.0
    injection[slack_bus] -= 1.0
    return factorise(network).branch_flows(injection)


def load_at_buses(network: Network, bus_id: ArrayLike, utility_mw: ArrayLike) -> FloatArray:
    """New load by bus position, MW, (B,) or (B, Q), of `utility_mw` (S,) or (S, Q) at `bus_id` (S,); a bus may come
    twice.

    Raises InputError for an unknown bus, ValueError for MW below 0 or NaN.
    """
    bus = network.bus_position(bus_id)
    mw = np.atleast_1d(np.asarray(utility_mw, dtype=np.float64))
    if mw.shape[:1] != bus.shape or not (mw >= 0).all():
        raise ValueError(f"one load of 0 MW or more for each of {len(bus)} buses is due, got {mw.tolist()}")
    load = np.zeros((len(network.bus_id), *mw.shape[1:]))
    np.add.at(load, bus, mw)
    return load


@dataclass(frozen=True, kw_only=True)
class Overload:
    """A monitored line above its rating with all sites together."""

    branch_id: int
    flow_mw: float
    """Signed, from `from_bus` to `to_bus`."""
    rate_mw: float

    @property
    def excess_mw(self) -> float:
        """MW above the rating."""
        return abs(self.flow_mw) - self.rate_mw


@dataclass(frozen=True, kw_only=True)
class IslandBalance:
    """New load of an island against its spare generation, utility MW."""

    island: str
    load_mw: float
    spare_gen_mw: float


@dataclass(frozen=True, kw_only=True)
class GridCheck:
    """All sites at once on the whole network, nothing reduced and nothing cut off."""

    ok: bool
    overloads: tuple[Overload, ...]
    """Largest excess first."""
    islands: tuple[IslandBalance, ...]
    """Every island that takes new load."""


def joint_check(network: Network, bus_id: ArrayLike, utility_mw: ArrayLike) -> GridCheck:
    """Whether the network takes new load of `utility_mw` (S,) at `bus_id` (S,) together; a bus may come twice.

    N-0. Overloads are an answer, not an error. Raises InputError for an unknown bus, ValueError for MW below 0 or NaN.
    """
    load = load_at_buses(network, bus_id, utility_mw)
    new = np.bincount(network.island, load, len(network.island_names))
    spare = network.spare_by_island_mw()
    balances = tuple(
        IslandBalance(island=name, load_mw=float(n), spare_gen_mw=float(s))
        for name, n, s in zip(network.island_names, new, spare, strict=True)
        if n > 0
    )
    enough = all(b.load_mw <= b.spare_gen_mw + OVERLOAD_TOLERANCE_MW for b in balances)
    overloads = _overloads(network, joint_flows_mw(network, load))
    return GridCheck(ok=enough and not overloads, overloads=overloads, islands=balances)


def joint_flows_mw(network: Network, load_mw_by_bus: FloatArray) -> FloatArray:
    """MW on each branch, (L,) or (L, Q), with new load (B,) or (B, Q) that every island with spare generation meets.

    Load of an island without is left out: nothing can meet it, which the balance says, not the flows.
    """
    load = np.asarray(load_mw_by_bus, dtype=np.float64)
    met, base = (network.spare_by_island_mw() > 0)[network.island], base_flows_mw(network)
    if load.ndim == 2:
        met, base = met[:, None], base[:, None]
    return np.asarray(base + extra_flows_mw(network, np.where(met, load, 0.0)))


@lru_cache(maxsize=8)
def base_flows_mw(network: Network) -> FloatArray:
    """MW on each branch in the base case, (L,), read-only and kept."""
    flows = flows_mw(network)
    flows.setflags(write=False)
    return flows


def _overloads(network: Network, flow_mw: NDArray[np.float64]) -> tuple[Overload, ...]:
    excess = np.where(network.monitored, np.abs(flow_mw) - network.rate_mw, -np.inf)
    over = np.flatnonzero(excess > OVERLOAD_TOLERANCE_MW)
    return tuple(
        Overload(
            branch_id=int(network.branch_id[line]),
            flow_mw=float(flow_mw[line]),
            rate_mw=float(network.rate_mw[line]),
        )
        for line in over[np.argsort(-excess[over])]
    )
