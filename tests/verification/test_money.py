"""The second reading of caps and of price paths, on the plan worked by hand."""

from __future__ import annotations

import pandas as pd
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


DEBT = [{"name": "loan", "rate": "46.41 %/y", "tenor_quarters": 2, "advance_rate": "50 %"}]
"""10 % a quarter: 1.1^4 = 1.4641. 10 musd drawn in 2024-Q2 are paid back by 5.7619 in Q3 and in Q4."""
DRAW = {"debt": "loan", "quarter": "2024-Q2", "drawn_musd": 10.0, "paid_back_musd": 11.52380952381}
DRAW["last_payment"] = "2024-Q4"


def with_loan(plan, **changes):
    """The plan by hand with the draw in its tables: value and cash as it says."""
    plan.tables["debt"] = pd.DataFrame([{**DRAW, **changes}])
    cash, level = plan.tables["cash"], 10.0 * 0.1 / (1.0 - 1.1**-2)
    cash["debt_drawn"], cash["debt_service"] = [0, -10.0, 0, 0], [0, 0, level, level]
    cash["total"] = cash["total"] + cash["debt_drawn"] + cash["debt_service"]
    cash["cumulative"] = cash["total"].cumsum()
    return plan


def test_a_loan_by_hand(make_study, make_plan, tables):
    """80 musd of funding are short of the 81.7 that the plan with interest takes: a round more, and it holds."""
    funding = [{"quarter": "2024-Q1", "amount_musd": "90 MUSD", "status": "closed"}]
    study = make_study(debt=DEBT, money__funding=funding)
    plan = with_loan(make_plan(study, value=23.9662 + 1.52380952381))
    plan.tables["cash"]["funding_cumulative"] = 90.0
    assert verify(plan, study, tables).faults == ()


@pytest.mark.parametrize(
    ("draw", "change", "found"),
    [
        ({"drawn_musd": 16.0}, {}, "16.000 MUSD drawn, it lends 15.938 on the equipment paid then"),
        ({"quarter": "2024-Q3"}, {}, "it lends 0.000"),
        ({"debt": "other"}, {}, "no such facility"),
        ({"paid_back_musd": 11.0}, {}, "recomputed 11.523810 MUSD paid back until 2024-Q4"),
        ({"last_payment": "2025-Q1"}, {}, "recomputed 11.523810 MUSD paid back until 2024-Q4"),
        ({}, {"debt__0__max_musd": "9 MUSD"}, "10.000 MUSD drawn in all, at most 9.000"),
        ({}, {"debt__0__draw_from": "2024-Q3"}, "outside what it allows"),
        ({"drawn_musd": -1.0}, {}, "outside what it allows"),
    ],
)
def test_a_loan_beyond_its_terms_is_named(make_study, make_plan, tables, draw, change, found):
    """Each term of a facility broken once."""
    study = make_study(debt=DEBT).update({key.replace("__", "."): value for key, value in change.items()})
    faults = verify(with_loan(make_plan(study), **draw), study, tables).faults
    assert any(found in fault for fault in faults), faults


def test_loans_on_the_same_equipment(make_study, make_plan, tables):
    """Two facilities of 50 % and 60 % lend more than the 31.875 musd paid in 2024-Q2."""
    study = make_study(debt=[DEBT[0], {**DEBT[0], "name": "more", "advance_rate": "60 %"}])
    plan = with_loan(make_plan(study), drawn_musd=15.0)
    plan.tables["debt"] = pd.DataFrame([{**DRAW, "drawn_musd": 15.0}, {**DRAW, "debt": "more", "drawn_musd": 17.0}])
    assert any("drawn on equipment paid less" in fault for fault in verify(plan, study, tables).faults)


def test_a_plan_without_its_table_of_loans(make_study, make_plan, tables):
    """The study lends, the plan does not say what it drew."""
    study = make_study(debt=DEBT)
    assert any("table debt is missing" in fault for fault in verify(make_plan(study), study, tables).faults)


@pytest.mark.parametrize("counts", [True, False])
def test_revenue_by_hand(make_study, make_plan, tables, counts):
    """70 H100e at 1.21 USD/h that grow 21 %/y, half of the peak on the mean, in Q3 and Q4: 70 x 0.5 x 2,208 h x 1.331
    and x 1.21^1.75."""
    terms = {"usd_per_h100e_h": "1.21 USD/h", "price_change": "21 %/y", "mean_over_peak": "50 %"}
    study = make_study(revenue={**terms, "counts_as_funding": counts})
    earned = [0.0, 0.0, 70 * 0.5 * 2208 * 1.331 / 1e6, 70 * 0.5 * 2208 * 1.21**1.75 / 1e6]
    plan = make_plan(study, value=23.9662 - sum(earned))
    cash = plan.tables["cash"]
    cash["revenue"] = [-musd for musd in earned]
    cash["total"] = cash["total"] + cash["revenue"]
    if counts:
        cash["cumulative"] = cash["total"].cumsum()
    assert verify(plan, study, tables).faults == ()
    cash["cumulative"] = cash["cumulative"] - 1.0
    assert not verify(plan, study, tables).ok
