"""Demand by region and quarter, and who reaches whom inside the round trip target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_studies import H100, small_study

from siting.assembly import assemble
from siting.assembly.demand import Demand
from siting.errors import InputError
from siting.tables.read import Tables

PLACED: dict[str, Any] = {
    "name": "placed", "accelerator": H100, "gpus": 1000, "term_quarters": 4, "deliver_from": "2024-Q4",
    "usd_per_gpu_h": "1 USD/GPU/h", "lat": 41.88, "lon": -87.63,
}  # fmt: skip


def demand(folder: Path, tables: Tables, changes: dict[str, Any] | None = None, **ask: Any) -> Demand:
    """Of 1,000 H100e from 2025-Q1 in the five largest regions, within 100 ms of the backbone unless asked otherwise."""
    wish = {
        "peak_h100e_bf16": 1000,
        "first_quarter": "2025-Q1",
        "regions": 5,
        "rtt_target_ms": "100 ms",
        "rtt_basis": "backbone",
    }
    study = small_study(folder, **{"inference": {**wish, **ask}, "clusters": [], **(changes or {})})
    return assemble(study, tables).demand


def test_the_peak_is_split_by_population(tmp_path: Path, tables: Tables) -> None:
    """New York 19.71 of 51.72 million: 381 of 1,000 H100e; all together 1,000."""
    found = demand(tmp_path, tables)
    people = [19_709_663, 13_190_395, 7_955_442, 5_916_040, 4_946_826]
    assert found.regions["region"].tolist() == [
        "New York NY",
        "Los Angeles CA",
        "Chicago IL",
        "Dallas TX",
        "Phoenix AZ",
    ]
    assert found.regions["share"].sum() == pytest.approx(1.0)
    assert found.h100e[:, 3] == pytest.approx([1000 * n / sum(people) for n in people])


def test_it_begins_in_its_first_quarter_and_grows_from_there(tmp_path: Path, tables: Tables) -> None:
    """Nothing in three quarters, 1,000 in 2025-Q1, at 21 %/y 1,100 after two quarters and 1,210 after four."""
    total = demand(tmp_path, tables, growth="21 %/y").h100e.sum(axis=0)
    assert total[:4] == pytest.approx([0, 0, 0, 1000])
    assert total[[5, 7]] == pytest.approx([1100, 1210])


def test_demand_may_shrink(tmp_path: Path, tables: Tables) -> None:
    """-19 %/y: 900 after two quarters."""
    assert demand(tmp_path, tables, growth="-19 %/y").h100e.sum(axis=0)[5] == pytest.approx(900)


def test_round_trips_by_the_fitted_line(tmp_path: Path, tables: Tables) -> None:
    """Chicago to New York, 1,149 km: 0.0182 x 1,149 + 8.1 = 29.0 ms; inside a city the floor, 13.1 ms."""
    rtt = demand(tmp_path, tables).rtt_ms
    assert rtt[2, 0] == pytest.approx(29.0, abs=0.1)
    assert (rtt[2, 2], rtt[1, 3]) == (pytest.approx(13.105), pytest.approx(13.105))


def test_users_are_ten_milliseconds_farther(tmp_path: Path, tables: Tables) -> None:
    """Basis user adds the access adder, here the default of 10 ms and a stated 4 ms."""
    backbone = demand(tmp_path, tables).rtt_ms
    assert demand(tmp_path, tables, rtt_basis="user").rtt_ms - backbone == pytest.approx(np.full((3, 5), 10.0))
    own = demand(tmp_path, tables, rtt_basis="user", access_adder_ms="4 ms").rtt_ms
    assert own - backbone == pytest.approx(np.full((3, 5), 4.0))


def test_the_target_is_met_after_the_adder(tmp_path: Path, tables: Tables) -> None:
    """30 ms reaches New York from Chicago (29.0) on the backbone; for users (39.0) it would not, and 40 ms does."""
    for basis, target in (("backbone", "30 ms"), ("user", "40 ms")):
        assert demand(tmp_path, tables, rtt_target_ms=target, rtt_basis=basis, regions=1).reach[2, 0]
    with pytest.raises(InputError, match="New York NY"):
        demand(tmp_path, tables, rtt_target_ms="30 ms", rtt_basis="user", regions=1)


def test_a_region_that_nobody_reaches_is_named(tmp_path: Path, tables: Tables) -> None:
    """Within 20 ms: New York (Chicago at 29.0 ms), Los Angeles and Phoenix (Abilene), all in one list."""
    with pytest.raises(InputError) as caught:
        demand(tmp_path, tables, rtt_target_ms="20 ms")
    texts = [str(fault) for fault in caught.value.faults]
    assert [text.split("region ")[1][:5] for text in texts] == ["New Y", "Los A", "Phoen"]
    assert "the nearest candidate is chicago at 29.0 ms" in texts[0]
    assert "abilene" in texts[1]


def test_nothing_asked_reaches_everybody(tmp_path: Path, tables: Tables) -> None:
    """A peak of 0 refuses nothing."""
    found = demand(tmp_path, tables, peak_h100e_bf16=0, rtt_target_ms="20 ms")
    assert not found.h100e.any()


def test_the_planners_round_trip_wins(tmp_path: Path, tables: Tables) -> None:
    """Chicago to New York measured at 17.5 ms: inside 20 ms; other pairs keep the line."""
    (tmp_path / "rtt.csv").write_text("candidate,region,rtt_ms\nchicago,New York NY,17.5\n")
    found = demand(tmp_path, tables, rtt_table="rtt.csv", rtt_target_ms="20 ms", regions=1)
    assert found.rtt_ms[2, 0] == 17.5
    assert found.reach[:, 0].tolist() == [False, False, True]
    assert found.rtt_ms[1, 0] > 20


def test_a_name_of_nobody_is_refused(tmp_path: Path, tables: Tables) -> None:
    """A candidate and a region that the study does not have, each with its row."""
    (tmp_path / "rtt.csv").write_text("candidate,region,rtt_ms\nnowhere,New York NY,17.5\nchicago,Paris,9\n")
    with pytest.raises(InputError) as caught:
        demand(tmp_path, tables, rtt_table="rtt.csv")
    assert ["nowhere" in str(caught.value.faults[0]), "Paris" in str(caught.value.faults[1])] == [True, True]


def test_a_round_trip_of_an_excluded_candidate_is_no_fault(tmp_path: Path, tables: Tables) -> None:
    """Chicago is too small for a first phase of 80 MW IT; its measured pairs are read and not used."""
    (tmp_path / "rtt.csv").write_text("candidate,region,rtt_ms\nchicago,Dallas TX,17.5\nabilene,Dallas TX,9\n")
    halls = {"first_phase_it_mw": "80 MW"}
    found = demand(tmp_path, tables, {"halls": halls}, rtt_table="rtt.csv")
    assert found.rtt_ms.shape == (2, 5)
    assert found.rtt_ms[0, 3] == 9


def test_a_lease_reaches_from_its_place(tmp_path: Path, tables: Tables) -> None:
    """The same line as a candidate at Chicago; without a place no arc at all."""
    nowhere = {**PLACED, "name": "nowhere", "lat": None, "lon": None}
    found = demand(tmp_path, tables, {"leases": {"bilateral": [PLACED, nowhere]}})
    assert found.lease_rtt_ms[0] == pytest.approx(found.rtt_ms[2])
    assert np.isinf(found.lease_rtt_ms[1]).all()
    assert not found.lease_reach[1].any()


def test_a_placed_lease_is_enough(tmp_path: Path, tables: Tables) -> None:
    """New York within 20 ms is served from a lease at Newark alone."""
    lease = {**PLACED, "lat": 40.73, "lon": -74.17}
    found = demand(tmp_path, tables, {"leases": {"bilateral": [lease]}}, rtt_target_ms="20 ms", regions=1)
    assert found.lease_reach.tolist() == [[True]]
    assert not found.reach.any()


def test_no_inference_has_no_regions(tmp_path: Path, tables: Tables) -> None:
    """Arrays of no column."""
    found = assemble(small_study(tmp_path), tables).demand
    assert (found.h100e.shape, found.reach.shape) == ((0, 12), (3, 0))


EUROPE = {"region": "West Europe", "peak_h100e_bf16": 50, "rtt_target_ms": "130 ms"}


def test_other_continents_are_reached_by_measured_pairs(tmp_path: Path, tables: Tables) -> None:
    """Chicago ends a pair with West Europe at 106 ms; Abilene and Dallas lie more than 300 km from San Antonio,
    the nearest end. Its demand is its own, beside the thousand of the metros.
    """
    found = demand(tmp_path, tables, intercontinental=[EUROPE])
    assert found.regions["region"].iloc[-1] == "West Europe"
    assert found.h100e[-1].max() == pytest.approx(50.0)
    assert found.h100e[:-1].sum(axis=0).max() == pytest.approx(1000.0)
    assert np.isinf(found.rtt_ms[:2, -1]).all()
    assert found.rtt_ms[2, -1] == pytest.approx(106.0, abs=0.1)
    assert found.reach[:, -1].tolist() == [False, False, True]


def test_only_percentiles_are_compared_with_a_percentile(tmp_path: Path, tables: Tables) -> None:
    """Frankfurt has a mean only, from another network."""
    with pytest.raises(InputError, match=r"a region with measured pairs: .*West Europe"):
        demand(tmp_path, tables, intercontinental=[{**EUROPE, "region": "Frankfurt"}])


def test_another_continent_that_nobody_reaches_is_refused(tmp_path: Path, tables: Tables) -> None:
    """100 ms are less than Chicago's 106."""
    with pytest.raises(InputError, match="region West Europe"):
        demand(tmp_path, tables, intercontinental=[{**EUROPE, "rtt_target_ms": "100 ms"}])
