"""Where a campus may stand: filters, MW that are left, the planner's file, markets, dates and ramps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_studies import ABILENE, CHICAGO, DALLAS, small_study

from siting.assembly import assemble
from siting.assembly.candidates import candidate_frame
from siting.assembly.energized import energized_mw
from siting.errors import InputError
from siting.tables.read import Tables
from siting.units import parse_quarter

RHODE_ISLAND: dict[str, Any] = {"grid": {"states": ["RI"]}}


def places(folder: Path, tables: Tables, candidates: dict[str, Any] | None = None, **changes: Any) -> pd.DataFrame:
    """The candidate frame by id; a small first phase so that MW alone decide."""
    halls = {"module_it_mw": "1 MW", "first_phase_it_mw": "1 MW"}
    chosen = {} if candidates is None else {"candidates": candidates}
    return candidate_frame(small_study(folder, **{"halls": halls, **chosen, **changes}), tables).set_index("candidate")


def fault(folder: Path, tables: Tables, candidates: dict[str, Any] | None = None, **changes: Any) -> str:
    """The one fault as text."""
    with pytest.raises(InputError) as caught:
        places(folder, tables, candidates, **changes)
    (only,) = caught.value.faults
    return str(only)


def test_states_are_kept(tmp_path: Path, tables: Tables) -> None:
    """Rhode Island has 112 substations, all with 30 MW or more; each is named by its substation."""
    found = places(tmp_path, tables, RHODE_ISLAND)
    assert len(found) == 112
    assert set(found["state"]) == {"RI"}
    assert (found["tenure"] == "own").all() and found["grid_checked"].all()
    assert "sub-1323" in found.index


def test_states_are_left_out(tmp_path: Path, tables: Tables) -> None:
    """Both lists at once: what is left out wins."""
    found = places(tmp_path, tables, {"grid": {"states": ["RI", "DE"], "exclude_states": ["DE"]}})
    assert set(found["state"]) == {"RI"}


def test_interconnections_are_kept(tmp_path: Path, tables: Tables) -> None:
    """Texas has substations in three interconnections; only those of its own stay."""
    found = places(tmp_path, tables, {"grid": {"states": ["TX"], "interconnects": ["Texas"]}})
    everything = tables.grid_substations[tables.grid_substations["state"] == "TX"]
    assert set(found["interconnect"]) == {"Texas"} < set(everything["interconnect"])


def test_any_box_keeps(tmp_path: Path, tables: Tables) -> None:
    """Two boxes with one Rhode Island substation each."""
    boxes = [
        {"south": 41.6632, "north": 41.6632, "west": -71.1663, "east": -71.1661},
        {"south": 41.7775, "north": 41.7777, "west": -71.3614, "east": -71.3612},
    ]
    boxes[0] |= {"south": 41.6631, "north": 41.6633}
    found = places(tmp_path, tables, {"grid": {"states": ["RI"], "boxes": boxes}})
    assert found.index.tolist() == ["sub-1329", "sub-1360"]


def test_least_mw(tmp_path: Path, tables: Tables) -> None:
    """Of three substations with 725.0, 135.6 and 212.0 MW two have 200 MW or more."""
    found = places(tmp_path, tables, {"grid": {"states": ["RI"], "min_utility_mw": "200 MW"}})
    assert "sub-1323" in found.index and "sub-1355" in found.index
    assert "sub-1329" not in found.index


def test_hosting_with_and_without_the_loss_of_a_line(tmp_path: Path, tables: Tables) -> None:
    """Substation 1355: 255.7 MW with everything in service, 212.0 MW without its worst line."""
    n1 = places(tmp_path, tables, RHODE_ISLAND)["final_utility_mw"]
    n0 = places(tmp_path, tables, {**RHODE_ISLAND, "hosting": "n0"})["final_utility_mw"]
    assert n1["sub-1355"] == pytest.approx(212.034256)
    assert n0["sub-1355"] == pytest.approx(255.716095)


def test_what_others_hold_is_taken_off(tmp_path: Path, tables: Tables) -> None:
    """100 MW at substation 1355 and 20 MW in its county (44003): 92.0 MW of 212.0; one outside the county keeps all."""
    held = {
        "committed_utility_mw_by_substation": {"1355": "100 MW"},
        "committed_utility_mw_by_county": {"44003": "20 MW"},
    }
    mw = places(tmp_path, tables, {**RHODE_ISLAND, **held})["final_utility_mw"]
    assert mw["sub-1355"] == pytest.approx(212.034256 - 120)
    assert mw["sub-1360"] == pytest.approx(166.078995)


def test_what_others_hold_can_empty_a_substation(tmp_path: Path, tables: Tables) -> None:
    """500 MW of 212: below the least MW it is no candidate, never one with negative MW."""
    held = {"committed_utility_mw_by_substation": {"1355": "500 MW"}}
    grid = {"grid": {"states": ["RI"], "min_utility_mw": "0 MW"}}
    assert "sub-1355" not in places(tmp_path, tables, {**RHODE_ISLAND, **held}).index
    empty = places(tmp_path, tables, {**grid, **held}).loc["sub-1355"]
    assert empty["final_utility_mw"] == 0
    assert empty["excluded_by"] == "less MW than a first phase"


@pytest.mark.parametrize(
    "held",
    [
        {"committed_utility_mw_by_substation": {"sub-1355": "100 MW"}},
        {"committed_utility_mw_by_county": {"4403": "20 MW"}},
    ],
)
def test_what_others_hold_must_name_a_place(tmp_path: Path, tables: Tables, held: dict[str, Any]) -> None:
    """An id that no substation or county has would be taken as nothing held: it is refused by name."""
    text = fault(tmp_path, tables, {**RHODE_ISLAND, **held})
    assert next(iter(held)) in text and next(iter(next(iter(held.values())))) in text


def test_no_campus_is_larger_than_the_largest(tmp_path: Path, tables: Tables) -> None:
    """120 MW caps substation 1323 (725.0), Abilene of the file (150) but not Chicago (60)."""
    both = {"grid": {"states": ["RI"]}, "file": {"path": "sites.csv"}, "largest_campus_utility_mw": "120 MW"}
    mw = places(tmp_path, tables, both)["final_utility_mw"]
    assert (mw["sub-1323"], mw["abilene"], mw["chicago"]) == (120, 120, 60)


def test_the_least_mw_is_held_against_the_capped_mw(tmp_path: Path, tables: Tables) -> None:
    """A campus of at most 120 MW never has 150: the filter that empties the study is named."""
    grid = {"grid": {"states": ["RI"], "min_utility_mw": "150 MW"}, "largest_campus_utility_mw": "120 MW"}
    assert "no candidate after min_utility_mw = 150 MW (112 before it)" in fault(tmp_path, tables, grid)


def test_the_filter_that_leaves_nothing_is_named(tmp_path: Path, tables: Tables) -> None:
    """No substation of Rhode Island is in Texas: 112 before the second filter."""
    text = fault(tmp_path, tables, {"grid": {"states": ["RI"], "interconnects": ["Texas"]}})
    assert "no candidate after interconnects = ['Texas'] (112 before it)" in text


def test_a_first_phase_counts_whole_modules(tmp_path: Path, tables: Tables) -> None:
    """A first phase of 25 MW in modules of 10 is three modules: 30 MW x peak PUE; 32 MW at the meter holds two."""
    rows = "small,41.88,-87.63,own,32,,,,,\nlarge,41.88,-87.63,own,40,,,,,\n"
    halls = {"module_it_mw": "10 MW", "first_phase_it_mw": "25 MW"}
    found = places(tmp_path, tables, rows=rows, halls=halls)
    assert found["pue_peak"].between(1.14, 1.25).all()
    assert found["excluded_by"].to_dict() == {"small": "less MW than a first phase", "large": ""}


def test_a_place_of_the_file_is_tied_to_the_nearest_bus(tmp_path: Path, tables: Tables) -> None:
    """Dallas lies beside a substation of the Texas grid; a file's MW are not capped by that substation."""
    dallas = places(tmp_path, tables).loc["dallas"]
    assert dallas["grid_checked"] and pd.notna(dallas["bus_id"])
    assert (dallas["state"], dallas["interconnect"], dallas["county_fips"]) == ("TX", "Texas", "48113")
    assert dallas["final_utility_mw"] == 100


