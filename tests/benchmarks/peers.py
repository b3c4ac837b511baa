"""Peers of the national benchmark: the whole model over every candidate, each in a process of its own.

pyomo: the model of `siting.formulation` over all candidates at once, nothing screened, nothing priced, compiled by
Pyomo's own standard form, and HiGHS. It has coverage classes and whole totals already, so it is a stronger peer than a
first draft with an arc for every candidate and region.

Run as a script with the file of a pickled problem, it writes one JSON line as each stage ends; whoever started it ends
it when the time is up and keeps the stages that were reached.
"""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from siting.formulation.build import build_model
from siting.memory import peak_mb
from siting.problem import Problem
from siting.solver.compile import compile_model
from siting.solver.highs import Options, solve_matrix

NAMES = ("pyomo",)
MOST_GB = 12
"""Memory that a peer may take, address space counted."""
BEYOND_S = 15.0
"""Seconds after its limit by which a peer must have ended by itself."""


def run_peer(name: str, p: Problem, time_limit_s: float, gap: float) -> dict[str, Any]:
    """Stages that the peer reached: root_seconds (from the start to the bound of its linear relaxation), root_bound,
    value, bound, seconds, peak_mb and the size of its model; absent where it did not come so far, and `ended` says why.

    The root and the search for a plan have the time limit each.
    """
    if name not in NAMES:
        raise ValueError(f"peer {name!r}: one of {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "problem.pickle"
        file.write_bytes(pickle.dumps(p))
        command = [sys.executable, str(Path(__file__).resolve()), str(file), str(time_limit_s), str(gap)]
        out = Path(folder) / "stages"
        with out.open("wb") as stream:
            process = subprocess.Popen(command, stdout=stream, stderr=subprocess.PIPE)
            try:
                _, errors = process.communicate(timeout=2.0 * time_limit_s + BEYOND_S)
                ended = "finished" if process.returncode == 0 else _last_line(errors)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                ended = "time limit"
        found: dict[str, Any] = {}
        for line in out.read_text().splitlines():
            found |= json.loads(line)
    return {**found, "ended": ended}


def _last_line(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "ended without a word"


def _pyomo(p: Problem, time_limit_s: float, gap: float) -> None:
    began = time.perf_counter()
    model = build_model(p)
    built = time.perf_counter()
    _tell(build_seconds=built - began)
    matrix = compile_model(model)
    compiled = time.perf_counter()
    size = {"rows": len(matrix.row_lower), "columns": len(matrix.cost), "nonzeros": int(matrix.a.nnz)}
    _tell(compile_seconds=compiled - built, **size)
    left = time_limit_s - (compiled - began)
    if left <= 0.0:
        return
    options = Options(gap=gap, time_limit_s=left, threads=1)
    root = solve_matrix(replace(matrix, integer=np.zeros_like(matrix.integer)), options)
    if root.value is not None and root.row_dual is not None:
        _tell(root_seconds=time.perf_counter() - began, root_bound=root.value)
    again = time.perf_counter()
    found = solve_matrix(matrix, replace(options, time_limit_s=left))
    seconds = (compiled - began) + time.perf_counter() - again
    _tell(value=found.value, bound=found.bound, seconds=seconds, nodes=found.nodes)


def _tell(**stage: Any) -> None:
    print(json.dumps({**stage, "peak_mb": peak_mb()}), flush=True)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_GB << 30, MOST_GB << 30))
    _pyomo(pickle.loads(Path(sys.argv[1]).read_bytes()), float(sys.argv[2]), float(sys.argv[3]))
