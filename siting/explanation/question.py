"""The study without a plan, over the candidates that an explanation looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from siting.assembly import Assembled, assemble
from siting.assembly.tenures import SMALL_FOR_SHELLS
from siting.errors import InputError
from siting.problem import IntArray, Problem
from siting.problem.grid_rows import GridRows
from siting.reduction.screen import screen
from siting.study import Study
from siting.study.tenures import TENURES
from siting.tables.read import Tables

NAMED = 30
"""Up to so many places each has limits of its own; more are named together, and round trips stay as they are."""
SHELLS = "halls.shell_it_mw"
LOOKED_AT = 40
"""About so many candidates are looked at where there are more: the cheapest hosts and servers, with the limits and
without those of dates and of power."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """The study without a plan, and the part of it that is looked at."""

    study: Study
    tables: Tables
    assembled: Assembled
    """Of the study, with the places that it rules out by choice still in."""
    rows: IntArray
    """Candidates that are looked at, positions in `assembled`."""
    problem: Problem
    """Over these candidates."""
    ruled_out: Mapping[str, IntArray]
    """Key of the study -> candidates, positions in `problem`, that it rules out."""
    leases_ruled_out: bool = False
    """Whether the study leases nothing though it has offers: they are in `problem` all the same."""
    wide: bool = False
    """Whether there are so many candidates that none is named by itself."""

    def quarter(self, t: int) -> int:
        """Ordinal of quarter t of the horizon."""
        return int(self.study.start) + t


def question_of(study: Study, tables: Tables, assembled: Assembled, grid: GridRows | None) -> Question:
    """The question, with the places and offers that the study rules out by choice among those that are looked at.

    grid: lines that plans on the way overloaded, over the candidates of `assembled`.
    """
    if grid is not None:
        assembled = replace(assembled, problem=replace(assembled.problem, grid=grid))
    ruled_out: dict[str, list[str]] = {}
    leases, current = False, study
    if grid is None or not len(grid.room_mw):  # lines are known over these candidates alone
        for key, change in _choices(study, assembled):
            wider_study = current.update({key: change})
            try:
                wider = assemble(wider_study, tables)
            except InputError:  # what it would admit lacks a figure
                continue
            known = set(assembled.usable["candidate"])
            added = [name for name in wider.usable["candidate"] if name not in known]
            more_leases = len(wider.leases) > len(assembled.leases)
            if not added and not more_leases:
                continue
            current, assembled, leases = wider_study, wider, leases or more_leases
            if key == "rules.forbidden":
                ruled_out |= {f"{key}.{study.rules.forbidden.index(name)}": [name] for name in added}
            elif added:
                ruled_out[key] = added
    return _over(study, tables, assembled, ruled_out, leases)


def _choices(study: Study, assembled: Assembled) -> list[tuple[str, object]]:
    """Fields by which a study rules places or offers out, and what they are without that. Shells are one where no own
    campus is left for them: the smallest are of one module."""
    found: list[tuple[str, object]] = [("rules.forbidden", [])] if study.rules.forbidden else []
    small = (assembled.candidates["excluded_by"] == SMALL_FOR_SHELLS).any()
    if small and not (assembled.usable["tenure"] == "own").any():
        found.append((SHELLS, f"{study.halls.module_it_mw:.15g} MW"))
    return found + [(f"money.{name}", True) for name in (*TENURES, "lease") if not getattr(study.money, name)]


def _over(
    study: Study, tables: Tables, assembled: Assembled, ruled_out: dict[str, list[str]], leases: bool
) -> Question:
    rows = _looked_at(assembled.problem)
    problem = assembled.problem.take(rows)
    ids = problem.candidate_id.tolist()
    kept = {key: np.flatnonzero([name in names for name in ids]) for key, names in ruled_out.items()}
    return Question(
        study=study,
        tables=tables,
        assembled=assembled,
        rows=rows,
        problem=problem,
        ruled_out={key: members for key, members in kept.items() if len(members)},
        leases_ruled_out=leases,
        wide=len(assembled.usable) > NAMED,
    )


def _looked_at(p: Problem) -> IntArray:
    """All candidates when they are few; else hosts and servers of three problems: as it is, without limits of dates,
    without those of power as well."""
    if len(p.candidate_id) <= NAMED:
        return np.arange(len(p.candidate_id))
    at_once = np.broadcast_to(p.energized_mw.max(axis=1, keepdims=True), p.energized_mw.shape)
    kinds = np.where(p.deliver_from < p.quarters, 0, p.deliver_from)
    dated = replace(p, live_from=np.zeros_like(p.live_from), deliver_from=kinds, energized_mw=at_once)
    modules = np.maximum(p.modules_max, int(p.modules_max.max()))
    power = np.broadcast_to((modules * p.module_it_mw * p.pue_peak)[:, None], p.energized_mw.shape)
    large = replace(dated, modules_max=modules, energized_mw=np.maximum(power, at_once))
    parts = [screen(p, LOOKED_AT // 3).rows, screen(dated, LOOKED_AT // 3).rows, screen(large, LOOKED_AT // 4).rows]
    return np.unique(np.concatenate(parts)).astype(np.int64)