def test_far_from_every_bus_the_grid_is_not_checked(tmp_path: Path, tables: Tables) -> None:
    """Within 10 metres of Dallas there is no substation: no bus, but still a candidate."""
    file = {"file": {"path": "sites.csv", "nearest_bus_within_km": "0.01 km"}}
    found = places(tmp_path, tables, file)
    assert not found["grid_checked"].any()
    assert found["bus_id"].isna().all()
    assert (found["excluded_by"] == "").all()


def test_a_file_may_name_its_bus(tmp_path: Path, tables: Tables) -> None:
    """Bus 2863 of Rhode Island wins over the nearest one, and over a distance at which none is near."""
    header, row = "candidate,lat,lon,tenure,utility_mw,bus_id\n", "dallas,32.78,-96.80,own,60,2863\n"
    study = small_study(tmp_path, candidates={"file": {"path": "sites.csv", "nearest_bus_within_km": "0.01 km"}})
    (tmp_path / "sites.csv").write_text(header + row)
    assert candidate_frame(study, tables)[["bus_id", "grid_checked"]].to_numpy().tolist() == [[2863, True]]


def test_a_bus_that_does_not_exist_is_refused(tmp_path: Path, tables: Tables) -> None:
    """The row and the number are named."""
    study = small_study(tmp_path)
    (tmp_path / "sites.csv").write_text(
        "candidate,lat,lon,tenure,utility_mw,bus_id\ndallas,32.78,-96.80,own,60,900001\n"
    )
    with pytest.raises(InputError, match=r"row 2, bus_id.*900001"):
        candidate_frame(study, tables)


