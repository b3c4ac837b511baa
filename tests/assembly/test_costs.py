"""What one decision costs, quarter by quarter, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_studies import small_study

from siting.assembly.accelerators import bought_accelerators
from siting.assembly.costs import (
    Clock,
    construction_profile,
    growth,
    pod_profiles,
    rent_profile,
    standing_profile,
    straight_line_left,
)
from siting.assembly.prices import price_level, worth_at_horizon
from siting.study.assets import Accelerator
from siting.tables.read import Tables
from siting.units import parse_quarter


def test_flows_fall_in_the_middle_of_a_quarter() -> None:
    """At 21 %/y one paid in quarter 0 is worth 1.21^-0.125, in quarter 4 a year less; the end of year two 1/1.4641."""
    clock = Clock(quarters=8, start=parse_quarter("2024-Q1"), rate=0.21)
    worth = clock.discount(5)
    assert worth[0] == pytest.approx(1.21**-0.125)
    assert worth[4] / worth[0] == pytest.approx(1 / 1.21)
    assert clock.end_discount == pytest.approx(1 / 1.4641)


def test_hours_are_those_of_the_calendar() -> None:
    """2024 is a leap year: 91 + 91 + 92 + 92 days; 2025-Q1 has 90."""
    clock = Clock(quarters=4, start=parse_quarter("2024-Q1"), rate=0.1)
    assert clock.hours(5).tolist() == [2184, 2184, 2208, 2208, 2160]


def test_prices_grow_by_years() -> None:
    """10 %/y is 1.1 after four quarters; -19 %/y is 0.9 after two."""
    assert growth(0.10, 5)[4] == pytest.approx(1.1)
    assert growth(-0.19, 3)[2] == pytest.approx(0.9)


def test_halls_are_paid_evenly_before_they_stand() -> None:
    """Two quarters of construction, live in 3: half in quarters 1 and 2, nothing later; none can be live before 2."""
    paid = construction_profile(2, 0.0, 5)
    assert paid[3].tolist() == [0, 0.5, 0.5, 0, 0]
    assert paid[:2].sum() == 0
    assert paid[2:].sum(axis=1).tolist() == [1, 1, 1]


def test_each_slice_of_a_hall_has_the_price_of_its_own_quarter() -> None:
    """At 21 %/y, paid in 4 and 6: 1.21 and 1.331, halved, with quarter 5 between them at 1.21^1.25."""
    paid = construction_profile(3, 0.21, 8)[7]
    assert paid[[4, 5, 6]] * 3 == pytest.approx([1.21, 1.21**1.25, 1.331])


def test_halls_without_construction_are_paid_as_they_stand() -> None:
    """Lag 0: the identity."""
    assert np.array_equal(construction_profile(0, 0.0, 3), np.eye(3))


def test_standing_lasts_to_the_horizon() -> None:
    """Live in 1 of 3: quarters 1 and 2."""
    assert standing_profile(3)[1].tolist() == [0, 1, 1]


def test_rent_steps_once_a_year_from_hand_over() -> None:
    """3 %/y, handed over in quarter 2: quarters 2-5 at 1, 6-9 at 1.03."""
    rent = rent_profile(4, 0.03, 10)
    assert rent[2, :10] == pytest.approx([0, 0, 1, 1, 1, 1, 1.03, 1.03, 1.03, 1.03])


def test_rent_is_due_to_the_end_of_the_term_beyond_the_horizon() -> None:
    """Horizon 6, term 8: handed over in 5 it runs to quarter 12; in 0 it ends with its term in 7, after the horizon."""
    rent = rent_profile(8, 0.0, 6)
    assert np.flatnonzero(rent[5]).tolist() == list(range(5, 13))
    assert np.flatnonzero(rent[0]).tolist() == list(range(8))


def test_rent_goes_on_to_the_horizon_after_a_short_term() -> None:
    """Term 4 in a horizon of 10: a hall stays let to quarter 9."""
    assert np.flatnonzero(rent_profile(4, 0.0, 10)[1]).tolist() == list(range(1, 10))


def test_a_pod_is_paid_a_quarter_at_order_and_the_rest_at_delivery(tmp_path: Path) -> None:
    """Lead 2, delivered in 3: 25 % in quarter 1, 75 % in 3; upkeep 3 %/y is 0.75 % a quarter from delivery."""
    found = pod_profiles(small_study(tmp_path, quarters=8), 2, np.zeros((8, 8)), 99, np.ones(8))
    assert found.cash[0, 3].tolist() == [0, 0.25, 0, 0.75, 0, 0, 0, 0]
    assert found.cash[1, 3] == pytest.approx([0, 0, 0, *[0.0075] * 5])
    assert found.cash[0, :2].sum() == 0


def test_a_pod_without_lead_is_paid_at_once(tmp_path: Path) -> None:
    """Order and delivery fall together: 100 % in the quarter."""
    found = pod_profiles(small_study(tmp_path, quarters=8), 0, np.zeros((8, 8)), 99, np.ones(8))
    assert found.cash[0, 2].tolist() == [0, 0, 1, 0, 0, 0, 0, 0]


def test_the_price_is_that_of_the_order(tmp_path: Path) -> None:
    """-19 %/y: ordered in quarter 2 the price is 0.9, also for what is paid at delivery in 4 and for its value."""
    study = small_study(tmp_path, quarters=8, purchase={"price_escalator": "-19 %/y"})
    found = pod_profiles(study, 2, 0.5 * np.tile(growth(-0.19, 8), (8, 1)), 99, growth(-0.19, 8))
    assert found.cash[0, 4, [2, 4]] == pytest.approx([0.225, 0.675])
    assert found.residual[4] == pytest.approx(0.45)


def test_equipment_is_assessed_on_a_straight_line(tmp_path: Path) -> None:
    """Life 5 years: at mid-quarter of age 0 97.5 %, a quarter of it due; of age 19 2.5 %; then nothing."""
    found = pod_profiles(small_study(tmp_path, quarters=24), 0, np.zeros((24, 24)), 99, np.ones(24))
    assert found.cash[2, 0, [0, 19, 20]] == pytest.approx([0.975 / 4, 0.025 / 4, 0.0])


def test_what_is_gone_costs_and_is_worth_nothing(tmp_path: Path) -> None:
    """A life of three quarters: delivered in 1 it is kept up in 1, 2 and 3; of eight quarters only deliveries of 6 and
    7 are there at the end.
    """
    found = pod_profiles(small_study(tmp_path, quarters=8), 0, np.full((8, 8), 0.5), 3, np.ones(8))
    assert np.flatnonzero(found.cash[1, 1]).tolist() == [1, 2, 3]
    assert np.flatnonzero(found.cash[2, 7]).tolist() == [7]
    assert found.residual.tolist() == [0, 0, 0, 0, 0, 0, 0.5, 0.5]


def test_value_at_the_horizon_is_read_by_delivery_and_order(tmp_path: Path) -> None:
    """Delivered in 3 of 4 it was ordered in 2; what is delivered inside the lead time is worth nothing."""
    worth = np.arange(16.0).reshape(4, 4)
    found = pod_profiles(small_study(tmp_path, quarters=4, clusters=CLUSTER), 1, worth, 99, np.ones(4))
    assert found.residual.tolist() == [0, worth[1, 0], worth[2, 1], worth[3, 2]]


def test_value_at_the_horizon_goes_by_age_since_delivery_or_by_generation(tmp_path: Path, tables: Tables) -> None:
    """The low curve leaves 0.65, 0.45, 0.30 after one, two, three years. By delivery: half a year before the end of two
    years and one year before it. By generation: a type of 2023-Q2 is three years old at the end of 2026-Q1, whenever
    it is bought, of the price paid or of today's, whichever is lower; a tenth goes in the sale of a fleet."""
    study = small_study(tmp_path, quarters=8, clusters=CLUSTER)
    (h100,) = bought_accelerators(study, tables)
    level = np.array([1.0, 1.2, 0.8, 1, 1, 1, 1, 1])
    by_delivery = worth_at_horizon(study, tables, study.accelerators[0], h100, level)
    assert by_delivery[4, 0] == pytest.approx(0.65)
    assert by_delivery[0, 1] == pytest.approx(0.45 * 1.2)
    changed = study.update({"purchase.residual_age": "generation", "purchase.bulk_discount": "10 %"})
    made = replace(h100, released=parse_quarter("2023-Q2"))
    by_generation = worth_at_horizon(changed, tables, changed.accelerators[0], made, level)
    assert by_generation[:, 0] == pytest.approx(np.full(8, 0.9 * 0.30))
    assert by_generation[0, 1] == pytest.approx(0.9 * 0.30)
    assert by_generation[0, 2] == pytest.approx(0.9 * 0.30 * 0.8)


