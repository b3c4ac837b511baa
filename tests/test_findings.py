"""What a plan's numbers say, each from a small study: reasons by arithmetic, limits without room, near ties."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_studies import ABILENE, CHICAGO, DALLAS, H100, small_study

from siting.assembly import Assembled, assemble
from siting.findings import binding_limits, figures_used, near_ties, simple_reasons
from siting.reduction.screen import Screened
from siting.study import Study, read_study
from siting.tables.read import Tables, read_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


def reasons(folder: Path, tables: Tables, rows: str = ABILENE + DALLAS + CHICAGO, **changes: Any) -> list[str]:
    """Of a changed small study."""
    study = small_study(folder, rows, **changes)
    return simple_reasons(study, assemble(study, tables))


def cluster(gpus: int, by: str = "2025-Q4") -> list[dict[str, Any]]:
    """One cluster of H100."""
    return [{"name": "first", "gpus": gpus, "accelerators": [H100], "by": by}]


def test_too_few_mw(tmp_path: Path, tables: Tables) -> None:
    """102,400 H100 are 400 pods of 256 x 1.4 kW: 143.36 MW IT; Abilene's 150 MW at the meter hold 120."""
    (found,) = reasons(tmp_path, tables, clusters=cluster(102_400))
    assert found.startswith("power: first needs 143.4 MW IT on one campus; the largest candidate, abilene, holds 120.0")


def test_too_early(tmp_path: Path, tables: Tables) -> None:
    """Halls signed in 2024-Q2 stand five quarters later, in 2025-Q3; the cluster is due in 2025-Q1."""
    (found,) = reasons(tmp_path, tables, clusters=cluster(1024, "2025-Q1"))
    assert found.startswith("time: first is due in 2025-Q1")
    assert "is ready in 2025-Q3" in found and "mid case, an assumption" in found


def test_power_never_comes(tmp_path: Path, tables: Tables) -> None:
    """Twenty quarters to power in a horizon of twelve."""
    row = {"low_quarters": 20, "mid_quarters": 20, "high_quarters": 20, "note": "assumption"}
    (found,) = reasons(tmp_path, tables, DALLAS, power={"time_to_power": [row]})
    assert "never inside the horizon" in found


def test_accelerators_come_too_late(tmp_path: Path, tables: Tables) -> None:
    """Shipped from 2026-Q2 on, due in 2025-Q4."""
    parts = ["accelerator", "server", "network", "storage"]
    late = {"name": H100, "price_usd": "40 kUSD", "price_includes": parts, "available": "2026-Q2"}
    (found,) = reasons(tmp_path, tables, accelerators=[late])
    assert found == "time: no admitted accelerator is delivered before 2026-Q2"


def money(musd: int, **more: Any) -> dict[str, Any]:
    """So much at the start."""
    round_ = {"quarter": "2024-Q2", "amount_musd": f"{musd} MUSD", "status": "closed"}
    return {"discount_rate": "10 %/y", "funding": [round_], **more}


def test_too_little_money(tmp_path: Path, tables: Tables) -> None:
    """1,024 H100 at 40,000 USD are 41 musd without a hall: 40 musd is too little, and the sum is stated."""
    (found,) = reasons(tmp_path, tables, money=money(40))
    assert found.startswith("money: the cheapest way to first, owning at ")
    assert "by 2025-Q4" in found and "funding is 40 MUSD" in found


def test_enough_of_everything_names_no_limit(tmp_path: Path, tables: Tables) -> None:
    """9 billion, 150 MW, two years: neither MW, date nor money is said to be short."""
    found = reasons(tmp_path, tables)
    assert not [text for text in found if text.startswith(("power:", "time:", "money:"))]


def test_existing_contracts_may_exceed_the_money(tmp_path: Path, tables: Tables) -> None:
    """10,000 GPUs at 2 USD/GPU/h x 2,184 h are 43.7 musd in the first quarter alone; 40 are there."""
    held = {"name": "held", "accelerator": H100, "gpus": 10_000, "usd_per_gpu_h": "2 USD/GPU/h", "ends": "2024-Q4"}
    found = reasons(tmp_path, tables, leases={"existing": [held]}, money=money(40))
    assert "money: existing contracts alone exceed the funding from 2024-Q2" in found


