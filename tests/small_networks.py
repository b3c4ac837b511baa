"""Networks small enough to work out by hand."""

from __future__ import annotations

import numpy as np

from siting.grid.network import Network


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
