"""The second reading of caps and of price paths, on the plan worked by hand."""

from __future__ import annotations

import pytest

from siting.verification import verify
from siting.verification.cash import Bookkeeper, offers_of
from siting.verification.decisions import read_decisions
from siting.verification.places import Places

PRICES = [{"order_from": "2023-Q1", "price_usd": "44000 USD"}, {"order_from": "2024-Q2", "price_usd": "20000 USD"}]


def book_of(study, plan, tables):
    keeper = Bookkeeper(study, tables, Places(study, tables), offers_of(study, tables))
    return keeper.book(read_decisions(plan, study))


@pytest.mark.parametrize(
    ("change", "item", "musd"),
    [
        # ordered in 2024-Q1: 44,000 USD, no escalator on top; x 1.0625 of sales tax
        (
            {"accelerators__0__prices": PRICES, "purchase__price_escalator": "10 %/y"},
            "accelerators",
            [11.6875, 35.0625, 0, 0],
        ),
        # ordered in 2024-Q2, at delivery: 20,000 USD
        ({"accelerators__0__prices": PRICES, "accelerators__0__lead_quarters": 0}, "accelerators", [0, 21.25, 0, 0]),
        ({"money__escalators__hall_om": "21 %/y"}, "hall_om", [0, 0.02 * 1.21**0.25, 0.022, 0.02 * 1.21**0.75]),
        ({"money__escalators__accelerator_om": "21 %/y"}, "accelerator_om", [0, 0.4, 0.4 * 1.21**0.25, 0.44]),
        # two quarters after the start the new contract costs 0.9 of today's offer; the one that runs stays
        ({"leases__price_escalator": "-19 %/y"}, "lease", [0, 0, 1.849 * 0.9 - 0.00004 * 0.9, 1.05984 * 0.9]),
        ({"leases__price_escalator": "-19 %/y"}, "existing_lease", [0.4368, 0.4368, 0.4416, 0.4416]),
    ],
)
def test_price_paths_by_hand(make_study, make_plan, tables, change, item, musd):
    """One path of the study changes, one item of the cash follows."""
    study = make_study(**change)
    book = book_of(study, make_plan(study), tables)
    assert [book.paid[item].get(t, 0.0) for t in range(4)] == pytest.approx(musd, abs=1e-9)


def test_a_fleet_sold_at_once_brings_less(make_study, make_plan, tables):
    """29.5 musd of accelerators at the horizon, a fifth off: 5.9 less credit."""
    study = make_study(purchase__bulk_discount="20 %")
    whole = book_of(make_study(), make_plan(make_study()), tables).credited_musd
    assert whole - book_of(study, make_plan(study), tables).credited_musd == pytest.approx(5.9)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        # accelerators 42.5, halls 20, opening 7
        ({"money__capex_cap_musd": "69.5 MUSD"}, ""),
        ({"money__capex_cap_musd": "69.4 MUSD"}, "capital spending: 69.500 MUSD over the horizon, the cap is 69.400"),
        # 77.1974 of payments less 69.5, all in 2024
        ({"money__opex_cap_musd_per_year": "7.7 MUSD/y"}, ""),
        ({"money__opex_cap_musd_per_year": "7.6 MUSD/y"}, "2024: 7.697 MUSD of running costs and leases"),
    ],
)
def test_caps_by_hand(make_study, make_plan, tables, change, found):
    """A cap that holds is silent, one that does not is named with both sums."""
    study = make_study(**change)
    faults = verify(make_plan(study), study, tables).faults
    assert [fault for fault in faults if "the cap is" in fault and found in fault] == (list(faults) if found else [])
    assert bool(faults) == bool(found)
