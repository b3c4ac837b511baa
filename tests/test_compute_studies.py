"""Accelerators over time, from the study to a plan that its second reading accepts, and refuses when it is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from siting import run
from siting.errors import InputError
from siting.plan import Plan, read_plan
from siting.report import plan_tables
from siting.run import verify_plan
from siting.study import read_study
from siting.tables.read import Tables, read_tables
from siting.verification import verify


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(autouse=True)
def _one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """No curve of money against date: each point of it is a solve of its own."""
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])


def planned(tables: Tables, **changes: Any) -> Plan:
    """The plan of the tiny study with some fields changed (two underscores: a dot), accepted by its second reading."""
    study = read_study("models/tiny.toml")
    plan = run.solve(study.update({name.replace("__", "."): value for name, value in changes.items()}), tables=tables)
    assert plan.npv_cost_musd is not None, plan.facts["reasons"]
    assert plan.facts["verification"]["faults"] == []
    return plan


def faults(plan: Plan, tables: Tables) -> str:
    return "\n".join(verify_plan(plan, tables).faults)


def test_deliveries_follow_the_allocation(tables: Tables) -> None:
    """2,048 on one campus by 2025-Q4, of which the vendor ships 1,024 in 2025-Q1 and 1,024 in 2025-Q3, none else."""
    allocation = [{"quarter": "2025-Q1", "accelerators": 1024}, {"quarter": "2025-Q3", "accelerators": 1024}]
    plan = planned(tables, money__lease=False, accelerators__0__allocation=allocation)
    deliveries = plan.tables["deliveries"]
    assert dict(zip(deliveries["quarter"], deliveries["accelerators"], strict=True)) == {
        "2025-Q1": 1024,
        "2025-Q3": 1024,
    }
    deliveries.loc[1, "quarter"] = "2025-Q2"
    assert "2025-Q2: 1,024 delivered, the vendor ships 0" in faults(plan, tables)


def test_service_counts_by_its_own_factor(tables: Tables) -> None:
    """1,000 H100e of inference near Dallas on accelerators that serve half an H100e: the double number runs."""
    ask = {
        "peak_h100e_bf16": 973,
        "first_quarter": "2026-Q1",
        "regions": 1,
        "rtt_target_ms": "100 ms",
        "rtt_basis": "backbone",
    }
    changes: dict[str, Any] = {"clusters": [], "money__lease": False, "inference": ask}
    plan = planned(tables, accelerators__0__inference_h100e=0.5, **changes)
    running = plan.tables["fleet"].groupby("quarter")["running"].sum().max()
    assert running == pytest.approx(973 / 0.5 / (0.95 * 0.8))
    plan.tables["service"]["h100e_bf16"] *= 1.1
    assert "its capacity is 973.000" in faults(plan, tables)


def test_accelerators_are_replaced_at_the_end_of_their_life(tables: Tables) -> None:
    """2,048 from 2025-Q4 to 2027-Q1, the horizon's end, that stand a year: as many again by 2026-Q4."""
    plan = planned(tables, money__lease=False, accelerators__0__life_years=1.0)
    deliveries, fleet = plan.tables["deliveries"], plan.tables["fleet"]
    assert deliveries["accelerators"].sum() == 4096
    assert fleet.loc[fleet["quarter"].isin(["2026-Q3", "2026-Q4", "2027-Q1"]), "installed"].tolist() == [2048] * 3
    fleet.loc[fleet.index[-1], "installed"] = 4096
    assert "fleet says 4,096" in faults(plan, tables)


