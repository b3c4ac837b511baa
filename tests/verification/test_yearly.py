"""Carbon and water end to end: plans keep the caps and pay the prices, altered plans are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from onsite_studies import ENGINE, onsite_study
from small_studies import HEADER, small_study

from siting import run
from siting.errors import InputError
from siting.plan import Plan
from siting.study import Study
from siting.study.toml import study_from
from siting.tables.read import Tables, read_tables
from siting.verification import verify


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


@pytest.fixture(autouse=True)
def _no_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])


def water(study: Study, **changes: Any) -> dict[str, Any]:
    """A section [water] for the cooling of the halls."""
    return {"wue_l_per_kwh": {study.halls.cooling: "0.5 l/kWh"}, **changes}


def faults(plan: Plan, study: Study, tables: Tables) -> tuple[str, ...]:
    """What the second reading says of a plan under another study."""
    return verify(replace(plan, study_digest=study.digest()), study, tables).faults


def test_a_cap_moves_the_plan(tmp_path: Path, tables: Tables) -> None:
    """Texas emits 349.8 kg/MWh, Illinois 215.2: a cap between what the cluster emits in the two leaves Illinois. The
    free plan breaks that cap."""
    cheap = {"cost_musd_per_it_mw": "10 MUSD/MW"}
    rules = {"forbidden": ["chicago"]}
    texas = run.solve(small_study(tmp_path, halls=cheap, rules=rules), tables=tables)
    power = texas.tables["power"]
    whole_year = power[power["quarter"].str[:4] == "2026"]["co2_t"].sum()
    cap = {"cap_t": {"2026": f"{0.8 * whole_year:.6f} t"}}
    capped = run.solve(small_study(tmp_path, halls=cheap, carbon=cap), tables=tables)
    assert capped.sites["state"].tolist() == ["IL"] and capped.facts["verification"]["ok"]
    found = faults(texas, small_study(tmp_path, halls=cheap, rules=rules, carbon=cap), tables)
    assert len(found) == 1 and found[0].startswith("carbon, 2026: ")


def test_a_price_is_paid_by_tonne(tmp_path: Path, tables: Tables) -> None:
    """100 USD/t growing 4 %/y: the item carbon is the tonnes of the quarter x price; with the price altered it is
    refused."""
    price = {"usd_per_t": "100 USD/t", "escalator": "4 %/y", "also_where_priced": False}
    study = small_study(tmp_path, carbon=price)
    plan = run.solve(study, tables=tables)
    tonnes = plan.tables["power"].groupby("quarter")["co2_t"].sum()
    paid = plan.tables["cash"].set_index("quarter")["carbon"]
    assert tonnes["2026-Q1"] > 0
    assert paid["2026-Q1"] == pytest.approx(tonnes["2026-Q1"] * 100.0 * 1.04 ** (7 / 4) / 1e6)
    assert any("carbon" in f for f in faults(plan, study.update({"carbon.usd_per_t": "90 USD/t"}), tables))


def test_where_carbon_is_priced_already(tmp_path: Path, tables: Tables) -> None:
    """Albany in New York, of RGGI: the price is paid there only if the study says so, and the study must say."""
    albany = "albany,42.65,-73.75,own,150,,62,2025-Q2,,\n"
    said = {
        also: run.solve(
            small_study(tmp_path, albany, carbon={"usd_per_t": "100 USD/t", "also_where_priced": also}), tables=tables
        )
        for also in (True, False)
    }
    assert said[True].tables["cash"]["carbon"].sum() > 0
    assert "carbon" not in said[False].tables["cash"] or said[False].tables["cash"]["carbon"].sum() == 0
    tree = small_study(tmp_path).model_dump(mode="json", exclude_unset=True)
    tree["carbon"] = {"usd_per_t": "100 USD/t", "cap_t": {"2031": "5 t"}}
    with pytest.raises(InputError) as refused:
        study_from(tree, file="s.toml")
    assert sorted(f.key for f in refused.value.faults) == ["carbon.also_where_priced", "carbon.cap_t.2031"]


def test_fuel_burnt_where_carbon_is_priced_already(tmp_path: Path, tables: Tables) -> None:
    """Engines in New York, of RGGI: no price of power holds the carbon of their gas. It is paid at 100 USD/t though the
    study says that energy from the grid does not pay again; a plan that leaves it out is refused."""
    wish = {"usd_per_t": "100 USD/t", "also_where_priced": False}
    study = onsite_study(tmp_path, ENGINE, carbon=wish)
    (tmp_path / "sites.csv").write_text(HEADER + "albany,42.65,-73.75,own,150,,,2024-Q3,,\n")
    plan = run.solve(study, tables=tables)
    burnt = plan.tables["onsite"].groupby("quarter")["co2_t"].sum()
    paid = plan.tables["cash"].set_index("quarter")["carbon"]
    assert burnt["2024-Q3"] > 0 and paid["2024-Q3"] == pytest.approx(burnt["2024-Q3"] * 100.0 / 1e6)
    assert not faults(plan, study, tables)
    free = plan.tables["cash"].assign(carbon=0.0)
    assert any(
        "carbon" in fault for fault in faults(replace(plan, tables={**plan.tables, "cash": free}), study, tables)
    )


def test_a_blank_rate_is_refused(tmp_path: Path, tables: Tables) -> None:
    """Without rates of Texas and Illinois a cap cannot be checked: both are named, and nothing is said without one."""
    rates = tables.co2_rates.copy()
    rates.loc[rates["state"].isin(["TX", "IL"]), "co2_kg_per_mwh"] = float("nan")
    blank = replace(tables, co2_rates=rates)
    with pytest.raises(InputError) as refused:
        run.assemble_only(small_study(tmp_path, carbon={"cap_t_per_year": "5000 t"}), blank)
    assert [f.key for f in refused.value.faults] == ["state IL", "state TX"]
    run.assemble_only(small_study(tmp_path), blank)


def test_water(tmp_path: Path, tables: Tables) -> None:
    """0.5 l/kWh of IT energy: the energy at the meter less the mean PUE. It costs 3 USD/m3, a cap below it breaks, an
    altered cell is refused, and a limit may count it."""
    free = small_study(tmp_path)
    study = small_study(tmp_path, water=water(free, usd_per_m3="3 USD/m3"))
    plan = run.solve(study, tables=tables)
    (site,) = plan.sites.itertuples()
    table = plan.tables["water"]
    m3 = table.set_index("quarter")["water_m3"]
    energy = plan.tables["power"].set_index("quarter")["energy_mwh"]
    assert m3["2026-Q1"] == pytest.approx(energy["2026-Q1"] / site.pue_mean * 0.5)
    assert plan.tables["cash"].set_index("quarter")["water"]["2026-Q1"] == pytest.approx(m3["2026-Q1"] * 3.0 / 1e6)
    most = m3[m3.index.str[:4] == "2026"].sum()
    capped = small_study(tmp_path, water=water(free, usd_per_m3="3 USD/m3", cap_m3_per_year=f"{0.9 * most:.3f} m3"))
    assert any(f.startswith("water, 2026: ") for f in faults(plan, capped, tables))
    altered = {**plan.tables, "water": table.assign(water_m3=table["water_m3"] * 1.1)}
    assert not verify(replace(plan, tables=altered), study, tables).ok
    limit = [{"name": "w", "expr": f"sum(water_m3[year=2026]) <= {0.9 * most:.3f} m3"}]
    limited = small_study(tmp_path, water=water(free, usd_per_m3="3 USD/m3"), limits=limit)
    assert faults(plan, limited, tables)[0].startswith("limit w: ")


def test_water_of_another_cooling_is_refused(tmp_path: Path) -> None:
    """Litres are stated for a cooling that no hall has; a limit on water without a section [water]."""
    tree = small_study(tmp_path).model_dump(mode="json", exclude_unset=True)
    tree["water"] = {"wue_l_per_kwh": {"pond": "2 l/kWh"}}
    with pytest.raises(InputError, match=r"water\.wue_l_per_kwh: found pond"):
        study_from(tree, file="s.toml")
    del tree["water"]
    tree["limits"] = [{"name": "w", "expr": "sum(water_m3) <= 5 m3"}]
    with pytest.raises(InputError, match=r"limits\[0\]\.expr: found water_m3; expected a section \[water\]"):
        study_from(tree, file="s.toml")
