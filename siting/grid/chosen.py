"""The network that a study is looked at on, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from siting.grid.network import Network, read_network
from siting.grid.own_network import read_own_network
from siting.study import Study


@dataclass(frozen=True, kw_only=True, eq=False)
class ChosenNetwork:
    """A network, the names of its branches, and what was done to it on the way."""

    network: Network
    branch_name: dict[int, str]
    """By branch id; empty where the network names none."""
    notes: tuple[str, ...]
    own: bool
    """The planner's, not the shipped synthetic one."""

    def line(self, branch_id: int) -> str:
        """A branch as its owner names it, else by number and ends."""
        if branch_id in self.branch_name:
            return self.branch_name[branch_id]
        at = int(np.flatnonzero(self.network.branch_id == branch_id)[0])
        ends = self.network.bus_id[[self.network.from_bus[at], self.network.to_bus[at]]]
        return f"line {branch_id} (bus {ends[0]} to {ends[1]})"


def study_network(study: Study, data_dir: Path) -> ChosenNetwork:
    """The network of the study's sites. Raises as `chosen_network`."""
    own = study.folder / study.grid.network if study.grid.network is not None else None
    return chosen_network(data_dir, own, study.grid.snapshot)


def network_facts(study: Study, data_dir: Path) -> dict[str, Any]:
    """Whether the network is the planner's, its name, and what was done to it on reading."""
    if not study.grid.own:
        return {"own": False, "name": "synthetic grid", "notes": []}
    if study.grid.hosting is not None:
        notes = ["What each bus hosts is stated by its owner; sites were not checked together."]
        return {"own": True, "name": study.grid.hosting, "notes": notes}
    return {"own": True, "name": str(study.grid.network), "notes": list(study_network(study, data_dir).notes)}


def chosen_network(data_dir: Path, own: Path | None = None, snapshot: str | None = None) -> ChosenNetwork:
    """The planner's network at `own` (a MATPOWER case or a PyPSA folder), else the shipped one under `data_dir`.

    Kept until the files change: model and check look at the same arrays. Raises FileNotFoundError, InputError.
    """
    folder = data_dir if own is None else own
    files = sorted(folder.iterdir()) if folder.is_dir() else [folder] if folder.exists() else []
    return _read(data_dir.resolve(), own, snapshot, tuple(file.stat().st_mtime_ns for file in files))


@lru_cache(maxsize=2)
def _read(data_dir: Path, own: Path | None, snapshot: str | None, changed: tuple[int, ...]) -> ChosenNetwork:
    if own is None:
        return ChosenNetwork(network=read_network(data_dir), branch_name={}, notes=(), own=False)
    found = read_own_network(own, snapshot)
    names = dict(zip(found.network.branch_id.tolist(), found.branch_name, strict=True))
    return ChosenNetwork(network=found.network, branch_name=names, notes=found.notes, own=True)
