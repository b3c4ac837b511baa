"""Input that would count for nothing, or is beyond all measure, is refused instead of passed over in silence."""

from __future__ import annotations

from typing import Any

import pytest
from study.test_bad_input import faults

from siting.units import LARGEST_OF, parse_quantity

KIND = "H100 SXM 80GB"
PPA = {"name": "wind", "kind": "ppa", "price_usd_per_mwh": "40 USD/MWh", "ppa_mw_max": "50 MW", "term_years": 10}
LOAN = {"name": "loan", "rate": "9 %/y", "tenor_quarters": 12}
PRICES = [{"order_from": "2024-Q3", "price_usd": "9 kUSD"}, {"order_from": "2028-Q2", "price_usd": "8 kUSD"}]
MARKET = {"available_it_mw": "10 MW"}

REFUSED: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "an offer that starts after the horizon": (
        {"leases.bilateral.0.deliver_from": "2028-Q2"},
        "leases.bilateral[0].deliver_from",
        "2028-Q2",
        "before the horizon ends in 2028-Q2",
    ),
    "an allocation after the horizon": (
        {"accelerators": [{"name": KIND, "allocation": [{"quarter": "2028-Q3", "accelerators": 8}]}]},
        "accelerators[0].allocation[0].quarter",
        "2028-Q3",
        "before the horizon ends in 2028-Q2",
    ),
    "an allocation before the start": (
        {"accelerators": [{"name": KIND, "allocation": [{"quarter": "2024-Q1", "accelerators": 8}]}]},
        "accelerators[0].allocation[0].quarter",
        "2024-Q1",
        "the study's start, 2024-Q2, or later",
    ),
    "a price after the horizon": (
        {"accelerators": [{"name": KIND, "price_usd": "9 kUSD", "price_includes": ["server"], "prices": PRICES}]},
        "accelerators[0].prices[1].order_from",
        "2028-Q2",
        "before the horizon ends in 2028-Q2",
    ),
    "colocation that is ready after the horizon": (
        {"candidates.colocation": {**MARKET, "ready": "2029-Q1"}},
        "candidates.colocation.ready",
        "2029-Q1",
        "before the horizon ends in 2028-Q2",
    ),
    "MW that fall": (
        {"power.ramp": [{"after_quarters": 2 * n, "utility_mw": f"{mw} MW"} for n, mw in enumerate((8, 50, 20))]},
        "power.ramp[2].utility_mw",
        "20 MW",
        "50 MW or more",
    ),
    "shares that fall": (
        {"power.ramp": [{"after_quarters": 0, "share": "50 %"}, {"after_quarters": 1, "share": "25 %"}]},
        "power.ramp[1].share",
        "25 %",
        "50 % or more",
    ),
    "a plant that never runs": (
        {"power.contracts": [{**PPA, "capacity_factor": "0 %"}]},
        "power.contracts[0].capacity_factor",
        "0 %",
        "above 0 %",
    ),
    "a loan of nothing": ({"debt": [{**LOAN, "advance_rate": "0 %"}]}, "debt[0].advance_rate", "0 %", "above 0 %"),
    "halls for ever": ({"halls.life_years": 1e308}, "halls.life_years", "1e+308", "at most 100"),
    "a refit for ever": ({"retrofit": {"life_years": 101}}, "retrofit.life_years", "101", "at most 100"),
    "equipment for ever": (
        {"taxes": {"equipment_life_years": 1e9}},
        "taxes.equipment_life_years",
        "1000000000.0",
        "at most 100",
    ),
    "more MW than there are": (
        {"candidates.largest_campus_utility_mw": "2 TW"},
        "candidates.largest_campus_utility_mw",
        '"2 TW"',
        "at most 1,000,000 MW",
    ),
}


@pytest.mark.parametrize(("changes", "key", "value", "expected"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused(changes: dict[str, Any], key: str, value: str, expected: str) -> None:
    """One fault, with its key, what was found and what was expected."""
    (found,) = faults(changes)
    assert found[:2] == (key, value) and expected in found[2]


def test_a_price_of_before_the_start_holds_in_it() -> None:
    """2023-Q1 is the price list in force: one fault alone, of the later date."""
    prices = [{"order_from": "2023-Q1", "price_usd": "9 kUSD"}, *PRICES]
    kind = {"name": KIND, "price_usd": "9 kUSD", "price_includes": ["server"], "prices": prices}
    assert [key for key, *_ in faults({"accelerators": [kind]})] == ["accelerators[0].prices[2].order_from"]


@pytest.mark.parametrize("unit", LARGEST_OF)
def test_every_unit_has_an_end(unit: str) -> None:
    """The largest value is taken, twice it is not."""
    largest = LARGEST_OF[unit]
    assert parse_quantity(f"{largest:.0f} {unit}", unit) == largest
    with pytest.raises(ValueError, match="expected at most"):
        parse_quantity(f"{2 * largest:.0f} {unit}", unit)
