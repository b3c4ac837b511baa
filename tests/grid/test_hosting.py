"""Hosting capacity: by hand on small networks, outages by taking the branch away, the shipped columns again."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import ring

from siting.grid.hosting import hosting, outage_pairs
from siting.grid.network import Network
from siting.grid.powerflow import flows_mw, load_factors


def without(network: Network, branch: int) -> Network:
    """The network with one branch taken away."""
    keep = np.arange(len(network.branch_id)) != branch
    per_branch = ("branch_id", "from_bus", "to_bus", "x_pu", "shift_deg", "rate_mw", "monitored")
    return ring(**{name: getattr(network, name)[keep] for name in per_branch})


def listed_limit(network: Network, bus: int, rate: np.ndarray, cutoff: float) -> float:
    """Largest load at the bus, line by line."""
    flow, factor = flows_mw(network), load_factors(network, np.array([bus]))[:, 0]
    room = rate - np.sign(factor) * flow
    limits = [r / abs(s) for r, s in zip(room, factor, strict=True) if abs(s) >= cutoff]
    return min(limits, default=np.inf)


def test_radial_bus_is_limited_by_its_line():
    """Line 3-4 carries 10 of 40 MW and all that comes to bus 4: 30 MW."""
    found = hosting(ring(), np.array([4]))
    assert found.n0_mw == pytest.approx([30.0])
    assert found.n0_line.tolist() == [5]
    assert np.isnan(found.n1_mw).all()


def test_n0_is_the_least_limit_over_lines():
    """Every bus of the ring against a loop over lines; nine columns, so that one chunk is short."""
    bus = np.array([0, 1, 2, 3, 4, 0, 1, 2, 3])
    expected = [listed_limit(ring(), b, ring().rate_mw, 0.02) for b in bus]
    np.testing.assert_allclose(hosting(ring(), bus).n0_mw, expected)


def test_n1_is_what_is_left_when_each_branch_is_taken_away():
    """Outage factors against four networks solved anew, each without one branch; the radial line is no outage."""
    network, bus = ring(), np.arange(5)
    pairs = outage_pairs(network, emergency=1.15)
    assert 5 not in pairs.outage
    expected = [listed_limit(network, b, network.rate_mw, 0.02) for b in bus]
    for out in range(5):
        rest = without(network, out)
        expected = [
            min(e, listed_limit(rest, b, 1.15 * rest.rate_mw, 0.05)) for e, b in zip(expected, bus, strict=True)
        ]
    found = hosting(network, bus, pairs)
    np.testing.assert_allclose(found.n1_mw, expected)
    assert (found.n1_mw < found.n0_mw).any()
    assert ((found.n1_outage >= 0) == (found.n1_mw < found.n0_mw)).all()


def test_emergency_rating_is_a_parameter():
    """A lower emergency rating never gives more; at 3 times the rating no outage binds."""
    network, bus = ring(), np.arange(5)
    low, high = (hosting(network, bus, outage_pairs(network, emergency=e)) for e in (1.0, 3.0))
    assert (low.n1_mw <= high.n1_mw).all() and (low.n1_mw < high.n1_mw).any()
    np.testing.assert_allclose(high.n1_mw, high.n0_mw)


def test_pairs_violated_before_load_comes_are_left_out():
    """At an emergency rating of 0.4 some outage already breaks a line: that pair says nothing about new load."""
    strict = outage_pairs(ring(), emergency=0.4)
    assert len(strict.line) < len(outage_pairs(ring(), emergency=3.0).line)
    assert (np.abs(strict.flow_mw) <= strict.limit_mw).all()


def test_a_path_that_exists_only_in_an_equivalent_star_is_no_path():
    """Beside x = -0.2 a line of x = 0.1 has own factor 10 / (10 - 5) = 2: 1 - 2 < 0, so its outage is left out."""
    pair = Network(
        bus_id=np.arange(2),
        injection_mw=np.zeros(2),
        spare_gen_mw=np.array([10.0, 0.0]),
        island=np.zeros(2, dtype=np.int64),
        island_names=("one",),
        branch_id=np.arange(2),
        from_bus=np.zeros(2, dtype=np.int64),
        to_bus=np.ones(2, dtype=np.int64),
        x_pu=np.array([0.1, -0.2]),
        shift_deg=np.zeros(2),
        rate_mw=np.full(2, 50.0),
        monitored=np.ones(2, dtype=bool),
    )
    assert outage_pairs(pair).outage.tolist() == [1]


def test_unmonitored_lines_do_not_bind():
    """Take the watch off line 3-4 and bus 4 is limited by the ring alone."""
    unwatched = ring(monitored=np.array([True] * 5 + [False]))
    assert hosting(unwatched, np.array([4])).n0_mw[0] > 30.0
    assert 5 not in outage_pairs(unwatched).line


def test_load_beside_the_only_spare_generator_is_not_limited():
    """New load at the bus that generates it moves nothing: inf and no line."""
    network = ring(spare_gen_mw=np.array([300.0, 0.0, 0.0, 0.0, 0.0]))
    found = hosting(network, np.array([0]), outage_pairs(network))
    assert np.isinf(found.n0_mw).all() and np.isinf(found.n1_mw).all()
    assert (found.n0_line.tolist(), found.n1_line.tolist()) == ([-1], [-1])


def test_shipped_texas_columns_come_out_again(network: Network, substations):
    """The whole of Texas, N-0 and N-1, from the shipped network: the shipped columns within 0.1 % and 0.1 MW."""
    texas = network.part("Texas")
    here = substations[substations["interconnect"] == "Texas"]
    found = hosting(texas, texas.bus_position(here["bus_id"]), outage_pairs(texas))
    np.testing.assert_allclose(found.n0_mw, here["hosting_n0_utility_mw"], rtol=1e-3, atol=0.1)
    np.testing.assert_allclose(found.n1_mw, here["hosting_n1_utility_mw"], rtol=1e-3, atol=0.1)


def test_shipped_eastern_column_comes_out_again(network: Network, substations):
    """48 Eastern substations spread over the island, N-0: the shipped column within 0.1 % and 0.1 MW."""
    eastern = network.part("Eastern")
    here = substations[substations["interconnect"] == "Eastern"].iloc[::750]
    found = hosting(eastern, eastern.bus_position(here["bus_id"]))
    np.testing.assert_allclose(found.n0_mw, here["hosting_n0_utility_mw"], rtol=1e-3, atol=0.1)
