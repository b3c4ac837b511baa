"""The network as the model needs it: which candidate draws where, and what its island has to spare."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from siting.grid.chosen import study_network
from siting.problem.grid_rows import GridRows
from siting.study import Study


def grid_rows(study: Study, data_dir: Path, usable: pd.DataFrame) -> GridRows | None:
    """Islands of the candidates and no line yet; None where the study looks at no network or no candidate is on it."""
    at_bus = usable["bus_id"].notna().to_numpy(bool)
    if not study.grid.checked or not at_bus.any():
        return None
    network = study_network(study, data_dir).network
    bus_id = usable["bus_id"].fillna(-1).to_numpy(np.int64)
    island = np.full(len(usable), -1, dtype=np.int64)
    island[at_bus] = network.island[network.bus_position(bus_id[at_bus])]
    none = np.zeros(0)
    return GridRows(
        bus_id=bus_id,
        island=island,
        island_name=network.island_names,
        spare_mw=network.spare_by_island_mw(),
        factor=np.zeros((0, len(usable))),
        room_mw=none,
        limit_mw=none,
        branch_id=none.astype(np.int64),
        outage_id=none.astype(np.int64),
        sign=none.astype(np.int64),
        every_quarter=none.astype(bool),
    )
