"""How prices of limits read."""

from __future__ import annotations

import math

import pytest

from siting.explanation.ground import Difference
from siting.explanation.price import LimitPrice


@pytest.mark.parametrize(
    ("unit", "known", "said"),
    [
        ("MW", (0.5, 0.75, 1.0), "more: saves 0.750 MUSD a MW (proved: 0.500 to 1.000)"),
        ("MUSD", (0.5, 0.75, 1.0), "more: saves 0.750 USD for each USD (proved: 0.500 to 1.000)"),
        ("MUSD a year", (0.5, 0.75, 1.0), "more: saves 0.750 USD for each USD a year (proved: 0.500 to 1.000)"),
        ("MUSD", (-0.001, 0.03, 0.032), "more: inside the gap, at most 0.032 USD for each USD"),
        ("quarter", (-0.001, 0.03, math.inf), "more: inside the gap, how much is not known"),
    ],
)
def test_money_for_money_is_said_in_one_unit(unit: str, known: tuple[float, float, float], said: str) -> None:
    """A million that saves 0.032 million saves 0.032 USD for each USD; MW and quarters save millions."""
    price = Difference(low=known[0], point=known[1], high=known[2])
    found = LimitPrice(key="k", says="more", unit=unit, step=1.0, tighter=False, price=price)
    assert str(found) == said
