"""What the study states by name: said to bind where a plan meets it without room, blamed where it leaves no plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_studies import H100, HEADER, small_study

from siting import run
from siting.plan import Plan
from siting.tables.read import Tables, read_tables

TEXAS = "abilene,32.45,-99.73,own,150,,62,2025-Q2,,\ndallas,32.78,-96.80,own,100,,,,,\n"
HALLS = {"module_it_mw": "10 MW", "first_phase_it_mw": "20 MW"}
FUNDING = [{"quarter": "2024-Q2", "amount_musd": "9 GUSD", "status": "closed"}]


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


@pytest.fixture(autouse=True)
def _no_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])


def solved(folder: Path, tables: Tables, rows: str = TEXAS, **changes: Any) -> Plan:
    """Abilene and Dallas in modules of 10 MW IT, a first phase of 20: 1,024 H100 take 1.4 MW IT."""
    return run.solve(small_study(folder, rows, **{"halls": HALLS, **changes}), tables=tables)


def money(**caps: str) -> dict[str, Any]:
    """9,000 musd at once, with caps."""
    return {"discount_rate": "10 %/y", "funding": FUNDING, **caps}


def test_rules_without_room_are_named(tmp_path: Path, tables: Tables) -> None:
    """Two of two campuses that must open, in Texas that may have two; Dallas has no more than its forced 30 MW. With no
    rule in reach none is named."""
    rules = {
        "min_sites": 2,
        "max_sites": 2,
        "max_per_state": {"TX": 2},
        "max_per_county": 1,
        "forced": [{"candidate": "dallas", "it_mw": "30 MW"}],
    }
    binding = solved(tmp_path, tables, rules=rules).facts["binding"]
    assert "rules.max_sites (as many campuses as may open, 2)" in binding
    assert "rules.min_sites (no more campuses than must open, 2)" in binding
    assert "rules.max_per_state.TX (as many campuses as may open in TX, 2)" in binding
    assert sum(text.startswith("rules.max_per_county (as many") for text in binding) == 2
    assert "rules.forced at dallas (no more than the 30 MW IT that it must have)" in binding
    loose = {"max_sites": 3, "per_state_max": 2, "max_per_county": 2, "min_distance_km": "9 km"}
    assert not [text for text in solved(tmp_path, tables, rules=loose).facts["binding"] if text.startswith("rules")]


def test_a_distance_bars_the_other_place(tmp_path: Path, tables: Tables) -> None:
    """Dallas is 277 km from Abilene: 300 km bar one of the two."""
    binding = solved(tmp_path, tables, rules={"min_distance_km": "300 km"}).facts["binding"]
    assert "rules.min_distance_km (bars 1 other candidates around the open campuses)" in binding


def test_own_limits_without_room_are_named(tmp_path: Path, tables: Tables) -> None:
    """20 MW IT stand: of 25 no module is left, of 30 one is; one site is all that a limit of one leaves."""
    limits = [
        {"name": "tight", "expr": "sum(it_mw[state=TX]) <= 25 MW"},
        {"name": "loose", "expr": "sum(it_mw) <= 30 MW"},
        {"name": "one", "expr": "sum(sites) <= 1"},
    ]
    named = [text for text in solved(tmp_path, tables, limits=limits).facts["binding"] if text.startswith("limit ")]
    assert named == [
        "limit tight (sum(it_mw[state=TX]) <= 25 MW; the plan has 20)",
        "limit one (sum(sites) <= 1; the plan has 1)",
    ]


def test_caps_without_room_are_named(tmp_path: Path, tables: Tables) -> None:
    """A cap on capital a millionth above what the plan spends, and one far above it; the same of the yearly cap and
    of the carbon of its dearest year."""
    free = solved(tmp_path, tables)
    spent = float(free.tables["cash"][["accelerators", "halls", "opening"]].to_numpy().sum())
    tonnes = free.tables["power"].groupby(free.tables["power"]["quarter"].str[:4])["co2_t"].sum()
    tight = {
        "money": money(capex_cap_musd=f"{spent * (1 + 1e-6):.6f} MUSD", opex_cap_musd_per_year="900 MUSD/y"),
        "carbon": {"cap_t_per_year": f"{tonnes.max() * (1 + 1e-6):.3f} t"},
    }
    binding = solved(tmp_path, tables, **tight).facts["binding"]
    assert f"money.capex_cap_musd ({spent:,.1f} MUSD)" in binding
    assert f"carbon cap of {tonnes.idxmax()} ({tonnes.max():,.0f} t)" in binding
    assert not [text for text in binding if "opex" in text]
    assert not [text for text in free.facts["binding"] if "cap" in text]


def test_a_shared_place_without_room_is_named(tmp_path: Path, tables: Tables) -> None:
    """Two ways to use one place of 50 MW at the meter, both forced to 20 MW IT: no module more fits."""
    header = HEADER.replace("\n", ",place\n")
    rows = "east,32.45,-99.73,own,50,,62,2025-Q2,,,yard\nwest,32.46,-99.74,own,50,,62,2025-Q2,,,yard\n"
    study = small_study(tmp_path, halls=HALLS, rules={"forced": ["east", "west"]})
    (tmp_path / "sites.csv").write_text(header + rows)
    binding = run.solve(study, tables=tables).facts["binding"]
    assert "final MW of the place that east, west share (no room for another module)" in binding


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"money": money(opex_cap_musd_per_year="1 MUSD/y")}, "money: opex_cap_musd_per_year, 1.0 MUSD/y: no plan"),
        ({"money": money(capex_cap_musd="60 MUSD")}, "money: capex_cap_musd, 60.0 MUSD: no plan keeps it"),
        (
            {"limits": [{"name": "none", "expr": "sum(sites) <= 0"}, {"name": "far", "expr": "sum(it_mw) <= 90 MW"}]},
            "limits: none (sum(sites) <= 0): no plan keeps it; without it there are plans",
        ),
        ({"carbon": {"cap_t_per_year": "1 t"}}, "carbon: the cap by calendar year: no plan keeps it"),
    ],
)
def test_the_limit_in_the_way_is_named(tmp_path: Path, tables: Tables, changes: dict[str, Any], reason: str) -> None:
    """One cap or limit alone leaves no plan: it and no other is blamed, and nothing is said to be unexplained."""
    plan = solved(tmp_path, tables, **changes)
    assert plan.npv_cost_musd is None
    blamed = [text for text in plan.facts["reasons"] if "no plan keeps" in text]
    assert len(blamed) == 1 and blamed[0].startswith(reason)
    assert not [text for text in plan.facts["reasons"] if text.startswith("no single limit")]


def test_limits_that_contradict_each_other_are_named_together(tmp_path: Path, tables: Tables) -> None:
    """All in Texas at most 25 MW, all together at least 35: either is kept by some plan, both by none."""
    most, least = "sum(it_mw[state=TX]) <= 25 MW", "sum(it_mw) >= 35 MW"
    limits = [{"name": "most", "expr": most}, {"name": "least", "expr": least}]
    reasons = solved(tmp_path, tables, limits=limits).facts["reasons"]
    assert reasons[0].startswith("limits: most (") and "limits: least (" in reasons[0]
    assert "no plan keeps them all" in reasons[0]


def test_no_limit_is_blamed_for_what_it_did_not_do(tmp_path: Path, tables: Tables) -> None:
    """102,400 H100 fit on no campus: a cap that is far away is not named."""
    cluster = [{"name": "first", "gpus": 102_400, "accelerators": [H100], "by": "2025-Q4"}]
    plan = solved(tmp_path, tables, clusters=cluster, money=money(capex_cap_musd="9 GUSD"))
    assert plan.facts["reasons"] and not [text for text in plan.facts["reasons"] if "no plan keeps" in text]
