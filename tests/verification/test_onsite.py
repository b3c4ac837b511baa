"""Plans with units on the campus: what they must look like, and no altered figure passes the second reading."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from onsite_studies import ENGINE, onsite_study

from siting import run
from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.termination import Termination
from siting.verification import verify

TURBINE = {
    **{name: value for name, value in ENGINE.items() if name != "capex_usd_per_kw"},
    "name": "turbine",
    "rent_usd_per_kw_month": "40 USD/kW/month",
    "lead_quarters": 0,
    "role": "bridge",
    "leave_after_grid_quarters": 3,
}
"""14 rented units of 2.5 MW, at once, gone three quarters after the first grid power."""
SOLD = {
    **ENGINE,
    "role": "bridge",
    "leave_after_grid_quarters": 3,
    "resale_share": "40 %",
    "reserve_units": 1,
    "gas_usd_per_mmbtu": None,
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def solved(study: Study, tables: Tables) -> Plan:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "quick_curve", lambda *_: [])
        return run.solve(study, tables=tables)


@pytest.fixture(scope="module")
def engines(tmp_path_factory, tables) -> tuple[Plan, Study]:
    """12,000 H100, a permanent engine and one of N+1 that is sold: the cheaper way is used."""
    study = onsite_study(tmp_path_factory.mktemp("engines"), SOLD, {**ENGINE, "name": "kept"})
    return solved(study, tables), study


def test_eight_mw_and_fourteen_turbines_carry_25_000_h100(tmp_path, tables) -> None:
    """8 + 14 x 2.5 = 43 MW at the meter; an H100 with its network draws 1.404 kW, 1.697 at the meter on the peak day:
    43,000 / 1.697 = 25,331. A cluster of 25,300 runs there on turbines, one of 25,400 cannot.
    """
    plan = solved(onsite_study(tmp_path, TURBINE, gpus=25_300), tables)
    assert plan.termination is Termination.OPTIMAL
    power = plan.tables["power"].set_index("quarter")
    first = plan.tables["onsite"].set_index("quarter").loc["2024-Q3"]
    assert power.loc["2024-Q3", "energized_utility_mw"] == 8.0
    assert 42.9 < power.loc["2024-Q3", "running_utility_mw"] <= 43.0
    assert (first["active"], first["firm_mw"]) == (14, 35.0)
    assert solved(onsite_study(tmp_path, TURBINE, gpus=25_400), tables).termination is Termination.INFEASIBLE


def test_a_bridge_leaves_when_the_grid_is_there(tmp_path, tables) -> None:
    """50 MW flow from 2025-Q1 on: rented turbines stand for two quarters and cost 14 x 0.3 musd in each."""
    plan = solved(onsite_study(tmp_path, TURBINE, gpus=25_300), tables)
    onsite = plan.tables["onsite"].set_index("quarter")
    assert onsite["active"].loc[["2024-Q3", "2024-Q4", "2025-Q1"]].tolist() == [14, 14, 0]
    rent = plan.tables["cash"].set_index("quarter")["onsite_rent"]
    assert rent[rent > 0].round(9).to_dict() == {"2024-Q3": 4.2, "2024-Q4": 4.2}


def test_what_the_grid_cannot_give_is_generated(tmp_path, tables) -> None:
    """Gas at 30 USD/MMBtu is dearer than the grid: just the load above 8 MW is generated while 8 MW flow, in the shape
    of the load: (running - 8) / running of the energy.
    """
    plan = solved(onsite_study(tmp_path, {**TURBINE, "gas_usd_per_mmbtu": "30 USD/MMBtu"}), tables)
    power = plan.tables["power"].set_index("quarter").loc["2024-Q3"]
    made = plan.tables["onsite"].set_index("quarter").loc["2024-Q3", "generated_mwh"]
    running = power["running_utility_mw"]
    assert made == pytest.approx(power["energy_mwh"] * (running - 8.0) / running, rel=1e-6)
    cash = plan.tables["cash"].set_index("quarter").loc["2024-Q3"]
    assert cash["onsite_fuel"] == pytest.approx(made * 9 * 30 / 1e6)


def test_sold_units_with_one_in_reserve(engines) -> None:
    """12,000 H100 draw 20.37 MW: 12.37 above the grid, five units and one of N+1; sold for 1 musd each as they leave,
    ordered a quarter before. Units that stay would be worth more than that at the horizon, and no longer cost fuel.
    """
    plan, _ = engines
    onsite = plan.tables["onsite"]
    firm = onsite.groupby("quarter")["firm_mw"].sum()
    assert firm.loc["2024-Q3"] >= 12.37
    for row in onsite.itertuples():
        reserve = 1 if row.unit == "engine" else 0
        assert row.firm_mw == pytest.approx(max(0, row.active - reserve) * 2.5)
    assert plan.tables["cash"]["onsite"].iloc[0] == pytest.approx(
        2.5 * onsite["installed"].groupby(onsite["unit"]).max().sum()
    )


def test_solar_gives_energy_and_no_firm_mw(tmp_path, tables) -> None:
    """Beside rented turbines, 20 MW of sun at 25 % of the hours: built when cheap, never firm."""
    sun = {
        "name": "sun",
        "kind": "solar",
        "unit_utility_mw": "20 MW",
        "capex_usd_per_kw": "100 USD/kW",
        "lead_quarters": 0,
        "fixed_om_usd_per_kw_year": "0 USD/kW/y",
        "capacity_factor": "25 %",
        "max_units_per_site": 1,
    }
    plan = solved(onsite_study(tmp_path, TURBINE, sun), tables)
    rows = plan.tables["onsite"]
    rows = rows[(rows["unit"] == "sun") & (rows["quarter"] == "2025-Q1")].iloc[0]
    assert (rows["active"], rows["firm_mw"], rows["fuel_mmbtu"]) == (1, 0.0, 0.0)
    assert rows["generated_mwh"] == pytest.approx(20 * 0.25 * 2160)


def test_no_altered_cell_passes(engines, tables) -> None:
    """First cell above zero of each column of the table, up by a tenth and one; a word changed."""
    plan, study = engines
    assert verify(plan, study, tables).ok
    frame = plan.tables["onsite"]
    passed = []
    for column in frame.columns:
        altered = frame.copy()
        at = next((n for n, value in enumerate(frame[column]) if value and value != 0), 0)
        value = frame[column].iloc[at]
        altered[column] = altered[column].astype(object)
        altered.iloc[at, altered.columns.get_loc(column)] = value + "x" if isinstance(value, str) else value * 1.1 + 1
        if verify(replace(plan, tables={**plan.tables, "onsite": altered}), study, tables).ok:
            passed.append(column)
    assert passed == []


def changed_row(plan: Plan, quarter: str, **changes: Any) -> Plan:
    """The plan with figures of one quarter of the table replaced."""
    frame: pd.DataFrame = plan.tables["onsite"].copy()
    for column, value in changes.items():
        frame[column] = frame[column].astype(object)
        frame.loc[frame["quarter"] == quarter, column] = value
    return replace(plan, tables={**plan.tables, "onsite": frame})


@pytest.mark.parametrize(
    ("quarter", "changes", "words"),
    [
        ("2024-Q3", {"installed": 40, "active": 40}, "at most 14"),
        ("2024-Q3", {"installed": 1, "active": 1, "firm_mw": 2.5}, "are energized"),
        ("2024-Q3", {"active": 0.5}, "not whole"),
        ("2024-Q3", {"generated_mwh": 0.0}, "from the grid"),
        ("2024-Q3", {"generated_mwh": 1e6}, "are possible"),
        ("2024-Q3", {"generated_mwh": 1e6}, "are drawn"),
        ("2024-Q3", {"candidate": "dallas"}, "no such candidate"),
        ("2024-Q3", {"unit": "windmill"}, "no such unit"),
        ("2024-Q4", {"installed": 0, "active": 0}, "fewer delivered"),
        ("2025-Q2", {"left": 0, "active": 14}, "the bridge is over"),
        ("2025-Q2", {"left": 99}, "99 left"),
    ],
)
def test_broken_limits_are_named(tmp_path_factory, tables, turbines, quarter, changes, words) -> None:
    """Each limit says in words what is wrong."""
    plan, study = turbines
    faults = verify(changed_row(plan, quarter, **changes), study, tables).faults
    assert any(words in fault for fault in faults), faults


@pytest.fixture(scope="module")
def turbines(tmp_path_factory, tables) -> tuple[Plan, Study]:
    """12,000 H100 on rented turbines."""
    study = onsite_study(tmp_path_factory.mktemp("turbines"), TURBINE)
    return solved(study, tables), study


def test_a_lost_table_is_a_fault(turbines, tables) -> None:
    """A study with units needs the table, whole."""
    plan, study = turbines
    rest = {name: frame for name, frame in plan.tables.items() if name != "onsite"}
    assert "table onsite is missing" in verify(replace(plan, tables=rest), study, tables).faults
    lean = {**plan.tables, "onsite": plan.tables["onsite"].drop(columns="left")}
    assert "table onsite lacks left" in verify(replace(plan, tables=lean), study, tables).faults


def test_what_the_grid_of_a_place_does_not_give_is_generated(tmp_path, tables) -> None:
    """Two clusters of 20,000 H100 draw 68.5 MW at the meter in two rows of one place, whose grid gives 50: 27 % of the
    energy is generated though gas is dear. Each row by itself would stay within 50 MW; a plan that generates half as
    much is refused in the name of the place.
    """
    yearly = {"accelerators": ["H100 SXM 80GB"], "by": "2024-Q4", "until": "2025-Q1"}
    dear = {**ENGINE, "gas_usd_per_mmbtu": "30 USD/MMBtu", "max_units_per_site": 20}
    study = onsite_study(
        tmp_path,
        dear,
        clusters=[{"name": name, "gpus": 20_000, **yearly} for name in ("a", "b")],
        power={
            "time_to_power": [{"low_quarters": 1, "mid_quarters": 2, "high_quarters": 4, "note": "assumption"}],
            "ramp": [{"after_quarters": 0, "utility_mw": "50 MW"}],
        },
    )
    row = ",35.06,-90.16,own,150,,,2024-Q3,,,yard\n"
    header = (tmp_path / "sites.csv").read_text().splitlines()[0] + ",place\n"
    (tmp_path / "sites.csv").write_text(header + "east" + row + "west" + row)
    plan = solved(study, tables)
    assert verify(plan, study, tables).faults == ()
    first, made = (plan.tables[name].query("quarter == '2024-Q4'") for name in ("power", "onsite"))
    drawn = first["running_utility_mw"].sum()
    share = 1.0 - 50.0 / drawn
    assert share == pytest.approx(0.27, abs=0.01)
    assert made["generated_mwh"].sum() == pytest.approx(share * first["energy_mwh"].sum(), rel=1e-4)
    units = plan.tables["onsite"]
    less = units.assign(**{name: units[name] * 0.5 for name in ("generated_mwh", "fuel_mmbtu", "co2_t")})
    faults = verify(replace(plan, tables={**plan.tables, "onsite": less}), study, tables).faults
    assert any(fault.startswith("place yard, 2024-Q4") and "after what is generated" in fault for fault in faults)
