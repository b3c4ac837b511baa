"""Bad sections beside the first ones: what is refused names its key, and one fault never hides or breaks another."""

from __future__ import annotations

from typing import Any

import pytest
from study.test_bad_input import faults

from siting.study.expressions import parse_expression
from siting.units import LARGEST, parse_quantity

TARIFF = {"name": "green", "kind": "tariff", "price_usd_per_mwh": "40 USD/MWh"}
UNIT: dict[str, Any] = {"name": "engines", "max_units_per_site": 3}

HALF_READ = {
    "a contract without a kind": ({"power.contracts": [{"name": "a"}]}, "power.contracts[0].kind"),
    "a contract without a name": ({"power.contracts": [{**TARIFF, "name": 3}]}, "power.contracts[0].name"),
    "a contract with a bad start": ({"power.contracts": [{**TARIFF, "start": "2024-Q5"}]}, "power.contracts[0].start"),
    "a step without a quarter": ({"power.ramp": [{"share": "50 %"}]}, "power.ramp[0].after_quarters"),
    "a priority without an objective": ({"priorities": [{}]}, "priorities[0].objective"),
    "an unknown objective": ({"priorities": [{"objective": "profit"}]}, "priorities[0].objective"),
    "an accelerator without a name": ({"accelerators.0.name": None}, "accelerators[0].name"),
    "a cluster without a name": ({"clusters": [{"gpus": 8, "by": "2026-Q1"}]}, "clusters[0].name"),
}


@pytest.mark.parametrize(("changes", "key"), HALF_READ.values(), ids=HALF_READ)
def test_a_rule_that_needs_what_could_not_be_read_below_stays_silent(changes, key):
    """One wrong field of an entry is a fault with its key, whatever rules of the whole study look at that entry."""
    assert key in [found for found, _, _ in faults(changes)]


CONTRADICTIONS = {
    "a name of spaces": ({"power.contracts": [{**TARIFF, "name": "  "}]}, "power.contracts[0].name"),
    "grid in capitals": ({"power.contracts": [{**TARIFF, "name": "Grid "}]}, "power.contracts[0].name"),
    "one name spelt twice": ({"power.contracts": [TARIFF, {**TARIFF, "name": " GREEN"}]}, "power.contracts[1].name"),
    "heat rate without fuel": (
        {"onsite": [{**UNIT, "fuel": "none", "heat_rate_mmbtu_per_mwh": "8 MMBtu/MWh"}]},
        "onsite[0].heat_rate_mmbtu_per_mwh",
    ),
    "a unit that never runs": ({"onsite": [{**UNIT, "availability": "0 %"}]}, "onsite[0].availability"),
    "a year of five digits": (
        {"taxes.income": {"taxable_musd_per_year": {"20260": "5 MUSD/y"}, "home_state": "TX"}},
        "taxes.income.taxable_musd_per_year.20260",
    ),
    "a loan after the horizon": (
        {"debt": [{"name": "d", "rate": "9 %/y", "tenor_quarters": 8, "advance_rate": "50 %", "draw_from": "2199-Q1"}]},
        "debt[0].draw_from",
    ),
}


@pytest.mark.parametrize(("changes", "key"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_what_means_nothing_is_refused(changes, key):
    """Fields that contradict one another, or could never matter, are no plan's silent input."""
    assert key in [found for found, _, _ in faults(changes)]


def test_no_quantity_drowns_the_model():
    """1e12 of a unit is the largest; beyond it, as beyond the range of floats, the text is refused with the bound."""
    assert parse_quantity("1e12 USD/t", "USD/t") == LARGEST
    for text in ("1e13 USD/t", "-1e13 USD/t", "1e400 USD/t"):
        with pytest.raises(ValueError, match="expected"):
            parse_quantity(text, "USD/t")


@pytest.mark.parametrize("text", ["sum(sites) <= 1e400", "1e400*sum(sites) <= 5", "sum(it_mw) <= 1e300 MW"])
def test_numbers_of_a_limit_are_bounded_too(text):
    """An infinite bound or factor is refused, not handed to the solver."""
    with pytest.raises(ValueError, match=r"at most 1e\+12|at most 1,000,000 MW|a finite number"):
        parse_expression(text)


def test_a_sum_is_asked_for_in_one_quarter():
    """@quarter inside and behind the parentheses: the second was ignored once."""
    with pytest.raises(ValueError, match="one @quarter a sum, found 2024-Q4 and 2025-Q1"):
        parse_expression("sum(it_mw @2024-Q4) @2025-Q1 <= 5 MW")
