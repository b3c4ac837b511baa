"""Peers of the national benchmark: the whole model over every candidate, each in a process of its own.

pyomo: the model of `siting.formulation` over all candidates at once, nothing screened, nothing priced, compiled by
Pyomo's own standard form, and HiGHS. It has coverage classes and whole totals already, so it is a stronger peer than a
first draft with an arc for every candidate and region.

linopy, scip: the same matrix, that Pyomo has compiled, handed over; seconds count from there on. So what is compared is
what the layer takes to build and pass on arrays of variables and rows, and the solve: HiGHS behind linopy, SCIP behind
PySCIPOpt. OR-Tools CP-SAT is left out: it has no continuous variables, and service, energy and money are continuous.

Run as a script with the file of a pickled problem, it writes one JSON line as each stage ends; whoever started it ends
it when the time is up and keeps the stages that were reached.
"""

from __future__ import annotations

import importlib.util
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

import highspy
import numpy as np

from siting.formulation.build import build_model
from siting.memory import peak_mb
from siting.problem import Problem
from siting.solver.compile import Matrix, compile_model
from siting.solver.highs import Options, solve_matrix

NAMES = ("pyomo", "linopy", "scip")
MOST_GB = 12
"""Memory that a peer may take, address space counted."""
BEYOND_S = 15.0
"""Seconds after its limit by which a peer must have ended by itself."""
COMPILED_S = 120.0
"""Seconds more for those whose clock begins when the matrix is compiled."""
MODULES = {"pyomo": "", "linopy": "linopy", "scip": "pyscipopt"}
"""What each needs beside what siting has."""


