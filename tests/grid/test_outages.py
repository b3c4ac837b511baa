"""N-1 with all sites together: by taking each branch away, and the rows that come of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_networks import excess_without, ring, without

from siting.errors import InputError
from siting.grid.network import Network
from siting.grid.outages import BrokenPairs, broken_pairs, overload_rows_n1
from siting.grid.powerflow import joint_flows_mw

LOADS = ([2, 3, 4], [40.0, 60.0, 20.0])
EVERYTHING = {"least_factor": 0.0}


def named(network: Network, pairs: BrokenPairs) -> dict[tuple[int, int], float]:
    """Excess by line and outage."""
    ids = (network.branch_id[pairs.line].tolist(), network.branch_id[pairs.outage].tolist())
    return dict(zip(zip(*ids, strict=True), pairs.excess_mw.tolist(), strict=True))


@pytest.mark.parametrize("least", [0.0, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("emergency", [0.9, 1.0, 1.15])
def test_pairs_are_what_is_left_when_each_branch_is_taken_away(emergency: float, least: float):
    """Five networks solved anew, each without one branch, name the same pairs with the same excess; sites whose MW
    move a line by less than the least factor are left away line by line."""
    expected = excess_without(ring(), *LOADS, emergency, least)
    pairs = broken_pairs(ring(), *LOADS, emergency_share=emergency, least_factor=least)
    assert expected or least > 0.3
    assert named(ring(), pairs) == pytest.approx(expected)
    assert pairs.excess_mw.tolist() == sorted(pairs.excess_mw, reverse=True)


def test_less_counts_where_the_least_factor_is_larger():
    """On the ring some pair is broken by everything and not by the sites that move it by half of their MW."""
    every, large = (set(excess_without(ring(), *LOADS, 0.9, least)) for least in (0.0, 0.5))
    assert large < every


def test_a_quarter_before_the_last_counts():
    """The loads of the first quarter fall to nothing in the last: the same pairs, and their rows say early."""
    bus, mw = LOADS
    fading = np.column_stack([mw, np.zeros(3)])
    both = [broken_pairs(ring(), bus, load, **EVERYTHING) for load in (mw, fading)]
    assert named(ring(), both[1]) == pytest.approx(named(ring(), both[0])) != {}
    assert all(row.early for row in overload_rows_n1(ring(), bus, fading, **EVERYTHING))
    assert not any(row.early for row in overload_rows_n1(ring(), bus, mw, **EVERYTHING))


def test_a_high_emergency_rating_holds():
    """At three times the rating nothing is overloaded, and there is no row."""
    assert not named(ring(), broken_pairs(ring(), *LOADS, emergency_share=3.0))
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
    pairs = broken_pairs(ring(), *LOADS, emergency_share=0.4, **EVERYTHING)
    assert broken and not broken & set(named(ring(), pairs))


@pytest.mark.parametrize("least", [0.0, 0.1])
def test_a_row_is_broken_by_its_excess(least: float):
    """Each line with its worst outages; factor and room give the excess for the loads that found it."""
    found = named(ring(), broken_pairs(ring(), *LOADS, least_factor=least))
    rows = overload_rows_n1(ring(), *LOADS, least_factor=least)
    assert {row.branch_id for row in rows} == {line for line, _ in found}
    load = np.bincount(*LOADS, 5)
    for row in rows:
        assert row.outage_branch_id is not None
        assert row.sign * row.factor @ load - row.room_mw == pytest.approx(row.excess_mw)
        assert found[row.branch_id, row.outage_branch_id] == pytest.approx(row.excess_mw)
        assert not ((np.abs(row.factor) > 0) & (np.abs(row.factor) < least)).any()
    assert len(overload_rows_n1(ring(), *LOADS, most=1, **EVERYTHING)) == 1


def test_unwatched_lines_and_unrated_outages_make_no_pair():
    """Take the watch off 102 and the rating off 100: neither overloads, the outage of 100 is none."""
    free = ring(
        monitored=np.array([False, True, False, True, True, True]),
        rate_mw=np.array([0.0, 90.0, 80.0, 95.0, 80.0, 40.0]),
    )
    found = named(free, broken_pairs(free, *LOADS, emergency_share=0.9, **EVERYTHING))
    assert found and not {100, 102} & {line for line, _ in found}
    assert 100 not in {outage for _, outage in found}


def test_without_a_least_factor_many_more_pairs_break(network: Network, substations: pd.DataFrame):
    """Ten Texas sites: what moves a line by less than 5 % breaks more than ten times as many pairs."""
    texas = network.part("Texas")
    here = substations[(substations["interconnect"] == "Texas") & (substations["hosting_n1_utility_mw"] >= 100)]
    chosen = here.sample(10, random_state=0)
    loads = (chosen["bus_id"], np.minimum(chosen["hosting_n1_utility_mw"], 300.0))
    every, counted = (named(texas, broken_pairs(texas, *loads, least_factor=x)) for x in (0.0, 0.05))
    assert 0 < len(counted) < len(every) / 10


def test_a_site_alone_within_its_hosting_breaks_no_pair(network: Network, substations: pd.DataFrame):
    """Hosting capacity and the pairs of all sites have one least factor: 40 Texas substations, one at a time."""
    texas = network.part("Texas")
    here = substations[(substations["interconnect"] == "Texas") & (substations["hosting_n1_utility_mw"] >= 40)]
    for site in here.sample(40, random_state=2).itertuples():
        assert not named(texas, broken_pairs(texas, [site.bus_id], [0.999 * site.hosting_n1_utility_mw]))


def test_bad_input_is_refused():
    """An unknown bus is a fault of the input; so is a load too many, and one below 0."""
    with pytest.raises(InputError, match="99"):
        broken_pairs(ring(), [99], [1.0])
    for mw in ([1.0, 2.0], [-1.0]):
        with pytest.raises(ValueError, match="0 MW or more"):
            broken_pairs(ring(), [2], mw)
