"""The file decides how a planner's network is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_networks import three_bus_case, two_bus_folder

from siting.errors import InputError
from siting.grid.own_network import read_own_network


def test_case_and_folder(tmp_path: Path):
    """A `.m` file is a MATPOWER case, a folder is PyPSA's."""
    assert read_own_network(three_bus_case(tmp_path)).network.bus_id.tolist() == [10, 20, 30]
    (tmp_path / "folder").mkdir()
    assert read_own_network(two_bus_folder(tmp_path / "folder")).network.bus_id.tolist() == [7, 5]


def test_what_cannot_be_read(tmp_path: Path):
    """netCDF is told its way; another file, nothing at all, and a snapshot of a case are refused."""
    (tmp_path / "net.nc").write_bytes(b"CDF")
    (tmp_path / "net.xlsx").write_bytes(b"PK")
    for name, said in (("net.nc", "export_to_csv_folder"), ("net.xlsx", r"\.xlsx"), ("gone", "nothing there")):
        with pytest.raises(InputError, match=said):
            read_own_network(tmp_path / name)
    with pytest.raises(InputError, match="one operating point"):
        read_own_network(three_bus_case(tmp_path), "noon")
