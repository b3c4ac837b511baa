"""What a unit on the campus may say, and what contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest
from onsite_studies import ENGINE, onsite_study

BRIDGE = {"role": "bridge", "leave_after_grid_quarters": 2}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"rent_usd_per_kw_month": "40 USD/kW/month"}, "capex_usd_per_kw"),
        ({"role": "bridge"}, "leave_after_grid_quarters"),
        ({"leave_after_grid_quarters": 2}, "leave_after_grid_quarters"),
        ({"resale_share": "40 %"}, "resale_share"),
        ({"reserve_units": 14}, "reserve_units"),
        ({"kind": "solar", "availability": "95 %"}, "availability"),
        ({"kind": "battery", "reserve_units": 1}, "reserve_units"),
        ({"capex_by_state": True}, "capex_by_state"),
        ({"max_units_per_site": 0}, "max_units_per_site"),
        ({"unit_utility_mw": "2.5"}, "unit_utility_mw"),
        ({"states": ["tn"]}, "states"),
    ],
)
def test_contradictions_are_refused(tmp_path, changes: dict[str, Any], key: str) -> None:
    """The refusal names the field."""
    with pytest.raises(ValueError, match=key):
        onsite_study(tmp_path, {**ENGINE, **changes})


def test_a_rented_bridge_is_not_sold(tmp_path) -> None:
    """A rent and a resale share contradict each other."""
    rented = {name: value for name, value in ENGINE.items() if name != "capex_usd_per_kw"}
    rented |= {"rent_usd_per_kw_month": "40 USD/kW/month", **BRIDGE}
    assert onsite_study(tmp_path, rented).onsite[0].rent_usd_per_kw_month == 40.0
    with pytest.raises(ValueError, match="resale_share"):
        onsite_study(tmp_path, {**rented, "resale_share": "10 %"})


def test_two_units_of_one_name_are_refused(tmp_path) -> None:
    """The plan could not tell them apart."""
    with pytest.raises(ValueError, match="onsite"):
        onsite_study(tmp_path, ENGINE, ENGINE)


def test_units_come_back_as_they_were_written(tmp_path) -> None:
    """A study that is written out and read again says the same, units of measure included."""
    study = onsite_study(tmp_path, {**ENGINE, **BRIDGE, "resale_share": "40 %"})
    again = type(study).model_validate(study.model_dump(mode="json"))
    assert again.digest() == study.digest()
    assert again.onsite[0].heat_rate_mmbtu_per_mwh == 9.0
