"""A planner's own network from whatever file holds it: a MATPOWER case (`.m`) or a PyPSA CSV folder."""

from __future__ import annotations

from pathlib import Path

from siting.errors import Fault, InputError
from siting.grid.matpower import read_matpower
from siting.grid.pypsa_folder import read_pypsa
from siting.grid.snapshot import OwnNetwork

PYPSA_FILES = (".nc", ".h5", ".hdf", ".hdf5")


def read_own_network(path: Path, snapshot: str | None = None) -> OwnNetwork:
    """Network of a `.m` file or a folder. snapshot: of a PyPSA folder with more than one. Raises InputError.

    netCDF and HDF files of PyPSA are refused with the call that turns them into a folder.
    """
    if path.suffix.lower() == ".m":
        if snapshot is not None:
            expected = "none, since a MATPOWER case is one operating point"
            raise InputError([Fault(file=path.name, key="snapshot", value=snapshot, expected=expected)])
        return read_matpower(path)
    if path.is_dir() or path.suffix.lower() in PYPSA_FILES:
        return read_pypsa(path, snapshot)
    value = path.suffix or ("no suffix" if path.exists() else "nothing there")
    expected = "a MATPOWER case (.m) or a PyPSA CSV folder"
    raise InputError([Fault(file=path.name, key="network", value=value, expected=expected)])
