"""Numbers as a planner reads them."""

from __future__ import annotations

import pandas as pd
import pytest

from siting.printed import plural
from siting.report.numbers import in_service, listed, megawatts, money, number, percent
from siting.study.states import place_name


@pytest.mark.parametrize(
    ("musd", "words"),
    [
        (6180.2, "6.18 billion USD"),
        (999.6, "1.00 billion USD"),
        (812.4, "812 million USD"),
        (60.29, "60.3 million USD"),
        (4.649, "4.6 million USD"),
        (-1500, "-1.50 billion USD"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_money_is_rounded_to_what_it_is_worth(musd, words):
    """Billions to two digits, tens of millions to whole ones, less to one digit; blank is a dash."""
    assert money(musd) == words


def test_a_value_and_its_bound_are_told_apart():
    """Three digits of billions, one more of millions."""
    assert money(6180.2, 3) == "6.180 billion USD"
    assert money(6175.1, 3) == "6.175 billion USD"
    assert money(60.291, 3) == "60.29 million USD"


def test_a_site_serves_when_it_stands_and_has_power():
    """Halls in 2025-Q3, power in 2025-Q4: in service 2025-Q4."""
    assert in_service({"open_quarter": "2025-Q3", "energization": "2025-Q4"}) == "2025-Q4"
    assert in_service({"open_quarter": "2026-Q1", "energization": "2025-Q4"}) == "2026-Q1"


def test_a_state_is_not_said_twice():
    """Abilene TX stays, Boerne 2 gets its state."""
    assert place_name("Abilene TX", "TX") == "Abilene TX"
    assert place_name("Boerne 2", "TX") == "Boerne 2, TX"


def test_numbers_lose_their_noise():
    """1.1234567 to three digits, 100096 with a comma, a blank as a dash."""
    assert number(1.1234567, 3) == "1.123"
    assert number(100096) == "100,096"
    assert number(pd.NA) == "–"
    assert megawatts(168.16128) == "168 MW"
    assert megawatts(12.44) == "12.4 MW"


def test_a_small_share_is_never_printed_as_nothing():
    """0.000001 is not 0.00 %, and nothing is."""
    assert percent(0.000001, 2) == "less than 0.01 %"
    assert percent(1.7e-15, 2) == "0.00 %"
    assert percent(0.0, 2) == "0.00 %"
    assert percent(0.0008, 2) == "0.08 %"


def test_lists_and_counts_read_as_language():
    """One candidate, two candidates; a long list is cut."""
    assert plural(1, "candidate") == "1 candidate"
    assert plural(35268, "candidate") == "35,268 candidates"
    assert listed(["TX", "OK", "NM"]) == "TX, OK and NM"
    assert listed(["TX"]) == "TX"
    assert listed([str(n) for n in range(5)], 3) == "0, 1, 2 and 2 more"