def test_columns_say_eight_bit(tables: Tables, tmp_path: Path) -> None:
    """A study in 8 bit: service and regions say so, the report too, and the saved plan is read and verified alike."""
    ask = {"first_quarter": "2026-Q1", "regions": 1, "rtt_target_ms": "100 ms", "rtt_basis": "backbone"}
    inference = {**ask, "peak_h100e_8bit": 500}
    changes: dict[str, Any] = {"compute_basis": "8bit", "clusters": [], "inference": inference}
    plan = planned(tables, accelerators__0__h100e_8bit=0.8, **changes)
    service, regions = plan.tables["service"], plan.tables["regions"]
    assert "h100e_bf16" not in service and service.groupby("quarter")["h100e_8bit"].sum().tolist() == pytest.approx(
        [500] * 5
    )
    assert regions["peak_h100e_8bit"].tolist() == pytest.approx([500])
    plan.save(tmp_path / "plan")
    back = read_plan(tmp_path / "plan")
    assert verify_plan(back, tables).ok
    headings = [column for table in plan_tables(back) for column in table.frame.columns]
    assert "served, H100e by dense 8 bit" in headings
    back.tables["service"]["h100e_8bit"] *= 0.9
    assert "450.000 H100e served, 500.000 asked" in faults(back, tables)


H100 = "H100 SXM 80GB"
RICH = {"money__funding": [{"quarter": "2024-Q2", "amount_musd": "900 MUSD", "status": "closed", "note": "example"}]}
SITES = """candidate,name,lat,lon,tenure,utility_mw,usd_per_mwh
west,West TX,32.45,-99.73,own,4.0,62
east,East TX,32.45,-99.40,own,4.5,62
far,Far TX,30.0,-95.0,own,4.5,30
"""


def test_a_cluster_stands_on_two_campuses(tables: Tables, tmp_path: Path) -> None:
    """4,096 H100 draw 5.7 MW IT; no campus of 4 to 4.5 MW at the meter holds them, two 31 km apart do."""
    (tmp_path / "sites.csv").write_text(SITES, encoding="utf-8")
    near = {"campuses": 2, "within_km": "50 km"}
    cluster = {"name": "both", "gpus": 4096, "accelerators": [H100], "by": "2026-Q4", "split": near}
    changes: dict[str, Any] = {"clusters": [cluster], "money__lease": False, "halls__first_phase_it_mw": "1 MW"}
    plan = planned(tables, candidates__file__path=str(tmp_path / "sites.csv"), **{**changes, **RICH})
    stands = plan.tables["clusters"]
    assert sorted(stands["host"]) == ["east", "west"] and stands["gpus"].sum() == 4096
    assert set(stands["cluster"]) == {"both"} and (stands["gpus"] % 256 == 0).all()
    assert plan.tables["sites"]["clusters"].tolist() == ["both", "both"]
    moved = stands.copy()
    plan.tables["clusters"]["gpus"] = [1024, 3072] if stands["gpus"].iloc[0] != 1024 else [3072, 1024]
    assert "too few" in faults(plan, tables)
    plan.tables["clusters"] = moved.assign(host=[moved["host"].iloc[0], "far"])
    assert "km apart, at most 50" in faults(plan, tables)
    plan.tables["clusters"] = moved.assign(gpus=moved["gpus"] + [100, -100])
    assert "no whole blocks" in faults(plan, tables)
    plan.tables["clusters"] = moved.iloc[:1]
    assert "it takes 4,096" in faults(plan, tables)


WEST = """candidate,name,lat,lon,tenure,utility_mw,usd_per_mwh
chicago,Chicago IL,41.9,-87.6,own,8,90
seattle,Seattle WA,47.6,-122.3,own,8,40
"""


def test_what_reaches_no_region_replaces_nobody(tables: Tables, tmp_path: Path) -> None:
    """New York within 45 ms: Chicago alone. A least energy makes Seattle run, which does not outlive Chicago's loss."""
    (tmp_path / "sites.csv").write_text(WEST, encoding="utf-8")
    ask = {"first_quarter": "2026-Q1", "regions": 1, "rtt_target_ms": "45 ms", "rtt_basis": "backbone"}
    inference = {**ask, "peak_h100e_bf16": 400}
    west = {"name": "west", "expr": "sum(energy_mwh[candidate=seattle]) >= 3000 MWh"}
    changes: dict[str, Any] = {"clusters": [], "money__lease": False, "limits": [west], **RICH}
    changes["candidates__file__path"] = str(tmp_path / "sites.csv")
    plan = planned(tables, inference=inference, **changes)
    assert set(plan.tables["service"]["source"]) == {"chicago"}
    assert set(plan.tables["fleet"].query("running > 0")["candidate"]) == {"chicago", "seattle"}
    changes["inference"] = {**inference, "survive_share": "60 %"}
    study = read_study("models/tiny.toml").update({name.replace("__", "."): value for name, value in changes.items()})
    lost = run.solve(study, tables=tables)
    assert lost.npv_cost_musd is None


