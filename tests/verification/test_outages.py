"""Second reading of N-1: by taking each branch away, and beside the reading that gives the model its rows."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import excess_without, ring, without

from siting.grid.network import Network, read_network
from siting.grid.outages import broken_pairs
from siting.grid.powerflow import base_flows_mw, load_factors
from siting.places import shipped
from siting.tables.read import read_tables
from siting.verification.outages import Broken, broken_after_loss, line_after_loss, losses

BUS, MW = [2, 3, 4], [40.0, 60.0, 20.0]


def named(network: Network, found: list[Broken]) -> dict[tuple[int, int], float]:
    """Excess by line and branch lost."""
    return {
        (int(network.branch_id[one.line]), int(network.branch_id[one.lost])): abs(one.flow_mw) - one.limit_mw
        for one in found
    }


@pytest.mark.parametrize("least", [0.0, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("emergency", [0.4, 0.9, 1.0, 1.15])
def test_what_is_broken_is_what_a_network_without_the_branch_says(emergency: float, least: float) -> None:
    """Five networks, each without one branch; what they break before the sites come is left out."""
    found = broken_after_loss(ring(), np.array(BUS), np.array(MW)[:, None], emergency, least)
    assert named(ring(), found) == pytest.approx(excess_without(ring(), BUS, MW, emergency, least))
    excess = list(named(ring(), found).values())
    assert excess == sorted(excess, reverse=True)


def test_the_worst_quarter_is_named() -> None:
    """Half the loads, all of them, none: the middle one."""
    mw = np.outer(MW, [0.5, 1.0, 0.0])
    found = broken_after_loss(ring(), np.array(BUS), mw, 0.9, 0.0)
    assert found and {one.quarter for one in found} == {1}
    assert named(ring(), found) == pytest.approx(excess_without(ring(), BUS, MW, 0.9, 0.0))


def test_a_radial_branch_is_no_loss() -> None:
    """Five of six branches can be lost: bus 4 hangs on the sixth."""
    assert losses(ring()).tolist() == [0, 1, 2, 3, 4]


def test_a_line_after_a_loss_has_its_flow_and_the_factors_that_count() -> None:
    """With the chord 0-2 out the ring is a loop: 90 MW part by reactance between 0-1-2 and 0-3-2, less what 1, 3 and
    4 take. Flow and factors are those of the network without the chord; of 0.3 or less none is left."""

    rest = without(ring(), 4)
    base, each = line_after_loss(ring(), 0, 4, np.array(BUS), 0.0)
    assert base == pytest.approx(base_flows_mw(rest)[0])
    factors = load_factors(rest, np.array(BUS))[0]
    np.testing.assert_allclose(each, factors)
    cut = float(np.median(abs(factors)))
    again = line_after_loss(ring(), 0, 4, np.array(BUS), cut + 1e-9)[1]
    np.testing.assert_allclose(again, np.where(abs(factors) > cut + 1e-9, factors, 0.0))


@pytest.mark.parametrize("least", [0.03, 0.05])
def test_both_readings_agree_in_texas(least: float) -> None:
    """Twelve sites of up to 400 MW, more by the quarter: the same pairs, the same excess."""
    texas = read_network(shipped("data")).part("Texas")
    subs = read_tables().grid_substations
    here = subs[(subs["interconnect"] == "Texas") & (subs["hosting_n1_utility_mw"] >= 100)]
    chosen = here.sample(12, random_state=3)
    mw = np.outer(np.minimum(chosen["hosting_n1_utility_mw"], 400.0), [0.3, 0.7, 1.0])
    second = broken_after_loss(texas, texas.bus_position(chosen["bus_id"]), mw, 1.15, least)
    first = broken_pairs(texas, chosen["bus_id"], mw, emergency_share=1.15, least_factor=least)
    names = zip(texas.branch_id[first.line].tolist(), texas.branch_id[first.outage].tolist(), strict=True)
    assert len(second) > 0
    assert named(texas, second) == pytest.approx(dict(zip(names, first.excess_mw.tolist(), strict=True)))
