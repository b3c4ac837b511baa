"""Counts with their noun, and tables that fit a terminal."""

from __future__ import annotations

import pandas as pd

from siting.printed import WIDTH, in_width, of_all, plural


def test_a_count_has_its_noun():
    """One is no plural, and all of one is the only one."""
    assert [plural(1, "run"), plural(0, "run"), plural(2, "search", "searches")] == ["1 run", "0 runs", "2 searches"]
    found = [of_all(count, whole, "candidate") for count, whole in ((1, 1), (3, 3), (1, 2), (7, 1_200))]
    assert found == ["the only candidate", "all 3 candidates", "1 of 2 candidates", "7 of 1,200 candidates"]


def test_columns_that_do_not_fit_follow_below():
    """Twelve columns of 15 letters: each stands beside the names of the rows, in lines of at most 80 letters."""
    frame = pd.DataFrame({"plan": ["first", "second"], **{f"c{n}": [f"{n:015}", "x"] for n in range(12)}})
    lines = in_width(frame).splitlines()
    assert max(map(len, lines)) <= WIDTH and not any(line.endswith(("\\", " ")) for line in lines)
    assert sum(line.startswith("first") for line in lines) == 3
    assert all(f"{n:015}" in "".join(lines) for n in range(12))
