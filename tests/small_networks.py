"""Networks small enough to work out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from siting.grid.network import Network
from siting.grid.powerflow import base_flows_mw, joint_flows_mw


def triangle(**changes) -> Network:
    """Buses 10, 20, 30, three lines of x = 0.1; 60 MW from 10 to 30; all spare (500 MW) at 10."""
    given = {
        "bus_id": np.array([10, 20, 30]),
        "injection_mw": np.array([60.0, 0.0, -60.0]),
        "spare_gen_mw": np.array([500.0, 0.0, 0.0]),
        "island": np.zeros(3, dtype=np.int64),
        "island_names": ("one",),
        "branch_id": np.array([1, 2, 3]),
        "from_bus": np.array([0, 1, 0]),
        "to_bus": np.array([1, 2, 2]),
        "x_pu": np.full(3, 0.1),
        "shift_deg": np.zeros(3),
        "rate_mw": np.array([50.0, 50.0, 60.0]),
        "monitored": np.ones(3, dtype=bool),
    }
    return Network(**(given | changes))


def ring(**changes) -> Network:
    """Four buses in a ring with one chord, generation at bus 0, load at 2; bus 4 hangs on bus 3 by one line."""
    given = {
        "bus_id": np.arange(5),
        "injection_mw": np.array([90.0, 0.0, -80.0, 0.0, -10.0]),
        "spare_gen_mw": np.array([300.0, 100.0, 0.0, 0.0, 0.0]),
        "island": np.zeros(5, dtype=np.int64),
        "island_names": ("one",),
        "branch_id": np.arange(100, 106),
        "from_bus": np.array([0, 1, 2, 3, 0, 3]),
        "to_bus": np.array([1, 2, 3, 0, 2, 4]),
        "x_pu": np.array([0.1, 0.12, 0.09, 0.11, 0.2, 0.05]),
        "shift_deg": np.zeros(6),
        "rate_mw": np.array([90.0, 90.0, 80.0, 95.0, 80.0, 40.0]),
        "monitored": np.ones(6, dtype=bool),
    }
    return Network(**(given | changes))


def without(network: Network, branch: int) -> Network:
    """The ring with one branch taken away."""
    keep = np.arange(len(network.branch_id)) != branch
    per_branch = ("branch_id", "from_bus", "to_bus", "x_pu", "shift_deg", "rate_mw", "monitored")
    return ring(**{name: getattr(network, name)[keep] for name in per_branch})


def excess_without(
    network: Network, bus: list[int], mw: list[float], emergency: float, least_factor: float
) -> dict[tuple[int, int], float]:
    """Excess of each pair (line, outage) of the ring that the loads break and the base case does not.

    One network an outage, one power flow a load: what the load changes on the line over its MW is its factor.
    """
    found = {}
    for out in range(5):  # branch 5 is radial
        rest = without(network, out)
        limit, base = emergency * rest.rate_mw, base_flows_mw(rest)
        flow = base.copy()
        for one, load in zip(bus, mw, strict=True):
            change = joint_flows_mw(rest, np.bincount([one], [load], len(network.bus_id))) - base
            flow += np.where(np.abs(change) >= least_factor * load, change, 0.0)
        for line in np.flatnonzero((np.abs(flow) > limit) & (np.abs(base) <= limit)):
            found[int(rest.branch_id[line]), int(network.branch_id[out])] = float(abs(flow[line]) - limit[line])
    return found


BUS = [
    # id type  Pd  Qd Gs Bs area Vm Va kV zone Vmax Vmin
    [10, 3, 0, 0, 0, 0, 1, 1, 0, 230, 1, 1.1, 0.9],
    [20, 1, 0, 0, 0, 0, 1, 1, 0, 230, 1, 1.1, 0.9],
    [30, 1, 55, 0, 5, 0, 1, 1, 0, 230, 1, 1.1, 0.9],
]
GEN = [
    # bus Pg Qg Qmax Qmin Vg base status Pmax Pmin
    [10, 66, 0, 0, 0, 1, 50, 1, 100, 0],
    [10, 40, 0, 0, 0, 1, 50, 0, 100, 0],
]
BRANCH = [
    # from to r x b rateA rateB rateC tap shift status angmin angmax
    [10, 20, 0, 0.05, 0, 50, 0, 0, 0, 0, 1, -360, 360],
    [20, 30, 0, 0.05, 0, 0, 0, 0, 0, 0, 1, -360, 360],
    [10, 30, 0, 0.04, 0, 39, 0, 0, 1.25, 0, 1, -360, 360],
    [10, 30, 0, 0.05, 0, 60, 0, 0, 0, 0, 0, -360, 360],
]


def three_bus_case(folder: Path, bus=BUS, gen=GEN, branch=BRANCH, *, base: object = 50, more: str = "") -> Path:
    """A case file of these rows, comments and spaces as such files have them."""

    def matrix(name: str, rows) -> str:
        return f"mpc.{name} = [\n" + "".join("\t" + "\t".join(map(str, row)) + ";\n" for row in rows) + "];\n"

    path = folder / "three.m"
    path.write_text(
        "function mpc = three\n%% a comment with mpc.bus(1, 2)\nmpc.version = '2';\n"
        f"mpc.baseMVA = {base};\n" + matrix("bus", bus) + matrix("gen", gen) + matrix("branch", branch) + more
    )
    return path


def two_bus_folder(path: Path) -> Path:
    """A PyPSA CSV folder with as little as it may say: a line, a unit of 30 of 50 MW, a load of 20 MW."""
    (path / "buses.csv").write_text("name\n7\n5\n")
    (path / "lines.csv").write_text("name,bus0,bus1,x\n1,7,5,0.001\n")
    (path / "generators.csv").write_text("name,bus,p_nom,p_set\ng,7,50,30\n")
    (path / "loads.csv").write_text("name,bus,p_set\nd,5,20\n")
    return path
