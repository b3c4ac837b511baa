"""Own transfer factors: by hand on a triangle, by one solve each on the shipped islands, and without the short way."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import ring, triangle

from siting.grid.network import Network
from siting.grid.own_factors import own_factors, own_factors_by_solving


def test_two_thirds_take_the_straight_way_of_a_triangle():
    """One line of x = 0.1 beside two in series, 0.2: 2/3 of a MW go straight; a radial line carries all of its own."""
    np.testing.assert_allclose(own_factors(triangle()), 2 / 3)
    assert own_factors(ring())[5] == pytest.approx(1.0)


@pytest.mark.parametrize("island", ["Texas", "Western"])
def test_as_one_solve_a_branch_finds(network: Network, island: str):
    """300 branches drawn from a shipped island, star points of negative reactance among them."""
    part = network.part(island)
    drawn = np.random.default_rng(3).choice(len(part.branch_id), 300, replace=False)
    np.testing.assert_allclose(own_factors(part)[drawn], own_factors_by_solving(part, drawn), atol=1e-9)


def test_several_islands_at_once(network: Network):
    """Each island has its own reference: the whole network gives what Texas alone gives."""
    texas = network.part("Texas")
    here = network.island[network.from_bus] == network.island_names.index("Texas")
    np.testing.assert_allclose(own_factors(network)[here], own_factors(texas), atol=1e-9)


def test_a_cancelled_entry_is_found_the_long_way():
    """x = 0.12 beside x = -0.12 cancel between buses 1 and 2, which leaves no entry of B there: solved one by one."""
    old = ring()
    network = ring(
        branch_id=np.append(old.branch_id, 106),
        from_bus=np.append(old.from_bus, 1),
        to_bus=np.append(old.to_bus, 2),
        x_pu=np.append(old.x_pu, -0.12),
        shift_deg=np.zeros(7),
        rate_mw=np.append(old.rate_mw, 0.0),
        monitored=np.append(old.monitored, False),
    )
    np.testing.assert_allclose(own_factors(network), own_factors_by_solving(network, np.arange(7)), atol=1e-12)
