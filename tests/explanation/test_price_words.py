"""How prices of limits read."""

from __future__ import annotations

import math

import pytest

from siting.explanation.ground import Difference
from siting.explanation.loosened import Limit
from siting.explanation.price import LimitPrice, lp_price


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


def test_the_price_of_the_relaxation_keeps_its_sign() -> None:
    """100 MUSD before, 103 after: a limit that goes either way costs 3; one that only loosens saves nothing, as it was
    rounded; one that tightens costs 3. In words what costs 2 in whole modules costs 3 there, or saves 1."""

    def limit(*, tighter: bool = False, either: bool = False) -> Limit:
        return Limit(key="k", says="", unit="MW", binds=True, change=lambda _: None, tighter=tighter, either=either)  # type: ignore[arg-type,return-value]

    assert lp_price(100.0, 103.0, limit(either=True)) == -3.0 and lp_price(103.0, 100.0, limit(either=True)) == 3.0
    assert lp_price(100.0, 103.0, limit()) == 0.0 and lp_price(103.0, 100.0, limit()) == 3.0
    assert lp_price(100.0, 103.0, limit(tighter=True)) == 3.0
    costs = Difference(low=-2.5, point=-2.0, high=-1.5)
    for lp, said in ((-3.0, "LP 3.000"), (1.0, "LP -1.000")):
        found = LimitPrice(key="k", says="more", unit="MW", step=1.0, tighter=False, price=costs, lp_musd=lp)
        assert str(found) == f"more: costs 2.000 MUSD (proved: 1.500 to 2.500); {said}"
