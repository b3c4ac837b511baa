"""models/fleet.toml is read and put together against the tables; solving it takes a minute or two and is no test."""

from __future__ import annotations

from pathlib import Path

import pytest

import siting
from siting.run import assemble_only


def test_the_fleet_is_well_posed() -> None:
    """Five fabrics of 199 pods of 1,008 GB200, 383 MW of IT each, on thousands of substations with 400 MW or more."""
    study = siting.read_study(Path(__file__).parents[2] / "models" / "fleet.toml")
    assembled = assemble_only(study)
    problem = assembled.problem
    assert problem.cluster_pods.tolist() == [[199]] * 5
    assert float(problem.pod_it_mw[0]) * 199 == pytest.approx(383.1, abs=0.1)
    assert len(problem.candidate_id) > 1000
    assert study.grid.joint == "n0"
    assert sum(part.amount_musd for part in study.money.funding) == 100_000
