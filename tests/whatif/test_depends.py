"""On which input a decision depends is told by a value, a threshold or a range, never by a list of drawn values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from siting.whatif.depends import depends_on


def told(has: str, **values: Sequence[Any]) -> str:
    """What tells the runs marked `x` in `has`; a value a run for each key."""
    names = [f"run {n}" for n in range(len(has))]
    edits = {name: {key.replace("__", "."): row[n] for key, row in values.items()} for n, name in enumerate(names)}
    return depends_on({name for name, mark in zip(names, has, strict=True) if mark == "x"}, edits)


@pytest.mark.parametrize(
    ("has", "values", "said"),
    [
        ("..x", ["2.4 USD", "2.6 USD", "9.6 USD"], "price >= 9.6 USD (not <= 2.6 USD)"),
        ("xx.", ["2.4 USD", "2.6 USD", "9.6 USD"], "price <= 2.6 USD (not >= 9.6 USD)"),
        ("x.x", ["9.6 USD", "10.4 USD", "2.4 USD"], "price <= 9.6 USD (not >= 10.4 USD)"),
        (".xx.", [1, 2, 3, 4], "price = 2 to 3"),
        ("x..x", [40812.5109, 45000.0, 46000.0, 47009.123], "price = 40812.5109 or 47009.123"),
        ("x.x.", ["high", "low", "high", "mid"], "price = high"),
        ("xx..", ["2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"], "price <= 2025-Q4 (not >= 2026-Q1)"),
        ("x.", ["51.20004 USD/MWh", "51.1999 USD/MWh"], "price >= 51.2 USD/MWh (not <= 51.1999 USD/MWh)"),
        ("x.", [None, "5 MW"], "price = as in the study"),
        ("x.", ["5 MW", "5 GW"], "price = 5 MW"),
        ("xx", [1, 2], ""),
        ("x.x.", [1, 1, 2, 2], ""),
    ],
)
def test_one_key(has: str, values: list[Any], said: str) -> None:
    """With one key there is nothing else that could tell the runs apart."""
    assert told(has, price=values) == said


def test_drawn_values_that_separate_by_luck_are_not_told() -> None:
    """Two keys, eight runs, each value its own: one run is at an end of some key in 2 of 8 draws, and is not said to
    depend on it; four of eight in 2 of 70, and are. A key that is no threshold is no reason: its values are all its
    own."""
    price, rate = [float(n) for n in range(8)], [3.0, 7.0, 1.0, 5.0, 0.0, 6.0, 2.0, 4.0]
    assert told("x.......", price=price, rate=rate) == ""
    assert told("xxxx....", price=price, rate=rate) == "price <= 3 (not >= 4)"
    assert told("x.x.x.x.", price=price, rate=rate) == "rate <= 3 (not >= 4)"
    assert told("x.x.x.x.", price=price, rate=[str(n) + " a b" for n in "abcdefgh"]) == ""


def test_full_grids_are_not_luck() -> None:
    """Two by two: every value has two runs, and the key whose value is that of the decision is told alone."""
    assert told("xx..", case=["low", "low", "high", "high"], rent=[2, 3, 2, 3]) == "case = low"
    assert told("xx..", rent=[2.0, 2.0, 3.0, 3.0], case=["low", "high", "low", "high"]) == "rent = 2.0"


def test_what_is_right_for_most_runs_is_told_with_its_count() -> None:
    """Twelve runs, of which one or two are on the wrong side of a price of 6.5. With three wrong at best, or with
    eleven runs, nothing is told."""
    price, rate = [float(n) for n in range(12)], [float(n * 5 % 12) for n in range(12)]
    assert told("xxx.xxx.....", price=price, rate=rate).endswith("in 11 of 12 runs")
    assert told("xxx.xxx.x...", price=price, rate=rate) == "price <= 6, in 10 of 12 runs"
    assert told("x.x..x.x.x.x", price=price, rate=rate) == ""
    assert told("xxx.xxx....", price=price[:11], rate=rate[:11]) == ""


def test_long_lists_are_cut() -> None:
    """Of nine values six are named."""
    values = [f"place {n}" for n in range(10)]
    assert told("xxxxxxxxx.", where=values) == (
        "where = place 0 or place 1 or place 2 or place 3 or place 4 or place 5 or 3 more"
    )
