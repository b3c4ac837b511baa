"""Units on the campus, contracts, curtailable connections and large-load terms together: model against listing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from random_contracts import with_contracts
from random_curtailable import with_curtailable
from random_large_load import with_large_load
from random_onsite import with_onsite
from tiny_problems import changed, random_problem

from siting.problem import Problem

SEEDS, CHUNKS = 80, 2


def together(seed: int) -> Problem:
    """A random problem of one candidate of two modules with everything that touches energy."""
    rng = np.random.default_rng(seed)
    p = random_problem(7000 + seed)
    p = p.take(np.arange(1))
    most = np.minimum(p.modules_max, 2)
    p = changed(p, modules_max=most, modules_first=np.minimum(p.modules_first, most))
    loaded = with_large_load(p, rng)
    bought = with_contracts(loaded, rng)
    load = dataclasses.replace(
        loaded.large_load, usd_per_mwh=np.resize(bought.usd_per_mwh[:, :1], loaded.large_load.usd_per_mwh.shape)
    )
    everything = changed(bought, large_load=load)
    return with_onsite(with_curtailable(everything, rng) if seed % 2 else everything, rng)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_model_and_listing_agree(chunk: int) -> None:
    """The same least present value to 1e-6 or none, and in many a plan in which a campus generates and buys."""
    both = 0
    for seed in range(chunk, SEEDS, CHUNKS):
        found, listed = optimum(together(seed), whole=False), cheapest_by_listing(together(seed))[0]
        assert np.isfinite(found.value) == np.isfinite(listed), seed
        if found.decisions is not None:
            assert found.value == pytest.approx(listed, rel=1e-6, abs=1e-6), seed
            extra = found.decisions.extra
            generates, buys = (sum(extra.get(name, {}).values()) > 1e-6 for name in ("OnGwh", "ContractGwh"))
            both += generates and buys
    assert both >= 1
