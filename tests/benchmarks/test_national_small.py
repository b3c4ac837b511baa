"""The national benchmark at its smallest size: it runs to the end and what it prints is in order."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from peers import as_linopy, run_peer
from tiny_problems import hand_problem

from siting.formulation.build import build_model
from siting.solver.compile import compile_model

ROOT = Path(__file__).parents[2]


def _run(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, str(ROOT / "tests/benchmarks/national.py"), *arguments, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_a_sample_of_25_is_bounded_and_measured_phase_by_phase() -> None:
    """25 candidates, the bound alone: not above the relaxation, near the peer's root; phases apart."""
    found = _run("--candidates", "25", "--time-limit", "10", "--gap", "0.5", "--bound-only", "--peer", "pyomo")
    assert found["candidates"] == 25
    assert 0.0 < found["bound"] <= found["relaxed"] * (1.0 + 1e-6)
    assert found["value"] is None
    for phase in ("read", "sample", "assemble", "reduce", "price"):
        assert found["phases"][phase]["seconds"] >= 0.0
        assert found["phases"][phase]["peak_mb"] > 50.0
    assert sum(phase["seconds"] for phase in found["phases"].values()) <= found["seconds"]
    assert found["seconds"] <= 1.1 * 10.0 + 2.0
    peer = found["peers"]["pyomo"]
    assert found["bound"] >= 0.9 * peer["root_bound"]


def test_a_peer_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without linopy there is no figure of it, and the line says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    found = run_peer("linopy", hand_problem(), 1.0, 0.1)
    assert found == {"ended": "linopy is not installed: pip install 'siting[benchmarks]'"}


def test_linopy_has_the_same_rows_and_columns() -> None:
    """One site, two quarters: as many columns as the matrix, a row for each limit of a row."""
    pytest.importorskip("linopy")
    matrix = compile_model(build_model(hand_problem()))
    model = as_linopy(matrix, whole=True)
    assert model.nvars == len(matrix.cost)
    assert model.ncons == int((matrix.row_lower > -1e300).sum() + (matrix.row_upper < 1e300).sum())