def test_no_offer_is_large_enough(tmp_path: Path, tables: Tables) -> None:
    """512 GPUs on one fabric for a cluster of 1,024."""
    offer = {
        "name": "offer", "accelerator": H100, "gpus": 4096, "usd_per_gpu_h": "2 USD/GPU/h", "term_quarters": 4,
        "deliver_from": "2024-Q4", "single_fabric_gpus": 512,
    }  # fmt: skip
    found = reasons(tmp_path, tables, leases={"bilateral": [offer]})
    assert "first: no lease offer holds it on one fabric (the largest states 512 GPUs)" in found


def assembled(folder: Path, tables: Tables) -> tuple[Study, Assembled]:
    """Abilene and Dallas in Texas, Chicago in Illinois."""
    study = small_study(folder)
    return study, assemble(study, tables)


def ties(a: Assembled, host: list[float], *, built: bool = True, own: bool = True) -> dict[str, Any]:
    """Near ties of a plan worth 1,000 musd with its cluster at Abilene."""
    frames = {
        "clusters": pd.DataFrame({"cluster": ["first"], "host": ["abilene"], "tenure": ["own" if own else "lease"]}),
        "sites": pd.DataFrame({"candidate": ["abilene"] if built else []}),
        "power": pd.DataFrame({"running_it_mw": [2.0]}),
    }
    costs = np.array(host)
    screened = Screened(rows=np.arange(3), host_cost_musd=costs, serve_cost_musd=costs)
    return near_ties(a, screened, frames, 1000.0)


def test_near_ties_count_places_over_states(tmp_path: Path, tables: Tables) -> None:
    """0.5 % of 1,000 is 5 musd: Dallas 4 and Chicago 4.9 dearer are near, in two states: not decided."""
    _, a = assembled(tmp_path, tables)
    found = ties(a, [300.0, 304.0, 304.9])
    assert (found["count"], found["states"], found["decided"], found["chosen"]) == (3, ["IL", "TX"], False, "abilene")


def test_near_ties_inside_one_state_decide_the_state(tmp_path: Path, tables: Tables) -> None:
    """Chicago is 6 musd dearer: two places of Texas are left."""
    _, a = assembled(tmp_path, tables)
    found = ties(a, [300.0, 304.0, 306.0])
    assert (found["count"], found["states"], found["decided"]) == (2, ["TX"], True)


def test_a_place_that_cannot_host_is_no_near_tie(tmp_path: Path, tables: Tables) -> None:
    """Blank screen costs are not counted."""
    _, a = assembled(tmp_path, tables)
    assert ties(a, [300.0, np.nan, np.nan])["count"] == 1


def test_nothing_built_has_no_near_ties(tmp_path: Path, tables: Tables) -> None:
    """A plan that leases everything says nothing of places."""
    _, a = assembled(tmp_path, tables)
    found = ties(a, [300.0, 300.0, 300.0], built=False, own=False)
    assert (found["count"], found["nothing_built"]) == (0, True)


def test_several_sites_that_serve_together_have_no_near_ties(tmp_path: Path, tables: Tables) -> None:
    """Two sites serve regions and host nothing: another place need not reach what one of them serves, whatever it
    costs, so no equals are counted."""
    _, a = assembled(tmp_path, tables)
    frames = {
        "clusters": pd.DataFrame({"tenure": [], "host": []}),
        "sites": pd.DataFrame({"candidate": ["abilene", "chicago"]}),
        "power": pd.DataFrame({"running_it_mw": [2.0]}),
    }
    screened = Screened(rows=np.arange(3), host_cost_musd=np.ones(3), serve_cost_musd=np.ones(3))
    assert near_ties(a, screened, frames, 1000.0) == {}


