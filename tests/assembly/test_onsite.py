"""Figures of units on the campus: stated, from the table, blank; their arrays by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from onsite_studies import ENGINE, onsite_study

from siting.assembly import assemble
from siting.assembly.onsite import onsite_figures
from siting.errors import InputError
from siting.problem.onsite import Onsite
from siting.study import Study
from siting.tables.read import Tables, read_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def block(study: Study, tables: Tables) -> Onsite:
    onsite = assemble(study, tables).problem.onsite
    assert onsite is not None
    return onsite


def faults(study: Study, tables: Tables) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as refusal:
        assemble(study, tables)
    return [(fault.file, fault.key) for fault in refusal.value.faults]


def test_a_unit_by_hand(tmp_path, tables) -> None:
    """2.5 MW at 1,000 USD/kW are 2.5 musd; 20 USD/kW/y are 0.0125 musd a quarter; 9 x 3 USD of gas a MWh; 477 kg CO2 a
    MWh; 2024-Q2 has 2,184 hours: 2.5 x 0.95 x 2,184 MWh. The horizon ends in quarter 12, the life is 20 years.
    """
    o = block(onsite_study(tmp_path, ENGINE), tables)
    assert o.capex_musd.tolist() == [[2.5]]
    assert o.fixed_om_musd == pytest.approx([0.0125])
    assert o.fuel_usd_per_mwh[0, 0] == pytest.approx([27.0] * 12)
    assert o.co2_t_per_mwh == pytest.approx([0.477])
    assert o.most_mwh[0, 0] == pytest.approx(2.5 * 0.95 * 2184)
    assert o.residual_musd[0, 0, 4] == pytest.approx(2.5 * (1 - 8 / 80))
    assert (o.firm.tolist(), o.firming_mw.tolist(), o.may_leave.tolist()) == ([True], [0.0], [False])
    assert (o.lead.tolist(), o.most.tolist(), o.reserve.tolist(), o.gone_by.tolist()) == ([1], [14], [0], [[12]])


def test_a_rented_bridge_by_hand(tmp_path, tables) -> None:
    """40 USD/kW/month of 2,500 kW are 0.3 musd a quarter, no capex; grid power flows in quarter 1, so the bridge of two
    quarters is over in 3.
    """
    unit: dict[str, Any] = {**ENGINE, "rent_usd_per_kw_month": "40 USD/kW/month", "role": "bridge"}
    del unit["capex_usd_per_kw"]
    o = block(onsite_study(tmp_path, {**unit, "leave_after_grid_quarters": 2}), tables)
    assert o.rent_musd == pytest.approx([0.3])
    assert o.capex_musd.tolist() == [[0.0]]
    assert o.gone_by.tolist() == [[3]]


def test_resale_is_a_share_of_what_was_paid(tmp_path, tables) -> None:
    """40 % of 2.5 musd; a bridge has no straight line value."""
    unit = {**ENGINE, "role": "bridge", "leave_after_grid_quarters": 5, "resale_share": "40 %"}
    o = block(onsite_study(tmp_path, unit), tables)
    assert o.resale_musd.tolist() == [[1.0]]
    assert not o.residual_musd.any()


def test_gas_by_state_and_month(tmp_path, tables) -> None:
    """Power plants of Tennessee paid 2.124 USD/MMBtu in April 2024; 0.5 more and 4 % a year: 9 x 2.624 x 1.04^(1/4) in
    the second quarter.
    """
    unit = {**ENGINE, "gas_usd_per_mmbtu": None, "gas_adder_usd_per_mmbtu": "0.5 USD/MMBtu", "gas_escalator": "4 %/y"}
    o = block(onsite_study(tmp_path, unit), tables)
    assert o.fuel_usd_per_mwh[0, 0, :2] == pytest.approx([9 * 2.624, 9 * 2.624 * 1.04**0.25])


def test_gas_without_a_price_is_refused(tmp_path, tables) -> None:
    """A month that the publisher withholds everywhere leaves the state without a price: state it, or leave it out."""
    blank = tables.gas_prices.assign(usd_per_mmbtu=np.nan)
    study = onsite_study(tmp_path, {**ENGINE, "gas_usd_per_mmbtu": None})
    found = faults(study, dataclasses.replace(tables, gas_prices=blank))
    assert found == [("gas_prices.csv", f"TN, not later than {study.price_day}")]


def test_figures_of_the_table(tmp_path, tables) -> None:
    """recip-3mw: 3 MW, 2,350 USD/kW, 8.425 MMBtu/MWh, 13.5 USD/MWh, 12 to 18 months: 15 are 5 quarters."""
    unit = {
        "name": "recip",
        "unit": "recip-3mw",
        "fixed_om_usd_per_kw_year": "0 USD/kW/y",
        "availability": "95 %",
        "max_units_per_site": 4,
    }
    (found,) = onsite_figures(onsite_study(tmp_path, unit), tables)
    assert (found.kind, found.unit_mw, found.capex_usd_per_kw, found.lead_quarters) == ("generator", 3.0, 2350.0, 5)
    assert (found.heat_rate, found.var_om, found.co2_kg_per_mmbtu) == (8.425, 13.5, 53.08)


def test_all_blanks_at_once(tmp_path, tables) -> None:
    """The trailer of 34 MW has MW and carbon of gas only; the second unit states nothing: everything is named."""
    trailer = {"name": "trailer", "unit": "gt-aero-trailer-34mw", "max_units_per_site": 4}
    found = faults(onsite_study(tmp_path, trailer, {"name": "new", "max_units_per_site": 1}), tables)
    missing = [
        "capex_usd_per_kw",
        "lead_quarters",
        "heat_rate_mmbtu_per_mwh",
        "fixed_om_usd_per_kw_year",
        "var_om_usd_per_mwh",
        "availability",
    ]
    assert {key for _, key in found} == {
        *(f"onsite[0].{name}" for name in missing),
        *(f"onsite[1].{name}" for name in [*missing, "unit_utility_mw", "co2_kg_per_mmbtu"]),
    }


def test_unknown_rows_and_places_are_named(tmp_path, tables) -> None:
    """A row that the table does not have, and a campus that is no candidate."""
    with pytest.raises(InputError) as refused:
        assemble(onsite_study(tmp_path, {**ENGINE, "unit": "recip-3m", "candidates": ["dallas"]}), tables)
    assert {fault.file for fault in refused.value.faults} == {str(tmp_path / "study.toml")}
    said = {fault.key: fault.expected for fault in refused.value.faults}
    assert said["onsite[0].candidates[0]"].startswith("the id of a candidate of the study")
    assert said["onsite[0].unit"].endswith("the nearest is 'recip-3mw'")


def test_battery_costs_by_mw_and_by_mwh(tmp_path, tables) -> None:
    """968 + 4 x 253 = 1,980 USD/kW, 2.5 % of it a year; without its hours the table gives no price."""
    unit = {"name": "b", "unit": "battery", "unit_utility_mw": "10 MW", "lead_quarters": 2, "max_units_per_site": 2}
    (found,) = onsite_figures(onsite_study(tmp_path, {**unit, "battery_hours": "4 hour"}), tables)
    assert (found.kind, found.capex_usd_per_kw, found.fixed_om) == ("battery", 1980.0, pytest.approx(49.5))
    assert (found.heat_rate, found.output) == (0.0, 0.0)
    with pytest.raises(InputError, match="battery_hours"):
        onsite_figures(onsite_study(tmp_path, unit), tables)


def test_battery_is_firm_as_long_as_it_lasts(tmp_path, tables) -> None:
    """10 MW of four hours carry 5 MW through eight hours, all of it through three; neither figure is guessed."""
    unit = {"name": "b", "unit": "battery", "unit_utility_mw": "10 MW", "lead_quarters": 2, "max_units_per_site": 2}
    terms = {"hours_per_year": 80, "lost_output_usd_per_it_mwh": "100 USD/MWh"}

    def firm_mw(hours: str) -> float:
        study = onsite_study(tmp_path, {**unit, "battery_hours": "4 hour"})
        return float(
            block(study.update({"power.curtailable": {**terms, "longest_hours": hours}}), tables).firming_mw[0]
        )

    assert (firm_mw("8 hour"), firm_mw("3 hour")) == (5.0, 10.0)
    stated = {**unit, "capex_usd_per_kw": "900 USD/kW"}
    with pytest.raises(InputError) as refusal:
        onsite_figures(onsite_study(tmp_path, stated).update({"power.curtailable": terms}), tables)
    asked = {fault.key for fault in refusal.value.faults}
    assert asked == {"onsite[0].battery_hours", "power.curtailable.longest_hours"}


def test_solar_asks_for_its_output(tmp_path, tables) -> None:
    """Output by place is in no table; fuel, availability and variable O&M are not asked for."""
    unit = {"name": "sun", "unit": "solar-tracker", "lead_quarters": 4, "max_units_per_site": 1}
    with pytest.raises(InputError) as refusal:
        onsite_figures(onsite_study(tmp_path, unit), tables)
    assert [fault.key for fault in refusal.value.faults] == ["onsite[0].capacity_factor"]
    (found,) = onsite_figures(onsite_study(tmp_path, {**unit, "capacity_factor": "25 %"}), tables)
    assert (found.kind, found.output, found.capex_usd_per_kw) == ("solar", 0.25, 1406.0)


def test_cost_by_state(tmp_path, tables) -> None:
    """A 20 MW plant of engines in Tennessee, at the table's multiplier of its cities."""
    multipliers: pd.DataFrame = tables.onsite_location
    row = multipliers[(multipliers["kind"] == "recip") & (multipliers["state"] == "TN")].iloc[0]
    unit = {**ENGINE, "unit": "recip-20mw-plant", "unit_utility_mw": "20 MW", "capex_by_state": True}
    o = block(onsite_study(tmp_path, unit), tables)
    assert o.capex_musd[0, 0] == pytest.approx(1000.0 * 20_000 / 1e6 * float(row["multiplier"]))
    assert float(row["multiplier"]) != 1.0


def test_units_stand_where_they_are_admitted(tmp_path, tables) -> None:
    """By id or by state; everywhere when neither is named."""
    for where, admitted in (
        ({"states": ["TX"]}, False),
        ({"candidates": ["memphis"]}, True),
        ({"states": ["TN"]}, True),
    ):
        assert block(onsite_study(tmp_path, {**ENGINE, **where}), tables).admitted.tolist() == [[admitted]]
