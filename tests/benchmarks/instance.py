"""The national study at another size: a seeded sample of its candidates, other blocks, another round trip."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from siting.assembly.candidates import candidate_frame
from siting.study import Study, read_study
from siting.tables.read import Tables

STUDY = Path(__file__).with_name("national.toml")
FIRST_PHASE_MW = 30.0


@dataclass(frozen=True, kw_only=True)
class Size:
    """What the command line says of the instance."""

    candidates: int
    block_mw: float
    rtt_ms: float
    sites: int | None = None
    """At most so many; None: no limit."""
    seed: int = 0


def study_of(size: Size, time_limit_s: float) -> Study:
    """The study with blocks of another size (a first phase stays 30 MW at least), another target, at most K sites."""
    first_mw = size.block_mw * math.ceil(FIRST_PHASE_MW / size.block_mw - 1e-9)
    changes: dict[str, Any] = {
        "halls.module_it_mw": f"{size.block_mw:g} MW",
        "halls.first_phase_it_mw": f"{first_mw:g} MW",
        "inference.rtt_target_ms": f"{size.rtt_ms:g} ms",
        "search.time_limit_s": f"{time_limit_s:g} s",
    }
    if size.sites is not None:
        changes["rules.max_sites"] = size.sites
    return read_study(STUDY).update(changes)


def sampled(study: Study, tables: Tables, size: Size) -> Tables:
    """The tables with the substations of the sample only, so that reader, model and verifier all know no others.

    Drawn without replacement from the candidates that the study can use; all where there are no more than asked for.
    """
    frame = candidate_frame(study, tables)
    names = frame.loc[frame["excluded_by"] == "", "candidate"].to_numpy(object)
    if len(names) <= size.candidates:
        return tables
    kept = set(np.random.default_rng(size.seed).choice(names, size.candidates, replace=False).tolist())
    stations = tables.grid_substations
    ids = "sub-" + stations["sub_id"].astype(int).astype(str)
    return replace(tables, grid_substations=stations[ids.isin(kept)].reset_index(drop=True))
