"""DC power flow: by hand on three buses, against pandapower on MATPOWER cases, and all sites at once."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pandas as pd
import pytest
from peer_cases import peer_case
from small_networks import triangle

from siting.errors import InputError
from siting.grid.network import Network
from siting.grid.powerflow import extra_flows_mw, factorise, flows_mw, joint_check, load_factors, ptdf


def test_triangle_flows():
    """Two paths of 1 and 2 equal lines: 40 MW go straight, 20 MW around."""
    np.testing.assert_allclose(flows_mw(triangle()), [20, 20, 40])


def test_tap_is_part_of_x():
    """The straight line at x tap = 0.2: both paths are equal, 30 MW each."""
    np.testing.assert_allclose(flows_mw(triangle(x_pu=np.array([0.1, 0.1, 0.2]))), [30, 30, 30])


def test_negative_reactance():
    """x = 0.1 then -0.05 in series is 0.05 beside 0.1: 40 MW go around, 20 straight."""
    np.testing.assert_allclose(flows_mw(triangle(x_pu=np.array([0.1, -0.05, 0.1]))), [40, 40, 20])


def test_phase_shifter_drives_a_loop_flow():
    """A shift of 0.03 rad on the straight line drives 100 x 0.03 / 0.3 = 10 MW round the loop against it."""
    shifted = triangle(shift_deg=np.degrees([0.0, 0.0, 0.03]))
    np.testing.assert_allclose(flows_mw(shifted), [30, 30, 30])


def test_new_load_is_met_by_spare_generation_in_proportion():
    """30 MW at bus 30, spare 2:1 at 10 and 20: 20 MW come from 10 and 10 MW from 20, so 40/3 + 10/3 MW on 1-3."""
    network = triangle(spare_gen_mw=np.array([400.0, 200.0, 0.0]))
    np.testing.assert_allclose(extra_flows_mw(network, np.array([0.0, 0.0, 30.0]))[2], 20 * 2 / 3 + 10 / 3)


def test_ptdf_is_minus_the_load_factor():
    """With the only spare at 10, a MW injected at 30 sends 2/3 back over the straight line, 1/3 around."""
    network = triangle()
    np.testing.assert_allclose(ptdf(network, np.array([2]))[:, 0], [-1 / 3, -1 / 3, -2 / 3])
    np.testing.assert_allclose(ptdf(network, np.array([2]), slack_bus=0), ptdf(network, np.array([2])))
    np.testing.assert_allclose(load_factors(network, np.array([2])), -ptdf(network, np.array([2])))


def test_joint_check_names_the_line():
    """The straight line has 20 MW of room: 30 MW more at bus 30 just fill it, 33 MW put 62 on 60 MW."""
    assert joint_check(triangle(), [30], [30.0]).ok
    check = joint_check(triangle(), [30, 30], [30.0, 3.0])
    assert not check.ok
    (line,) = check.overloads
    assert (line.branch_id, line.rate_mw) == (3, 60.0)
    assert (line.flow_mw, line.excess_mw) == pytest.approx((62.0, 2.0))


def test_joint_check_holds_an_island_to_its_spare_generation():
    """501 MW at the generator's own bus overload nothing and exceed the 500 MW that are spare."""
    check = joint_check(triangle(), [10], [501.0])
    assert not check.ok and not check.overloads
    assert (check.islands[0].load_mw, check.islands[0].spare_gen_mw) == (501.0, 500.0)


def test_island_without_spare_generation():
    """Nothing can meet new load there: said by the check, raised by the flows."""
    network = triangle(spare_gen_mw=np.zeros(3))
    assert not joint_check(network, [30], [1.0]).ok
    with pytest.raises(ValueError, match=r"no spare generation .* in one"):
        extra_flows_mw(network, np.array([0.0, 0.0, 1.0]))


def test_joint_check_refuses_bad_input():
    """An unknown bus and a negative or missing load are bad input, not an overload."""
    with pytest.raises(InputError, match="99"):
        joint_check(triangle(), [99], [1.0])
    for mw in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="0 MW or more"):
            joint_check(triangle(), [30], [mw])


@pytest.mark.parametrize("name", ["case39", "case118", "case30"])
def test_flows_against_pandapower(name):
    """DC flows of every branch as pandapower finds them; case39 and case118 with taps and two phase shifts."""
    ours, solved, _ = peer_case(name)
    if name != "case30":
        assert (ours.shift_deg != 0).sum() == 2
    np.testing.assert_allclose(flows_mw(ours), np.real(solved["branch"][:, 13]), atol=1e-6)


@pytest.mark.parametrize("name", ["case39", "case118"])
def test_ptdf_against_pandapower(name):
    """Shift factors of every branch and bus as pandapower's makePTDF finds them."""
    ours, solved, slack = peer_case(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pandapower.pypower.makePTDF import makePTDF

        theirs = makePTDF(solved["baseMVA"], solved["bus"], np.real(solved["branch"]), slack)
    mine = ptdf(ours, np.arange(len(ours.bus_id)), slack_bus=slack)
    np.testing.assert_allclose(mine, theirs, atol=1e-8)
    np.testing.assert_allclose(ptdf(ours, np.arange(len(ours.bus_id))), theirs, atol=1e-8)  # all spare at the slack


def test_a_pile_of_sites_overloads_the_shipped_network(network: Network, substations: pd.DataFrame):
    """Caps hold one site at a time: of 20 random plans of ten Texas sites at min(cap, 300 MW), 19 or more overload."""
    texas = substations[(substations["interconnect"] == "Texas") & (substations["hosting_n0_utility_mw"] >= 100)]
    failed = 0
    for seed in range(20):
        chosen = texas.sample(10, random_state=seed)
        mw = np.minimum(chosen["hosting_n0_utility_mw"], 300.0)
        check = joint_check(network, chosen["bus_id"], mw)
        failed += not check.ok
        assert all(line.excess_mw > 0 for line in check.overloads)
        assert [b.island for b in check.islands] == ["Texas"]
    assert failed >= 19


def test_one_site_at_its_cap_is_just_inside(network: Network, substations: pd.DataFrame):
    """A single site below its N-0 cap overloads nothing that it moves by 2 % or more; above it, the binding line."""
    chosen = substations[substations["interconnect"] == "Western"].sample(25, random_state=1)
    for site in chosen.itertuples():
        above = joint_check(network, [site.bus_id], [site.hosting_n0_utility_mw * 1.001 + 0.2])
        assert site.binding_branch_id_n0 in {line.branch_id for line in above.overloads}
        below = joint_check(network, [site.bus_id], [site.hosting_n0_utility_mw * 0.999])
        assert site.binding_branch_id_n0 not in {line.branch_id for line in below.overloads}


def test_a_check_takes_milliseconds(network: Network, substations: pd.DataFrame):
    """After factorising once, a check of the whole network takes a few ms; 100 leaves room for a busy machine."""
    site = substations.iloc[[0]]
    joint_check(network, site["bus_id"], [10.0])
    assert factorise(network) is factorise(network)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        joint_check(network, site["bus_id"], [10.0])
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.1
