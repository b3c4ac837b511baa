"""Reading and checking a network; the nearest substation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

from siting.errors import InputError
from siting.grid.network import Network, nearest_substation

PAIR = Network(
    bus_id=np.array([7, 8]),
    injection_mw=np.array([5.0, -5.0]),
    spare_gen_mw=np.array([1.0, 0.0]),
    island=np.zeros(2, dtype=np.int64),
    island_names=("one",),
    branch_id=np.array([1]),
    from_bus=np.array([0]),
    to_bus=np.array([1]),
    x_pu=np.array([0.1]),
    shift_deg=np.zeros(1),
    rate_mw=np.array([10.0]),
    monitored=np.ones(1, dtype=bool),
)


def test_arrays_are_read_only():
    """A network that cannot change can be cached and trusted."""
    with pytest.raises(ValueError, match="read-only"):
        PAIR.injection_mw[0] = 1.0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"bus_id": np.array([7, 7])}, "bus_id: found 7"),
        ({"to_bus": np.array([-1])}, "from_bus, to_bus of branch: found 1"),
        ({"x_pu": np.array([0.0])}, "x_pu of branch: found 1"),
        ({"x_pu": np.array([np.nan])}, "x_pu of branch: found 1"),
        ({"rate_mw": np.array([np.nan])}, "rate_mw of branch: found 1"),
        ({"spare_gen_mw": np.array([-1.0, 0.0])}, "spare_gen_mw of bus: found 7"),
        ({"injection_mw": np.array([5.0, -4.0])}, "injection_mw of one: found sum 1"),
        ({"injection_mw": np.array([5.0, np.nan])}, "injection_mw of bus: found 8"),
        ({"island": np.array([0, 1]), "island_names": ("one", "two")}, "island of branch: found 1"),
        ({"island_names": ("one", "two")}, "found 1 pieces"),
    ],
)
def test_faults_are_named(changes, says):
    """What would make a power flow wrong is refused with the place where it stands."""
    with pytest.raises(InputError, match=says):
        replace(PAIR, **changes)


def test_all_faults_at_once():
    """Two faults, one error."""
    with pytest.raises(InputError) as raised:
        replace(PAIR, x_pu=np.array([0.0]), rate_mw=np.array([-1.0]))
    assert len(raised.value.faults) == 2


def test_bus_position():
    """Ids to positions; an unknown id is named."""
    assert PAIR.bus_position([8, 7, 8]).tolist() == [1, 0, 1]
    with pytest.raises(InputError, match="9"):
        PAIR.bus_position([7, 9])


def test_shipped_network_has_three_islands(network: Network):
    """Eastern, Texas and Western, each in one piece (checked on reading), 70,047 / 2,000 / 10,024 buses."""
    assert network.island_names == ("Eastern", "Texas", "Western")
    assert np.bincount(network.island).tolist() == [70_047, 2_000, 10_024]
    part = network.part("Texas")
    assert len(part.bus_id) == 2_000 and part.spare_by_island_mw()[0] == pytest.approx(26_560, abs=1)


def test_nearest_substation_of_points_at_substations(substations: pd.DataFrame):
    """A point on a substation has it at 0 km."""
    some = substations.drop_duplicates(["lat", "lon"], keep=False).iloc[::4000]
    position, km = nearest_substation(some["lat"], some["lon"], substations)
    assert substations["sub_id"].to_numpy()[position].tolist() == some["sub_id"].tolist()
    assert km.max() < 1e-3


def test_nearest_substation_is_nearest_on_the_ellipsoid(substations: pd.DataFrame):
    """Dallas and Memphis: distance within 0.6 % of the geodesic one, and none of all the others is nearer by more."""
    lat, lon = np.array([32.78, 35.15]), np.array([-96.80, -90.05])
    position, km = nearest_substation(lat, lon, substations)
    for i in range(2):
        n = len(substations)
        _, _, metres = Geod(ellps="WGS84").inv(
            np.full(n, lon[i]), np.full(n, lat[i]), substations["lon"].to_numpy(), substations["lat"].to_numpy()
        )
        assert km[i] == pytest.approx(metres[position[i]] / 1000, rel=0.006)
        assert metres.min() / 1000 == pytest.approx(km[i], rel=0.012)