def test_a_file_may_state_power_at_the_racks(tmp_path: Path, tables: Tables) -> None:
    """50 MW IT is 50 MW x the county's peak PUE at the meter."""
    found = places(tmp_path, tables, rows="rack,32.45,-99.73,own,,50,62,,,\n").loc["rack"]
    assert found["final_utility_mw"] == pytest.approx(50 * found["pue_peak"])


def test_a_file_wins_over_the_tables(tmp_path: Path, tables: Tables) -> None:
    """Abilene states 62 USD/MWh and 2025-Q2; Dallas has the price of Texas and the study's wait of two quarters."""
    found = places(tmp_path, tables)
    assert found.loc["abilene", "usd_per_mwh"] == 62
    assert found.loc["abilene", "energization"] == parse_quarter("2025-Q2")
    assert found.loc["dallas", "energization"] == parse_quarter("2024-Q4")
    assert 40 < found.loc["dallas", "usd_per_mwh"] < 100


def test_an_id_twice_is_refused(tmp_path: Path, tables: Tables) -> None:
    """A place of the file that is called like a substation of the grid, whatever its case."""
    both = {"grid": {"states": ["RI"]}, "file": {"path": "sites.csv"}}
    text = fault(tmp_path, tables, both, rows="SUB-1355,41.75,-71.38,own,60,,,,,\n")
    assert "SUB-1355" in text and "every candidate id once" in text


def test_a_place_outside_the_grid_is_refused(tmp_path: Path, tables: Tables) -> None:
    """Toronto: there is no state, price or grid."""
    assert "one of the 48 states or DC" in fault(tmp_path, tables, rows="toronto,43.65,-79.38,own,60,,,,,\n")


MARKETS = {"colocation": {"markets": ["Chicago", "Phoenix"], "available_it_mw": "20 MW", "ready": "2025-Q1"}}


def test_markets_are_candidates(tmp_path: Path, tables: Tables) -> None:
    """Mid rents of March 2024: Chicago (125 + 140) / 2, Phoenix (130 + 170) / 2; 20 MW IT each, from 2025-Q1."""
    found = places(tmp_path, tables, MARKETS)
    assert found["rent_usd_per_kw_month"].to_dict() == {"colo-chicago": 132.5, "colo-phoenix": 150.0}
    assert found["final_utility_mw"].to_numpy() == pytest.approx(20 * found["pue_peak"].to_numpy())
    assert (found["energization"] == parse_quarter("2025-Q1")).all()
    assert found["construction_musd_per_it_mw"].isna().all()


