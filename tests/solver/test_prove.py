"""The bound over all candidates, from a start that knows few of them."""

from __future__ import annotations

import numpy as np
import pytest
from model_optimum import least_cost
from tiny_problems import random_problem

from siting.solver.everyone import price_everyone
from siting.solver.highs import Options
from siting.solver.prove import prove


@pytest.mark.parametrize("chunk", range(4))
def test_the_proof_lies_below_the_optimum_and_reaches_it(chunk: int) -> None:
    """Random problems, pricing from one candidate on: the bound over all is never above the optimum over all, and with
    the optimum as the plan at hand it comes within what fractions of pods may save."""
    seen = closed = 0
    for seed in range(chunk, 160, 4):
        p = random_problem(seed)
        best = least_cost(p)
        if best is None:
            continue
        proof = prove(p, np.array([0]), best, Options(gap=1e-6, threads=1, time_limit_s=20.0))
        if proof is None:  # the first candidate alone has no relaxation
            continue
        seen += 1
        room = 1e-6 * max(1.0, abs(best))
        assert proof.priced_musd <= best + room
        assert max(proof.priced_musd, proof.certificate["musd"]) <= proof.bound_musd <= best + room
        closed += proof.bound_musd >= best - 0.02 * abs(best)
    assert seen >= 10
    assert closed >= 0.8 * seen


def test_pricing_takes_in_the_candidate_that_it_lacks() -> None:
    """Started from the dearest candidates, the relaxation over the few ends where that over all does."""
    seen = 0
    for seed in range(60):
        p = random_problem(seed)
        everyone = np.arange(len(p.candidate_id))
        whole = price_everyone(p, everyone, Options(threads=1, gap=0.0))
        part = price_everyone(p, everyone[-1:], Options(threads=1, gap=0.0))
        if whole is None or part is None or len(p.cluster) > 1:
            continue
        seen += 1
        scale = max(1.0, abs(whole.relaxed))
        assert part.bound.least <= whole.relaxed + 1e-6 * scale
    assert seen >= 10
