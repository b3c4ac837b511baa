"""Limits of the planner's own end to end: the plan keeps them, the second reading refuses a plan that does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from small_studies import small_study

from siting import run
from siting.errors import InputError
from siting.tables.read import Tables, read_tables
from siting.verification import verify


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


@pytest.fixture(autouse=True)
def _no_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])


def limits(*texts: str) -> list[dict[str, str]]:
    """Limits by text."""
    return [{"name": f"limit {n}", "expr": text} for n, text in enumerate(texts)]


def test_the_plan_keeps_them_and_moves(tmp_path: Path, tables: Tables) -> None:
    """No site in the state of the free plan, and 20 MW IT in Illinois by the end of 2025."""
    free = run.solve(small_study(tmp_path), tables=tables)
    (state,) = free.sites["state"]
    asked = limits(f"sum(sites[state={state}]) <= 0", "sum(it_mw[state=IL|TX]) @2025-Q4 >= 30 MW")
    plan = run.solve(small_study(tmp_path, limits=asked), tables=tables)
    assert state not in set(plan.sites["state"])
    modules = plan.tables["modules"]
    assert modules.loc[modules["quarter"] <= "2025-Q4", "it_mw"].sum() >= 30.0
    assert plan.npv_cost_musd > free.npv_cost_musd and plan.facts["verification"]["ok"]


def test_a_plan_that_breaks_one_is_refused(tmp_path: Path, tables: Tables) -> None:
    """Every quantity of the free plan, a tenth below what it has and a tenth above: one is refused, one is not."""
    plan = run.solve(small_study(tmp_path), tables=tables)
    power, cash, site = plan.tables["power"], plan.tables["cash"], plan.sites.iloc[0]
    capital = cash[["accelerators", "halls", "opening"]].sum().sum()
    county, where, state = site["county_fips"], site["interconnect"], site["state"]
    has = {
        f"sum(it_mw[state={state}])": (site["it_mw"], "MW"),
        f"sum(utility_mw[county={county}])": (site["utility_mw"], "MW"),
        f"sum(sites[interconnect={where}])": (1.0, ""),
        f"sum(accelerators[tenure=own, candidate={site['candidate']}])": (1024.0, ""),
        "sum(h100e)": (1024.0, ""),
        "sum(energy_mwh[year=2026])": (power[power["quarter"].str[:4] == "2026"]["energy_mwh"].sum(), "MWh"),
        "sum(co2_t)": (power["co2_t"].sum(), "t"),
        "sum(capex_musd)": (capital, "MUSD"),
        "sum(spend_musd[quarter=2025-Q1])": (cash.set_index("quarter").loc["2025-Q1", "total"], "MUSD"),
    }
    for text, (amount, unit) in has.items():
        assert amount > 0, text
        for share, broken in ((0.9, True), (1.1, False)):
            study = small_study(tmp_path, limits=limits(f"{text} <= {share * amount:.6f} {unit}".strip()))
            faults = verify(replace(plan, study_digest=study.digest()), study, tables).faults
            assert bool(faults) is broken, (text, share, faults)
            assert all(fault.startswith("limit limit 0: the plan has") for fault in faults)
            study = small_study(tmp_path, limits=limits(f"{text} >= {share * amount:.6f} {unit}".strip()))
            assert bool(verify(replace(plan, study_digest=study.digest()), study, tables).faults) is not broken


def test_an_unknown_candidate_is_refused(tmp_path: Path, tables: Tables) -> None:
    """The nearest is named."""
    with pytest.raises(InputError, match=r"limits\[0\]\.expr: found 'dalas'.*the nearest is 'dallas'"):
        run.solve(small_study(tmp_path, limits=limits("sum(sites[candidate=dalas]) >= 1")), tables=tables)