def test_the_end_of_the_rent_and_its_day(tmp_path: Path, tables: Tables) -> None:
    """High end in Chicago: 140 on 1 April 2024; 95 of the row before on 1 January."""
    for day, rent in (("2024-04-01", 140.0), ("2024-01-01", 95.0)):
        found = places(tmp_path, tables, MARKETS, colocation={"rent_level": "high"}, prices_on=day)
        assert found.loc["colo-chicago", "rent_usd_per_kw_month"] == rent


def test_an_unknown_market_is_refused(tmp_path: Path, tables: Tables) -> None:
    """The fault lists those that have a rent."""
    colo = {"colocation": {**MARKETS["colocation"], "markets": ["Atlantis"]}}
    text = fault(tmp_path, tables, colo)
    assert "Atlantis" in text and "Chicago" in text


def test_all_sources_together(tmp_path: Path, tables: Tables) -> None:
    """112 substations, three places of the file, two markets."""
    found = places(tmp_path, tables, {"grid": {"states": ["RI"]}, "file": {"path": "sites.csv"}, **MARKETS})
    assert len(found) == 112 + 3 + 2
    assert found["tenure"].value_counts().to_dict() == {"own": 115, "colocation": 2}


def test_a_tenure_that_is_off_is_counted_not_used(tmp_path: Path, tables: Tables) -> None:
    """money.own = false: the file's places stay in the frame with the reason."""
    money = {
        "discount_rate": "10 %/y",
        "funding": [{"quarter": "2024-Q2", "amount_musd": "9 GUSD", "status": "closed"}],
        "own": False,
    }
    found = places(tmp_path, tables, {"file": {"path": "sites.csv"}, **MARKETS}, money=money)
    assert found["excluded_by"].to_dict() == {
        **dict.fromkeys(["abilene", "dallas", "chicago"], "money.own = false"),
        **dict.fromkeys(["colo-chicago", "colo-phoenix"], ""),
    }


def _row(low: int, mid: int, high: int, *where: str) -> dict[str, Any]:
    return {"where": list(where), "low_quarters": low, "mid_quarters": mid, "high_quarters": high, "note": "assumption"}


@pytest.mark.parametrize(("case", "texas", "east"), [("low", 1, 7), ("mid", 2, 8), ("high", 3, 9)])
def test_time_to_power_by_the_first_row_that_matches(
    tmp_path: Path, tables: Tables, case: str, texas: int, east: int
) -> None:
    """TX before the interconnection Texas before everywhere else; the file's own date stands."""
    rows = [_row(1, 2, 3, "TX"), _row(4, 5, 6, "Texas"), _row(7, 8, 9)]
    found = places(tmp_path, tables, power={"time_to_power": rows, "case": case})["energization"]
    start = parse_quarter("2024-Q2")
    assert (found["dallas"] - start, found["chicago"] - start) == (texas, east)
    assert found["abilene"] == parse_quarter("2025-Q2")


def test_time_to_power_by_interconnection(tmp_path: Path, tables: Tables) -> None:
    """A row for Eastern speaks of Chicago."""
    found = places(tmp_path, tables, power={"time_to_power": [_row(1, 2, 3, "Eastern"), _row(4, 5, 6)]})
    start = parse_quarter("2024-Q2")
    assert found.loc[["dallas", "chicago"], "energization"].tolist() == [start + 5, start + 2]


def test_no_row_for_a_state_is_refused(tmp_path: Path, tables: Tables) -> None:
    """Only Texas has a row: Illinois is named."""
    text = fault(tmp_path, tables, power={"time_to_power": [_row(1, 2, 3, "TX")]})
    assert "power.time_to_power" in text and "no row for IL" in text


def test_power_before_the_start_is_there_at_the_start(tmp_path: Path, tables: Tables) -> None:
    """A place energized in 2023 has power in the first quarter, no earlier."""
    found = places(tmp_path, tables, rows="old,32.45,-99.73,own,60,,62,2023-Q1,,\n")
    assert found.loc["old", "energization"] == parse_quarter("2024-Q2")


