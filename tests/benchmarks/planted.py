"""Every planted conflict, by hand: `python tests/benchmarks/planted.py [how many [from which on]]`.

Each must give a planted minimal set; each change must be enough when the study's own files are edited, and a smaller
one not; the set must be minimal by the tests' own oracle. The last line counts.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from planted_conflicts import collapsed, planted
from planted_oracle import holds, is_minimal

from siting.explanation.infeasible import explain
from siting.tables.read import Tables, read_tables

SEEDS = 64


def looked_at(seed: int, folder: Path, tables: Tables) -> tuple[int, int, float]:
    """Changes that were tried, smaller ones that were tried, seconds of the explanation."""
    there = planted(seed)
    found = explain(there.study(folder), tables=tables)
    names = collapsed(frozenset(limit.name for limit in found.conflict))
    assert found.minimal and names in there.sets, (seed, there.name, sorted(names))
    members = frozenset(limit.name for limit in found.conflict)
    assert is_minimal(there, members, found.named, folder, tables, every=False), (seed, there.name, "not minimal")
    enough = [change for change in found.changes if change.edit is not None]
    assert enough, (seed, there.name, "no change")
    smaller = [change.smaller for change in enough if change.smaller is not None]
    for change in enough:
        assert change.edit is not None and holds(there, change.edit, folder, tables), (seed, there.name, change.words)
    assert not any(holds(there, edit, folder, tables) for edit in smaller), (seed, there.name, "a smaller change")
    return len(enough), len(smaller), found.seconds


def main(seeds: int, first: int = 0) -> None:
    tables, counts, began = read_tables(), [0, 0], time.perf_counter()
    spent = []
    for seed in range(first, first + seeds):
        with tempfile.TemporaryDirectory() as folder:
            changes, smaller, seconds = looked_at(seed, Path(folder), tables)
        counts = [counts[0] + changes, counts[1] + smaller]
        spent.append(seconds)
        print(
            f"{seed:3} {planted(seed).name:26} {changes} changes, {smaller} smaller ones, {seconds:.1f} s", flush=True
        )
    print(
        f"{seeds} studies, {seeds} planted sets found, {counts[0]} changes enough, {counts[1]} smaller ones not; "
        f"explained in {sum(spent):.0f} s, {max(spent):.1f} s at most; {time.perf_counter() - began:.0f} s in all"
    )


if __name__ == "__main__":
    main(*(map(int, sys.argv[1:]) if len(sys.argv) > 1 else [SEEDS]))