def run_peer(name: str, p: Problem, time_limit_s: float, gap: float) -> dict[str, Any]:
    """Stages that the peer reached: root_seconds (from the start to the bound of its linear relaxation), root_bound,
    value, bound, seconds, peak_mb and the size of its model; absent where it did not come so far, and `ended` says why.

    The limit is for the root and, with what is left, the search for a plan.
    """
    if name not in NAMES:
        raise ValueError(f"peer {name!r}: one of {', '.join(NAMES)}")
    if (module := MODULES[name]) and importlib.util.find_spec(module) is None:
        return {"ended": f"{module} is not installed: pip install 'siting[benchmarks]'"}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "problem.pickle"
        file.write_bytes(pickle.dumps(p))
        out = Path(folder) / "stages"
        out.touch()
        command = [sys.executable, str(Path(__file__).resolve()), name, str(file), str(out)]
        command += [str(time_limit_s), str(gap)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            try:
                _, errors = process.communicate(timeout=time_limit_s + BEYOND_S + COMPILED_S * (name != "pyomo"))
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
    _tell(compile_seconds=compiled - built, **_size(matrix))
    left = time_limit_s - (compiled - began)
    if left <= 0.0:
        return
    options = Options(gap=gap, time_limit_s=left, threads=1)
    root = solve_matrix(replace(matrix, integer=np.zeros_like(matrix.integer)), options)
    if root.value is not None and root.row_dual is not None:
        _tell(root_seconds=time.perf_counter() - began, root_bound=root.value)
    left = time_limit_s - (time.perf_counter() - began)
    if left > 0.0:
        found = solve_matrix(matrix, replace(options, time_limit_s=left))
        _tell(value=found.value, bound=found.bound, seconds=time.perf_counter() - began, nodes=found.nodes)


def _linopy(p: Problem, time_limit_s: float, gap: float) -> None:
    matrix = compile_model(build_model(p))
    _tell(**_size(matrix))
    began = time.perf_counter()
    for whole in (False, True):
        left = time_limit_s - (time.perf_counter() - began)
        if left <= 0.0:
            return
        model = as_linopy(matrix, whole)
        if not whole:
            _tell(build_seconds=time.perf_counter() - began)
        wish = {"time_limit": left, "mip_rel_gap": gap, "threads": 1, "output_flag": False}
        status, condition = model.solve("highs", io_api="direct", **wish)
        spent = time.perf_counter() - began
        highs = model.solver_model.getInfo()
        if not whole and condition == "optimal":
            _tell(root_seconds=spent, root_bound=float(model.objective.value) + matrix.offset)
        elif whole:
            value = float(model.objective.value) + matrix.offset if status == "ok" else None
            _tell(value=value, bound=float(highs.mip_dual_bound) + matrix.offset, seconds=spent)


def as_linopy(matrix: Matrix, whole: bool) -> Any:
    """The matrix in linopy: one array of variables for each kind, rows in blocks of alike lengths. Rows with two limits
    that differ are two blocks. whole: with integers."""
    import linopy
    import pandas as pd
    import xarray as xr

    model = linopy.Model()
    label = np.zeros(len(matrix.cost), dtype=np.int64)
    for kind in (False, True):
        at = np.flatnonzero(matrix.integer == kind)
        if len(at):
            index = [pd.Index(at, name=f"column_{kind}")]
            low, high = matrix.lower[at], matrix.upper[at]
            if kind and whole:
                named = model.add_variables(low, high, index, name="whole", integer=True)
            else:
                named = model.add_variables(low, high, index, name="whole" if kind else "continuous")
            label[at] = named.labels.to_numpy()
    rows = matrix.a.tocsr()
    count = np.diff(rows.indptr)
    for sign, limit in (("<=", matrix.row_upper), (">=", matrix.row_lower)):
        for width in 2 ** np.arange(int(np.log2(max(count.max(initial=1), 1))) + 2):
            at = np.flatnonzero((count <= width) & (count > width // 2) & np.isfinite(limit))
            if not len(at):
                continue
            names, factors = np.full((len(at), width), -1), np.zeros((len(at), width))
            for n, row in enumerate(at.tolist()):
                part = slice(rows.indptr[row], rows.indptr[row + 1])
                names[n, : count[row]], factors[n, : count[row]] = label[rows.indices[part]], rows.data[part]
            dims = (f"row_{sign}_{width}", "_term")
            terms = xr.Dataset({"vars": (dims, names), "coeffs": (dims, factors)})
            model.add_constraints(linopy.LinearExpression(terms, model), sign, xr.DataArray(limit[at], dims=dims[:1]))
    costs = xr.Dataset({"vars": (("_term",), label), "coeffs": (("_term",), matrix.cost)})
    model.add_objective(linopy.LinearExpression(costs, model))
    return model


def _scip(p: Problem, time_limit_s: float, gap: float) -> None:
    import pyscipopt

    matrix = compile_model(build_model(p))
    _tell(**_size(matrix))
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        for whole in (False, True):
            left = time_limit_s - (time.perf_counter() - began)
            if left <= 0.0:
                return
            file = Path(folder) / f"{whole}.mps"
            write_mps(matrix if whole else replace(matrix, integer=np.zeros_like(matrix.integer)), file)
            model = pyscipopt.Model()
            model.hideOutput()
            model.readProblem(str(file))
            if not whole:
                _tell(build_seconds=time.perf_counter() - began)
            model.setParam("limits/time", left)
            model.setParam("limits/gap", gap if whole else 0.0)
            model.optimize()
            spent = time.perf_counter() - began
            if not whole and model.getStatus() == "optimal":
                _tell(root_seconds=spent, root_bound=model.getDualbound() + matrix.offset)
            elif whole:
                value = model.getObjVal() + matrix.offset if model.getNSols() else None
                _tell(value=value, bound=model.getDualbound() + matrix.offset, seconds=spent)


def write_mps(matrix: Matrix, file: Path) -> None:
    """The matrix, its offset left out, as an MPS file, by HiGHS."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(matrix.cost), len(matrix.row_lower)
    lp.col_cost_ = matrix.cost
    limits = (np.clip(one, -highspy.kHighsInf, highspy.kHighsInf) for one in (matrix.lower, matrix.upper))
    lp.col_lower_, lp.col_upper_ = limits
    lp.row_lower_ = np.clip(matrix.row_lower, -highspy.kHighsInf, highspy.kHighsInf)
    lp.row_upper_ = np.clip(matrix.row_upper, -highspy.kHighsInf, highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = matrix.a.indptr.astype(np.int32)
    lp.a_matrix_.index_ = matrix.a.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.a.data
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in matrix.integer]
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.passModel(lp)
    solver.writeModel(str(file))


def _size(matrix: Matrix) -> dict[str, int]:
    return {"rows": len(matrix.row_lower), "columns": len(matrix.cost), "nonzeros": int(matrix.a.nnz)}


def _tell(**stage: Any) -> None:
    with Path(sys.argv[3]).open("a", encoding="utf-8") as stages:  # solvers write banners to stdout
        print(json.dumps({**stage, "peak_mb": peak_mb()}), file=stages)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_GB << 30, MOST_GB << 30))
    peer = {"pyomo": _pyomo, "linopy": _linopy, "scip": _scip}[sys.argv[1]]
    peer(pickle.loads(Path(sys.argv[2]).read_bytes()), float(sys.argv[4]), float(sys.argv[5]))