CLUSTER = [{"name": "first", "gpus": 1024, "accelerators": ["H100 SXM 80GB"], "by": "2024-Q4"}]


def test_halls_lose_value_on_a_straight_line() -> None:
    """Life 20 years: one year before the end 95 % is left, 25 years before it nothing."""
    left = straight_line_left(20.0, 100)
    assert left[96] == pytest.approx(0.95)
    assert left[0] == 0


def test_prices_by_order_date(tmp_path: Path) -> None:
    """40,000 USD until 2025-Q1, -19 %/y, then 30,000 as stated and 2,000 of network: 32,000 over 42,000 of today."""
    bare = {"name": "x", "price_usd": "40000 USD", "network_usd": "2000 USD", "price_includes": ["accelerator"]}
    item = Accelerator.model_validate({**bare, "prices": [{"order_from": "2025-Q1", "price_usd": "30000 USD"}]})
    study = small_study(tmp_path, quarters=8, purchase={"price_escalator": "-19 %/y"}, clusters=CLUSTER)
    level = price_level(study, item, 0.042)
    assert level == pytest.approx([1.0, 0.81**0.25, 0.9, *[32 / 42] * 5])


def test_upkeep_grows_from_delivery(tmp_path: Path) -> None:
    """21 %/y: a pod delivered in quarter 1 pays 0.75 % of its price there and 0.75 % x 1.1 two quarters later; a hall
    pays by the level since the study's start."""
    study = small_study(tmp_path, quarters=8, clusters=CLUSTER).update({"money.escalators.accelerator_om": "21 %/y"})
    assert pod_profiles(study, 0, np.zeros((8, 8)), 99, np.ones(8)).cash[1, 1, [1, 3]] == pytest.approx(
        [0.0075, 0.00825]
    )
    assert standing_profile(4, 0.21)[1] == pytest.approx([0, 1.21**0.25, 1.1, 1.21**0.75])
