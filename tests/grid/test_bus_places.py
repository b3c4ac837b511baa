"""Places of a planner's buses, with and without hosting MW."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from siting.errors import InputError
from siting.grid.bus_places import read_bus_places


def places_file(folder: Path, text: str) -> Path:
    """A file of this text."""
    path = folder / "places.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_places_of_a_network(tmp_path: Path):
    """Names and MW may be left out; a byte order mark and spaces after commas do no harm."""
    found = read_bus_places(
        places_file(tmp_path, "\ufeffbus_id, lat, lon, name\n7, 31.5, -99.25, North\n12,32,-98,\n"),
        known_bus_id=[7, 12, 13],
    )
    assert found[["bus_id", "name"]].to_numpy().tolist() == [[7, "North"], [12, ""]]
    np.testing.assert_allclose(found[["lat", "lon"]], [[31.5, -99.25], [32, -98]])
    assert found["hosting_utility_mw"].isna().all() and found["bus_id"].dtype == np.int64


def test_plain_table_of_hosting(tmp_path: Path):
    """MW of every bus and no network; 0 is an answer."""
    text = "bus_id,lat,lon,hosting_utility_mw\n1,31,-99,250.5\n2,32,-98,0\n"
    found = read_bus_places(places_file(tmp_path, text), hosting_for_all=True)
    assert found["hosting_utility_mw"].tolist() == [250.5, 0.0]


def test_faults_come_together(tmp_path: Path):
    """A fraction, a bus twice (leading zeros are nothing), one that is not there, places off the Earth, MW below 0."""
    text = (
        "bus_id,lat,lon,hosting_utility_mw\n1,31,-99,5\n01,31,-99,5\n2.5,31,-99,5\n9,31,-99,5\n"
        "2,91,-99,5\n3,31,east,5\n4,31,-99,-1\n5,,-99,\n"
    )
    with pytest.raises(InputError) as caught:
        read_bus_places(places_file(tmp_path, text), hosting_for_all=True, known_bus_id=range(6))
    assert {fault.key for fault in caught.value.faults} == {
        "row 3, bus_id",
        "row 4, bus_id",
        "row 5, bus_id",
        "row 6, lat",
        "row 7, lon",
        "row 8, hosting_utility_mw",
        "row 9, lat",
        "row 9, hosting_utility_mw",
    }


def test_blank_hosting_is_left_to_the_network(tmp_path: Path):
    """With a network a bus may leave its MW to it, without one it may not."""
    path = places_file(tmp_path, "bus_id,lat,lon,hosting_utility_mw\n1,31,-99,5\n2,31,-99,\n")
    assert read_bus_places(path)["hosting_utility_mw"].isna().tolist() == [False, True]
    with pytest.raises(InputError, match="row 3, hosting_utility_mw: found blank"):
        read_bus_places(path, hosting_for_all=True)


def test_header_faults(tmp_path: Path):
    """A column that is missing, one that is misspelt, the one that a table without network needs."""
    with pytest.raises(InputError) as caught:
        read_bus_places(places_file(tmp_path, "bus_id,lat,long,hosting_mw\n1,31,-99,5\n"), hosting_for_all=True)
    assert [(fault.value, fault.expected) for fault in caught.value.faults] == [
        ("no lon", "bus_id, lat, lon, hosting_utility_mw"),
        ("no hosting_utility_mw", "bus_id, lat, lon, hosting_utility_mw"),
        ("long", "lon"),
        ("hosting_mw", "hosting_utility_mw"),
    ]


def test_nothing_to_read(tmp_path: Path):
    """No file, an empty one, one of a header alone."""
    for path, said in (
        (tmp_path / "gone.csv", "gone"),
        (places_file(tmp_path, ""), "CSV"),
    ):
        with pytest.raises(InputError, match=said):
            read_bus_places(path)
    with pytest.raises(InputError, match="a row for each bus"):
        read_bus_places(places_file(tmp_path, "bus_id,lat,lon\n"))