def test_a_share_survives_the_loss_of_a_site(tables: Tables) -> None:
    """Of 400 H100e 240 survive: no site holds more than the rest replace; without the rest the plan is refused."""
    ask = {"first_quarter": "2026-Q1", "regions": 2, "rtt_target_ms": "100 ms", "rtt_basis": "backbone"}
    inference = {**ask, "peak_h100e_bf16": 400, "survive_share": "60 %"}
    changes: dict[str, Any] = {"clusters": [], "money__lease": False, "inference": inference}
    plan = planned(tables, **{**changes, **RICH})
    running = plan.tables["fleet"].groupby(["candidate", "quarter"])["running"].max().unstack().fillna(0.0)
    left = 0.95 * 0.8 * (running.sum() - running.max())
    assert (left[left.index >= "2026-Q1"] >= 240 - 1e-4).all()
    fleet = plan.tables["fleet"]
    largest = fleet.groupby("candidate")["running"].max().idxmax()
    fleet.loc[fleet["candidate"] != largest, "running"] = 0.0
    assert f"without {largest}: 240.000 of 240.000 H100e are not served" in faults(plan, tables)


def test_a_lease_region_is_lost_as_a_whole(tables: Tables) -> None:
    """400 H100e from three offers of 400, of which half must outlive a loss: each of two offers in one place or region
    holds half where they are apart, where they are one region the dearer third offer is needed. The plan of offers
    apart is refused once they are said to be one region."""
    h100 = {"accelerator": "H100 SXM 80GB", "gpus": 600, "min_gpus": 1, "term_quarters": 4, "deliver_from": "2026-Q1"}
    west = {**h100, "name": "west", "lat": 33.0, "lon": -98.0, "usd_per_gpu_h": "2 USD/GPU/h"}
    east = {**h100, "name": "east", "lat": 33.0, "lon": -97.0, "usd_per_gpu_h": "2 USD/GPU/h"}
    dear = {**h100, "name": "dear", "lat": 34.0, "lon": -97.0, "usd_per_gpu_h": "9 USD/GPU/h"}
    ask = {"first_quarter": "2026-Q1", "regions": 2, "rtt_target_ms": "100 ms", "rtt_basis": "backbone"}
    inference = {**ask, "peak_h100e_bf16": 400, "survive_share": "50 %"}
    changes: dict[str, Any] = {"clusters": [], "money__own": False, "inference": inference}
    apart = planned(tables, **changes, leases__bilateral=[west, east, dear])
    assert set(apart.tables["leases"]["lease"]) == {"west", "east"}
    named = [{**west, "region": "Texas"}, {**east, "region": " texas"}, dear]
    for one_region in (named, [west, {**east, "lon": -98.0}, dear]):
        together = planned(tables, **changes, leases__bilateral=one_region)
        assert "dear" in set(together.tables["leases"]["lease"])
    study = read_study("models/tiny.toml").update(
        {**{name.replace("__", "."): value for name, value in changes.items()}, "leases.bilateral": named}
    )
    found = verify(apart, study, tables).faults
    assert any("without east, west: 200.000 of 200.000 H100e are not served" in fault for fault in found)


CHICAGO = """candidate,name,lat,lon,tenure,utility_mw,usd_per_mwh
chicago,Chicago IL,41.9,-87.6,own,8,90
abilene,Abilene TX,32.45,-99.73,own,8,40
"""