def test_ramp_by_mw_never_above_the_final_mw(tmp_path: Path, tables: Tables) -> None:
    """8, 50, 150 MW after 0, 2 and 4 quarters: Abilene (150) from quarter 4, Chicago (60) from 2 with its 60 as cap."""
    ramp = [{"after_quarters": n, "utility_mw": f"{mw} MW"} for n, mw in ((0, 8), (2, 50), (4, 150))]
    power = {"time_to_power": [_row(1, 2, 4)], "ramp": ramp}
    mw = assemble(small_study(tmp_path, power=power), tables).problem.energized_mw
    assert mw[0].tolist() == [0, 0, 0, 0, 8, 8, 50, 50, 150, 150, 150, 150]
    assert mw[2].tolist() == [0, 0, 8, 8, 50, 50, 60, 60, 60, 60, 60, 60]


def test_the_ramp_of_a_place_with_power_goes_on(tmp_path: Path, tables: Tables) -> None:
    """Energized in 2023-Q4, two quarters before 2024-Q2, by 8, 50, 150 MW after 0, 2 and 4 quarters: 50 MW flow at the
    start and 150 from the third quarter on. A connection that is sooner changes nothing there."""
    ramp = [{"after_quarters": n, "utility_mw": f"{mw} MW"} for n, mw in ((0, 8), (2, 50), (4, 150))]
    old, own = (
        f"{name},32.45,-99.73,own,150,,62,{when},,\n" for name, when in (("old", "2023-Q4"), ("new", "2025-Q2"))
    )
    power = {"time_to_power": [_row(1, 2, 4)], "ramp": ramp}
    study = small_study(tmp_path, rows=old + own, power=power)
    usable = candidate_frame(study, tables)
    assert energized_mw(study, usable)[0].tolist() == [50.0] * 2 + [150.0] * 10
    assert energized_mw(study, usable)[1].tolist() == [0.0] * 4 + [8.0] * 2 + [50.0] * 2 + [150.0] * 4
    sooner = energized_mw(study, usable, earlier=6)
    assert sooner[0].tolist() == [50.0] * 2 + [150.0] * 10
    assert sooner[1].tolist() == [8.0] * 2 + [50.0] * 2 + [150.0] * 8


def test_ramp_by_share(tmp_path: Path, tables: Tables) -> None:
    """A quarter of the final MW, then all: Dallas 25 and 100 MW. Colocation has no ramp."""
    ramp = [{"after_quarters": 0, "share": "25 %"}, {"after_quarters": 3, "share": "100 %"}]
    power = {"time_to_power": [_row(1, 2, 4)], "ramp": ramp}
    rows = DALLAS + "hall,32.78,-96.80,colocation,5,,,2024-Q3,130,\n"
    halls = {"module_it_mw": "1 MW", "first_phase_it_mw": "1 MW"}
    mw = assemble(small_study(tmp_path, rows, power=power, halls=halls), tables).problem.energized_mw
    assert mw[0, :6].tolist() == [0, 0, 25, 25, 25, 100]
    assert mw[1, :3].tolist() == [0, 5, 5]


def test_halls_may_stand_before_power(tmp_path: Path, tables: Tables) -> None:
    """Built in 5 quarters, energized after 8: live from 5, without a MW until 8. Colocation halls wait for both."""
    rows = CHICAGO + "hall,32.78,-96.80,colocation,40,,,2025-Q1,130,\n" + ABILENE
    power = {"time_to_power": [_row(8, 8, 8)]}
    found = assemble(small_study(tmp_path, rows, power=power), tables).problem
    assert found.live_from.tolist() == [5, 3, 5]
    assert np.flatnonzero(found.energized_mw[0]).min() == 8


def test_modules_that_the_meter_holds(tmp_path: Path, tables: Tables) -> None:
    """floor(150 MW / (peak PUE x 10 MW)) at Abilene, first phase 30 MW: three modules."""
    assembled = assemble(small_study(tmp_path), tables)
    peak = assembled.usable["pue_peak"].to_numpy()
    assert assembled.problem.modules_max.tolist() == [int(150 // (10 * peak[0])), int(100 // (10 * peak[1])), 5]
    assert assembled.problem.modules_first.tolist() == [3, 3, 3]