def limits(folder: Path, tables: Tables, **changes: float) -> list[str]:
    """Binding limits of a made-up plan: 20 MW IT at Dallas, PUE 1.25, 50 MW contracted, 4 of 40 MW in use."""
    v = SimpleNamespace(**{"room": 5.0, "running": 4.0, "final": 50.0, "utility": 25.0, **changes})
    study, a = assembled(folder, tables)
    frames = {
        "cash": pd.DataFrame(
            {
                "quarter": ["2025-Q3", "2025-Q4"],
                "funding_cumulative": [100.0] * 2, "cumulative": [50.0, 100.0 - v.room],
            }
        ),
        "sites": pd.DataFrame(
            {
                "candidate": ["dallas"], "name": ["Dallas"], "tenure": ["own"],
                "utility_mw": [v.utility], "final_utility_mw": [v.final],
                "pue_peak": [1.25], "energization": ["2024-Q4"],
            }
        ),
        "power": pd.DataFrame(
            {
                "candidate": ["dallas"] * 2, "quarter": ["2025-Q3", "2025-Q4"],
                "running_utility_mw": [0.0, v.running], "energized_utility_mw": [0.0, 40.0],
            }
        ),
        "clusters": pd.DataFrame({"cluster": ["first"], "host": ["dallas"], "tenure": ["own"]}),
    }  # fmt: skip
    return binding_limits(study, a.problem, frames)


def test_room_everywhere_binds_nothing(tmp_path: Path, tables: Tables) -> None:
    """5 musd, 36 MW energized and two modules of 12.5 MW are left."""
    assert limits(tmp_path, tables) == []


def test_money_without_room_is_named_with_its_quarter(tmp_path: Path, tables: Tables) -> None:
    """Less than a thousandth of what came in is left at the end of 2025-Q4."""
    assert limits(tmp_path, tables, room=0.05) == ["money in 2025-Q4"]


def test_energized_power_without_room(tmp_path: Path, tables: Tables) -> None:
    """40 of 40 MW run in 2025-Q4; a quarter without power and load is not counted."""
    assert limits(tmp_path, tables, running=40.0) == ["energized power at Dallas in 2025-Q4"]


def test_final_mw_without_room_for_a_module(tmp_path: Path, tables: Tables) -> None:
    """A module is 12.5 MW at the meter: 12.4 MW left hold none, 12.5 MW hold one."""
    assert limits(tmp_path, tables, final=37.4) == ["final MW at Dallas (no room for another module)"]
    assert limits(tmp_path, tables, final=37.5) == []


def test_time_to_power_binds_when_it_is_the_date(tmp_path: Path, tables: Tables) -> None:
    """The campus is energized in the very quarter in which its cluster is due: 2025-Q4."""
    row = {"low_quarters": 6, "mid_quarters": 6, "high_quarters": 6, "note": "assumption"}
    study = small_study(tmp_path, power={"time_to_power": [row]})
    a = assemble(study, tables)
    site = {
        "candidate": "dallas",
        "name": "Dallas",
        "tenure": "own",
        "utility_mw": 1.0,
        "final_utility_mw": 50.0,
        "pue_peak": 1.25,
    }
    frames = {
        "cash": pd.DataFrame({"quarter": ["2025-Q4"], "funding_cumulative": [9.0], "cumulative": [1.0]}),
        "sites": pd.DataFrame([{**site, "energization": "2025-Q4"}]),
        "power": pd.DataFrame(
            {
                "candidate": ["dallas"],
                "quarter": ["2025-Q4"],
                "running_utility_mw": [1.0],
                "energized_utility_mw": [9.0],
            }
        ),
        "clusters": pd.DataFrame({"cluster": ["first"], "host": ["dallas"], "tenure": ["own"]}),
    }
    (found,) = binding_limits(study, a.problem, frames)
    assert found == "time to power at Dallas: it is energized in the quarter in which first is due"


def test_a_price_of_the_planner_is_listed_in_place_of_the_states(tables: Tables) -> None:
    """Tulsa's row states 62 USD/MWh: that is what it pays, so Oklahoma's average is no figure of the plan; places in
    Texas state none and pay the average.
    """
    study = read_study("models/tiny.toml")
    assembled = assemble(study, tables)
    used = {row["item"]: row["value"] for row in figures_used(study, tables, assembled, assembled.usable)}
    assert used["power price, Tulsa OK"] == "62.0 USD/MWh"
    assert "power price, TX" in used and "power price, OK" not in used