def test_another_continent_is_served_from_a_measured_end(tables: Tables, tmp_path: Path) -> None:
    """West Europe within 120 ms: Chicago's pair takes 106; Abilene is cheaper and has no pair within 300 km."""
    (tmp_path / "sites.csv").write_text(CHICAGO, encoding="utf-8")
    far = {"region": "West Europe", "peak_h100e_bf16": 300, "rtt_target_ms": "120 ms"}
    ask = {"first_quarter": "2026-Q1", "regions": 1, "rtt_target_ms": "100 ms", "rtt_basis": "backbone"}
    inference = {**ask, "peak_h100e_bf16": 0, "intercontinental": [far]}
    changes: dict[str, Any] = {"clusters": [], "money__lease": False, "inference": inference}
    plan = planned(tables, candidates__file__path=str(tmp_path / "sites.csv"), **{**changes, **RICH})
    service = plan.tables["service"]
    assert set(service["source"]) == {"chicago"} and set(service["region"]) == {"West Europe"}
    assert service["rtt_ms"].iloc[0] == pytest.approx(106.0, abs=0.2)
    plan.tables["service"] = service.assign(source="abilene")
    assert "service abilene - West Europe: round trip inf ms" in faults(plan, tables)


def test_old_generations_are_worth_less_however_new_the_accelerator(tables: Tables) -> None:
    """The catalogue delivers H100 from 2022-Q3: by generation the fleet brings less at the horizon than by its own age,
    and the second reading agrees."""
    by_age = planned(tables, money__lease=False)
    by_type = planned(tables, money__lease=False, purchase__residual_age="generation")
    credit = [p.tables["credits"].set_index("item").loc["residual_accelerators", "musd"] for p in (by_age, by_type)]
    assert 0 < credit[1] < credit[0]


def test_every_type_may_have_its_own_value_by_age(tables: Tables) -> None:
    """Delivered in 2025-Q4, six quarters before the horizon's end: by its own points half of the price after a year and
    a quarter after two leave 37.5 %, by none nothing; the second reading agrees, and does not with the curve of all."""
    steps = [(0, "100 %"), (1, "50 %"), (2, "25 %")]
    points = [{"age_years": age, "share": share} for age, share in steps]
    own = planned(tables, money__lease=False, accelerators__0__residual_points=points, purchase__residual="zero")
    study = read_study("models/tiny.toml")
    bought = own.tables["deliveries"]["accelerators"].sum() * 0.048
    assert set(own.tables["deliveries"]["quarter"]) == {"2025-Q4"}
    end = (1.0 + study.money.discount_rate) ** (-study.quarters / 4.0)
    assert worth(own) == pytest.approx(0.375 * bought * end)
    none = planned(tables, money__lease=False, accelerators__0__residual="zero")
    assert worth(none) == pytest.approx(0.0, abs=1e-9)
    as_of_all = study.update({"money.lease": False, "purchase.residual": "low"})
    assert verify(own, as_of_all, tables).npv_cost_musd != pytest.approx(own.npv_cost_musd)


def worth(plan: Plan) -> float:
    """musd of present value credited for accelerators."""
    return float(plan.tables["credits"].set_index("item").loc["residual_accelerators", "musd"])


def test_regions_may_grow_at_their_own_rate(tables: Tables) -> None:
    """One region doubles within a year, the other stands still: after four quarters 2 and 1 times their first peak."""
    ask = {
        "peak_h100e_bf16": 400,
        "first_quarter": "2025-Q4",
        "growth": "0 %/y",
        "growth_by_region": {"New York NY": "100 %/y"},
        "regions": 2,
        "rtt_target_ms": "60 ms",
        "rtt_basis": "backbone",
    }
    plan = planned(tables, money__lease=False, inference=ask)
    served = plan.tables["service"].groupby(["region", "quarter"])["h100e_bf16"].sum().unstack("region")
    assert served.loc["2026-Q1", "Los Angeles CA"] == pytest.approx(served.loc["2025-Q4", "Los Angeles CA"], rel=1e-6)
    growth = served.loc["2026-Q1", "New York NY"] / served.loc["2025-Q4", "New York NY"]
    assert growth == pytest.approx(2**0.25, rel=1e-6)
    with pytest.raises(InputError, match=r"growth_by_region\.New York"):
        run.solve(
            read_study("models/tiny.toml").update({"inference": {**ask, "growth_by_region": {"New York": "1 %/y"}}}),
            tables=tables,
        )
