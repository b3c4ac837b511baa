"""N-1 with all sites together: by taking each branch away, and the rows that come of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_networks import ring

from siting.errors import InputError
from siting.grid.network import Network
from siting.grid.outages import joint_check_n1, overload_rows_n1
from siting.grid.powerflow import base_flows_mw, joint_flows_mw

LOADS = ([2, 3, 4], [40.0, 60.0, 20.0])


def without(network: Network, branch: int) -> Network:
    """The network with one branch taken away."""
    keep = np.arange(len(network.branch_id)) != branch
    per_branch = ("branch_id", "from_bus", "to_bus", "x_pu", "shift_deg", "rate_mw", "monitored")
    return ring(**{name: getattr(network, name)[keep] for name in per_branch})


def listed(network: Network, bus: list[int], mw: list[float], emergency: float) -> dict[tuple[int, int], float]:
    """Excess of each pair (line, outage) that the loads break and the base case does not, one network an outage."""
    load = np.bincount(bus, mw, len(network.bus_id))
    found = {}
    for out in range(5):  # branch 5 is radial
        rest = without(network, out)
        limit = emergency * rest.rate_mw
        flow = joint_flows_mw(rest, load)
        over = (np.abs(flow) > limit) & (np.abs(base_flows_mw(rest)) <= limit)
        for line in np.flatnonzero(over):
            found[int(rest.branch_id[line]), int(network.branch_id[out])] = abs(flow[line]) - limit[line]
    return found


@pytest.mark.parametrize("emergency", [0.9, 1.0, 1.15])
def test_pairs_are_what_is_left_when_each_branch_is_taken_away(emergency: float):
    """Five networks solved anew, each without one branch, name the same pairs with the same excess."""
    expected = listed(ring(), *LOADS, emergency)
    check = joint_check_n1(ring(), *LOADS, emergency_share=emergency, moved_mw=0.0)
    assert expected and not check.ok
    assert {(o.branch_id, o.outage_branch_id): o.excess_mw for o in check.overloads} == pytest.approx(expected)
    excess = [o.excess_mw for o in check.overloads]
    assert excess == sorted(excess, reverse=True)
    assert (check.outages, check.moved_branches, check.pairs_over) == (5, 6, len(expected))


def test_a_high_emergency_rating_holds():
    """At three times the rating nothing is overloaded, and there is no row."""
    assert joint_check_n1(ring(), *LOADS, emergency_share=3.0).ok
    assert overload_rows_n1(ring(), *LOADS, emergency_share=3.0) == []


def test_pairs_broken_before_new_load_comes_are_left_out():
    """At 0.4 times the rating some outages break lines in the base case: those pairs are nobody's fault."""
    load = np.zeros(5)
    broken = {
        (int(rest.branch_id[line]), 100 + out)
        for out in range(5)
        for rest in [without(ring(), out)]
        for line in np.flatnonzero(np.abs(joint_flows_mw(rest, load)) > 0.4 * rest.rate_mw)
    }
    check = joint_check_n1(ring(), *LOADS, emergency_share=0.4, moved_mw=0.0)
    assert broken and not broken & {(o.branch_id, o.outage_branch_id) for o in check.overloads}


def test_a_row_is_broken_by_its_excess():
    """Each line once, with its worst outage; factor and room give the excess for the loads that found it."""
    check = joint_check_n1(ring(), *LOADS, moved_mw=0.0)
    rows = overload_rows_n1(ring(), *LOADS, moved_mw=0.0)
    assert [row.branch_id for row in rows] == list(dict.fromkeys(o.branch_id for o in check.overloads))
    load = np.bincount(*LOADS, 5)
    for row in rows:
        assert row.sign * row.factor @ load - row.room_mw == pytest.approx(row.excess_mw)
        assert (row.branch_id, row.outage_branch_id) in listed(ring(), *LOADS, 1.15)
    assert len(overload_rows_n1(ring(), *LOADS, moved_mw=0.0, most=1)) == 1


def test_the_screen_says_what_it_solves():
    """Above the largest change of flow no branch is solved and nothing is found."""
    check = joint_check_n1(ring(), *LOADS, moved_mw=1e6)
    assert (check.ok, check.moved_branches, check.moved_mw) == (True, 0, 1e6)


def test_unwatched_lines_and_unrated_outages_make_no_pair():
    """Take the watch off 102 and the rating off 100: neither overloads, the outage of 100 is none."""
    free = ring(
        monitored=np.array([False, True, False, True, True, True]),
        rate_mw=np.array([0.0, 90.0, 80.0, 95.0, 80.0, 40.0]),
    )
    check = joint_check_n1(free, *LOADS, emergency_share=0.9, moved_mw=0.0)
    assert check.outages == 4 and check.overloads
    assert not {100, 102} & {o.branch_id for o in check.overloads}
    assert 100 not in {o.outage_branch_id for o in check.overloads}


def test_screened_pairs_of_texas_are_small(network: Network, substations: pd.DataFrame):
    """Ten sites: with 5 MW the screen solves less than half and finds every pair above the bound that it states."""
    texas = network.part("Texas")
    here = substations[(substations["interconnect"] == "Texas") & (substations["hosting_n1_utility_mw"] >= 100)]
    chosen = here.sample(10, random_state=0)
    loads = (chosen["bus_id"], np.minimum(chosen["hosting_n1_utility_mw"], 300.0))
    every, screened = (joint_check_n1(texas, *loads, moved_mw=x) for x in (0.0, 5.0))
    assert 0 < screened.moved_branches < every.moved_branches / 2
    found, whole = ({(o.branch_id, o.outage_branch_id): o.excess_mw for o in c.overloads} for c in (screened, every))
    assert found == pytest.approx({pair: whole[pair] for pair in found})
    assert found and all(excess < 10.0 for pair, excess in whole.items() if pair not in found)


def test_bad_input_is_refused():
    """An unknown bus is a fault of the input."""
    with pytest.raises(InputError, match="99"):
        joint_check_n1(ring(), [99], [1.0])
