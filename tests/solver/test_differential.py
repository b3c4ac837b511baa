"""A seeded part of the differential run: every reduction on and off one by one, bounds on the right side."""

from __future__ import annotations

import numpy as np
import pytest
from differential import Tally, run
from one_by_one import Line, wrong

CHUNKS, EACH = 6, 10


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_way_of_solving_has_the_same_optimum(chunk: int) -> None:
    """Seeds one after the other, a quarter of them location problems: no value and no bound contradicts the truth."""
    tally = Tally()
    for seed in range(chunk * EACH, (chunk + 1) * EACH):
        run(tally, seed)
    assert tally.disagreements == []
    assert tally.with_plan >= 3
    assert len(tally.ways) >= 40


def test_a_start_does_not_spoil_the_proof() -> None:
    """Seed 6009: with presolve and a start together HiGHS 1.16 called a plan optimal that is not."""
    tally = Tally()
    run(tally, 6009)
    assert tally.disagreements == []


@pytest.mark.parametrize(
    ("line", "truth", "said"),
    [
        (Line("search", 10.001, 10.0), 10.0, "value"),
        (Line("search", 9.999, 9.9), 10.0, "value"),
        (Line("search", 10.0, 10.001), 10.0, "bound"),
        (Line("search", np.inf, -np.inf), 10.0, "value"),
        (Line("search", 10.0, 9.0), np.inf, "value"),
        (Line("shortlist of 1", 9.999, 9.0), 10.0, "value"),
        (Line("shortlist of 1", 12.0, 10.001), 10.0, "bound"),
    ],
)
def test_what_contradicts_the_truth_is_said(line: Line, truth: float, said: str) -> None:
    """Too dear, too cheap, a bound above the optimum, a plan that is none, none where there is one."""
    found = wrong(line, truth)
    assert found is not None and said in found


def test_what_does_not_contradict_it_is_not() -> None:
    """Equal within the tolerances, no plan on both sides, a shortlist that costs more, a bound below."""
    assert wrong(Line("search", 10.00001, 10.0), 10.0) is None
    assert wrong(Line("search", np.inf, -np.inf), np.inf) is None
    assert wrong(Line("shortlist of 1", 12.0, 9.0), 10.0) is None
    assert wrong(Line("pricing", None, 9.0), 10.0) is None
