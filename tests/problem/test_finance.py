"""What a draw of one musd owes, worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from siting.problem.finance import Debt


def facility(**changes: Any) -> Debt:
    """10 % a quarter, two quarters, level, half of what is paid, from the start."""
    values = {"quarterly_rate": 0.1, "tenor": 2, "advance": 0.5, "first": 0, "last": 1, "most_musd": np.inf}
    values |= {"bullet": False, "name": "loan", **changes}
    return Debt(**{name: np.array([value], dtype=object if name == "name" else None) for name, value in values.items()})


def test_a_level_loan_repays_itself() -> None:
    """1 x 0.1 / (1 - 1.1^-2) = 0.57619 twice; interest 0.1, then 0.1 on the 0.52381 that are left."""
    paid, interest = facility().service(0)
    assert paid == pytest.approx([0.576190476, 0.576190476])
    assert interest == pytest.approx([0.1, 0.052380952])
    assert (paid - interest).sum() == pytest.approx(1.0)


def test_a_bullet_pays_interest_and_all_at_the_end() -> None:
    """0.1, 0.1, 1.1."""
    paid, interest = facility(bullet=True, tenor=3).service(0)
    assert paid == pytest.approx([0.1, 0.1, 1.1])
    assert interest == pytest.approx([0.1, 0.1, 0.1])


def test_a_free_loan_is_paid_back_in_parts() -> None:
    """0 %: four quarters of 0.25, no interest."""
    paid, interest = facility(quarterly_rate=0.0, tenor=4).service(0)
    assert paid == pytest.approx([0.25] * 4)
    assert interest == pytest.approx([0.0] * 4)
