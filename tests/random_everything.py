"""Random tiny problems with every part switched on at random: all makers `with_<part>` of modules `random_<part>`."""

from __future__ import annotations

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

NOT_BESIDE_CURTAILABLE = frozenset({"with_income_tax", "with_rules", "with_shared"})
"""A place that is shared or stands at the start is not offered one; what a cheaper connection does to the tax is held
by whole studies (test_random_whole), as the list writes off the dearer one."""

NOT_BESIDE_LARGE_LOAD = frozenset({"with_contracts", "with_limits"})
"""The list lets accelerators run for nobody where a cheap contract fills a minimum take, and does not count a shortfall
as spending that a limit asks for; the model does the opposite of both."""


def everything(seed: int) -> tuple[Problem, tuple[str, ...]]:
    """A random problem, and the makers that were applied to it: each with a chance of three in ten.

    Halls of a second class come first: they are candidates of their own to every other part.
    """
    rng = np.random.default_rng(10_000 + seed)
    chosen = [name for name in makers() if rng.random() < 0.3]
    if "with_cooling" in chosen:
        chosen = ["with_cooling", *(n for n in chosen if n != "with_cooling" and n not in NOT_BESIDE_CLASSES)]
    if "with_curtailable" in chosen:
        chosen = [name for name in chosen if name not in NOT_BESIDE_CURTAILABLE]
    if "with_large_load" in chosen:
        chosen = [name for name in chosen if name not in NOT_BESIDE_LARGE_LOAD]
    p = random_problem(seed)
    for name in chosen:
        p = makers()[name](p, rng)
    return p, tuple(chosen)
