"""Ramps in the planner's file: read as steps, refused by row with what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from siting.errors import InputError
from siting.tables.planner_files import ramp_steps, read_candidates

HEADER = "candidate,lat,lon,tenure,utility_mw,energization,market,ramp\n"


def test_steps() -> None:
    """8 MW at once, 50 after two quarters, 150 after five; spaces do not count; a blank is no step."""
    assert ramp_steps("0:8;2:50;5:150") == [(0, 8.0), (2, 50.0), (5, 150.0)]
    assert ramp_steps(" 1 : 2.5 ; ") == [(1, 2.5)]
    assert ramp_steps("") == []


@pytest.mark.parametrize(
    ("ramp", "tenure", "expected"),
    [
        ("8;50", "own", "steps"),
        ("0=8", "retrofit", "steps"),
        ("0:-8", "own", "steps"),
        ("0:8 MW", "own", "steps"),
        ("2:8;0:50", "powered_shell", "rising order"),
        ("0:8;0:50", "own", "rising order"),
        ("0:50;2:8", "own", "never fall"),
        ("0:8", "colocation", "no ramp"),
    ],
)
def test_a_ramp_that_cannot_be_read_is_named_by_its_row(tmp_path: Path, ramp: str, tenure: str, expected: str) -> None:
    """Text that is no step, quarters that do not rise, a ramp of a hall that is handed over with its power."""
    (tmp_path / "sites.csv").write_text(f"{HEADER}a,32.45,-99.73,{tenure},20,,,{ramp}\n")
    with pytest.raises(InputError) as caught:
        read_candidates(tmp_path / "sites.csv")
    (fault,) = caught.value.faults
    assert fault.key == "row 2, ramp" and expected in fault.expected
