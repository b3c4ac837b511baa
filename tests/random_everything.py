"""Random tiny problems with every part switched on at random: all makers `with_<part>` of modules `random_<part>`."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tiny_problems import random_problem

from siting.problem import Problem

Maker = Callable[[Problem, np.random.Generator], Problem]


def makers() -> dict[str, Maker]:
    """Every maker by name, in the order of the names; a new part is in the mix as soon as its module is there."""
    found: dict[str, Maker] = {}
    for path in sorted(Path(__file__).parent.glob("random_*.py")):
        if path.stem != "random_everything":
            module = importlib.import_module(path.stem)
            found |= {name: maker for name, maker in vars(module).items() if name.startswith("with_")}
    return dict(sorted(found.items()))


NOT_BESIDE_CLASSES = frozenset({"with_curtailable", "with_income_tax", "with_large_load", "with_rules"})
"""What a study with halls of two cooling classes is refused with (of the rules: campuses that stand at the start)."""


def as_studies_state(p: Problem) -> Problem:
    """Halls of both cooling classes reach what their campus reaches and are at its bus, where the units stand; a place
    that is shared carries what each of its candidates draws, and like one that stands at the start it is not offered a
    curtailable connection."""
    p = dataclasses.replace(p, reach=p.reach[p.campus])
    if p.shared is not None:
        stands, flows = p.shared.standing_mw.copy(), p.shared.energized_mw.copy()
        alone = p.modules_max * p.module_it_mw * p.pue_peak
        for members in p.shared.groups():
            stands[members] = np.maximum(stands[members], alone[members].max())
            flows[members] = np.maximum(flows[members], p.energized_mw[members].max(axis=0))
        p = dataclasses.replace(p, shared=dataclasses.replace(p.shared, standing_mw=stands, energized_mw=flows))
    if p.grid is not None:
        at = {
            "bus_id": p.grid.bus_id[p.campus],
            "island": p.grid.island[p.campus],
            "factor": p.grid.factor[:, p.campus],
        }
        p = dataclasses.replace(p, grid=dataclasses.replace(p.grid, **at))
    if p.annex is not None and p.onsite is not None:
        admitted = p.onsite.admitted & (p.annex.main < 0)[:, None]
        p = dataclasses.replace(p, onsite=dataclasses.replace(p.onsite, admitted=admitted))
    terms = p.curtailable
    if terms is None:
        return p
    refused = np.zeros(len(p.candidate_id), dtype=bool)
    if p.shared is not None:
        refused[[i for group in p.shared.groups() for i in group]] = True
    if p.rules is not None:
        refused |= p.rules.existing_modules > 0
    offered = ~refused[:, None]
    return dataclasses.replace(
        p,
        curtailable=dataclasses.replace(
            terms,
            admitted=terms.admitted & ~refused,
            earlier_mw=terms.earlier_mw * offered,
            saved_cash_musd=terms.saved_cash_musd * offered,
            saved_back_musd=terms.saved_back_musd * offered,
        ),
    )


def everything(seed: int) -> tuple[Problem, tuple[str, ...]]:
    """A random problem, and the makers that were applied to it: each with a chance of three in ten.

    Halls of a second class come first: they are candidates of their own to every other part.
    """
    rng = np.random.default_rng(10_000 + seed)
    chosen = [name for name in makers() if rng.random() < 0.3]
    if "with_cooling" in chosen:
        chosen = ["with_cooling", *(n for n in chosen if n != "with_cooling" and n not in NOT_BESIDE_CLASSES)]
    p = random_problem(seed)
    for name in chosen:
        p = makers()[name](p, rng)
    return as_studies_state(p), tuple(chosen)
