"""A study over the grid and the markets alone: columns that only the planner's file has stay blank."""

from __future__ import annotations

from pathlib import Path

from small_studies import small_study

from siting.assembly import assemble
from siting.tables.read import Tables


def test_a_study_without_a_file(tmp_path: Path, tables: Tables) -> None:
    """Substations of Rhode Island and one market: no ramp of its own, no shared place, every array in one piece."""
    market = {"markets": ["Chicago"], "available_it_mw": "20 MW", "ready": "2025-Q1"}
    for sources in (
        {"grid": {"states": ["RI"]}},
        {"colocation": market},
        {"grid": {"states": ["RI"]}, "colocation": market},
    ):
        p = assemble(small_study(tmp_path, candidates=sources), tables).problem
        assert p.shared is None
        assert p.energized_mw.shape == (len(p.candidate_id), 12) and p.energized_mw.any()
