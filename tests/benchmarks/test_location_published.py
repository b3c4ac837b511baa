"""A few published instances of every kind, where the folder is there: value and bound are the published optimum."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from location_files import read_instance
from location_problems import solved
from location_published import FOLDER, MISSING, RADIUS_M, SPOPT, published

from siting.solver.highs import Options

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)
QUICK = [
    *("cap41", "cap71", "cap134", "cap71_uncapacitated", "cap61_single_source", "capa_14000", "capa_uncapacitated"),
    *("holmberg_p1", "holmberg_p20", "delmaire_p3", "pmed1_pmedian", "pmed1_pcenter", "pmed6_pmedian"),
    *("spopt_sf_lscp", "spopt_sf_mclp", "spopt_sf_pmedian", "spopt_sf_pcenter"),
]


@pytest.mark.parametrize("name", QUICK)
def test_published_optimum(name: str) -> None:
    """Published figures are rounded: 1e-6 of them, and a thousandth."""
    entry = next((e for e in published() if e.name == name), None)
    if entry is None:
        pytest.skip(f"no published optimum of {name}")
    instance = read_instance(entry.file, entry.form, entry.capacity)
    found = solved(instance, entry.problem, Options(gap=1e-6, threads=1), p=entry.p, radius=entry.radius)
    assert found.value == pytest.approx(entry.optimum, rel=1e-6, abs=1e-3)
    assert found.bound == pytest.approx(entry.optimum, rel=3e-6, abs=1e-3)


def test_the_runner_prints_one_object() -> None:
    """value, bound, gap and seconds, the last one a number."""
    script = Path(__file__).parent / "location.py"
    asked = ["--format", "spopt-csv", "--problem", "lscp", "--radius", f"{RADIUS_M}", "--json"]
    done = subprocess.run([sys.executable, script, FOLDER / SPOPT, *asked], capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert set(answer) == {"value", "bound", "gap", "seconds"}
    assert answer["value"] == answer["bound"] == 8.0 and isinstance(answer["seconds"], float)
