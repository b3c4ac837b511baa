"""Every reduction on and off one by one, on random problems small enough for the unreduced model.

python tests/benchmarks/differential.py --problems N --seed S --json

Draws problems from seed S on until N of them have a plan (those without one are compared too). One in four is a
location problem, the others are by turns plain, with several alike candidates, and with every part of a study switched
on at random. Prints how many comparisons each way of solving had, by how much its values differ from the optimum at
most and how far a bound lies above it at most, relative to the larger of 1 and the optimum, every disagreement, and the
seconds. Ends with 1 where something disagrees.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from one_by_one import ROOM, Line, lines_of, truth_of, wrong
from one_by_one_location import location_lines, location_problem
from one_by_one_passes import date_lines, pass_lines
from random_mix import mixed_problem

EVERY = 4
"""One problem in so many is a location problem."""


@dataclass
class Way:
    """What one way of solving has shown so far."""

    compared: int = 0
    largest_difference: float = 0.0
    largest_excess: float = -np.inf


@dataclass
class Tally:
    """What all problems have shown so far."""

    with_plan: int = 0
    without_plan: int = 0
    priced: int = 0
    """Problems for which a bound over all candidates is claimed."""
    ways: dict[str, Way] = field(default_factory=dict)
    disagreements: list[str] = field(default_factory=list)

    def add(self, seed: int, line: Line, truth: float) -> None:
        """One line of one problem."""
        way = self.ways.setdefault(line.way, Way())
        way.compared += 1
        if np.isfinite(truth):
            scale = max(1.0, abs(truth))
            if line.value is not None and np.isfinite(line.value) and not line.way.startswith("shortlist"):
                way.largest_difference = max(way.largest_difference, abs(line.value - truth) / scale)
            way.largest_excess = max(way.largest_excess, (line.bound - truth) / scale)
        if (said := wrong(line, truth)) is not None:
            self.disagreements.append(f"seed {seed}: {said}")

    def as_json(self, seconds: float, last: int) -> dict[str, Any]:
        """What is printed."""
        ways = {
            name: {"compared": way.compared, "largest_difference": way.largest_difference}
            | ({"largest_bound_excess": way.largest_excess} if np.isfinite(way.largest_excess) else {})
            for name, way in sorted(self.ways.items())
        }
        return {
            "problems": self.with_plan,
            "without_plan": self.without_plan,
            "with_bound_over_all": self.priced,
            "comparisons": sum(way.compared for way in self.ways.values()),
            "ways": len(ways),
            "disagreements": self.disagreements,
            "largest_difference": max((way.largest_difference for way in self.ways.values()), default=0.0),
            "largest_bound_excess": max((way.largest_excess for way in self.ways.values()), default=0.0),
            "allowed": ROOM,
            "last_seed": last,
            "seconds": seconds,
            "by_way": ways,
        }


def compared(seed: int) -> Iterator[tuple[Line, float]]:
    """Every line about the problem of a seed, with the truth of it; that of the problem itself comes first."""
    number = seed // EVERY
    if seed % EVERY == EVERY - 1:
        p = location_problem(number)
        truth = truth_of(p)
        yield from ((line, truth) for line in location_lines(p, truth))
        return
    p = mixed_problem(seed - number)
    truth = truth_of(p)
    yield from ((line, truth) for line in lines_of(p, truth))
    yield from pass_lines(p, number)
    yield from date_lines(p)


def run(tally: Tally, seed: int) -> None:
    """Everything about one seed; what stops is a disagreement too."""
    first: float | None = None
    priced = False
    try:
        for line, truth in compared(seed):
            first = truth if first is None else first
            priced |= line.way.startswith("pricing")
            tally.add(seed, line, truth)
    except Exception as error:  # whatever stops one problem, the others are looked at
        tally.disagreements.append(f"seed {seed}: {type(error).__name__}: {error}")
    if first is not None:
        tally.with_plan += bool(np.isfinite(first))
        tally.without_plan += bool(np.isinf(first))
        tally.priced += priced


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=1000, help="so many that have a plan")
    parser.add_argument("--seed", type=int, default=0, help="first seed")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    wish = parser.parse_args()
    tally, seed, began = Tally(), wish.seed, time.perf_counter()
    while tally.with_plan < wish.problems:
        run(tally, seed)
        seed += 1
    found = tally.as_json(time.perf_counter() - began, seed - 1)
    print(json.dumps(found) if wish.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 1 if tally.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
