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
        if path.stem not in ("random_everything", "random_cooling"):  # halls of two classes have a list of their own
            module = importlib.import_module(path.stem)
            found |= {name: maker for name, maker in vars(module).items() if name.startswith("with_")}
    return dict(sorted(found.items()))


def everything(seed: int) -> tuple[Problem, tuple[str, ...]]:
    """A random problem, and the makers that were applied to it: each with a chance of three in ten."""
    rng = np.random.default_rng(10_000 + seed)
    p, applied = random_problem(seed), []
    for name, maker in makers().items():
        if rng.random() < 0.3:
            p = maker(p, rng)
            applied.append(name)
    return p, tuple(applied)
