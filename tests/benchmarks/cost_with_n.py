"""How the bound over all candidates grows with their number: seconds and peak memory at several sizes, drawn.

python tests/benchmarks/cost_with_n.py [--candidates 1000 --candidates 5000 ...] [--time-limit S] [--out FOLDER] --json

Every size is a run of `national.py --bound-only` in a process of its own. Seconds are those of the bound (reducing and
pricing, wall), and CPU seconds of the whole process, which others on the machine do not change much and which are
drawn; memory is the largest resident size. Writes `cost_with_n.json` and `cost_with_n.svg`; `--draw` draws the JSON
that is there again.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from siting.report.charts import svg

HERE = Path(__file__).parent
SIZES = (1_000, 5_000, 20_000, 100_000)
"""The last is more than there are: all."""
WIDTH, HEIGHT = 300, 220


def measured(candidates: int, time_limit_s: float) -> dict[str, Any]:
    """One size. Raises CalledProcessError when the run fails."""
    command = [
        sys.executable,
        str(HERE / "national.py"),
        "--candidates",
        str(candidates),
        "--bound-only",
        "--peer",
        "none",
        "--json",
    ]
    command += ["--time-limit", f"{time_limit_s:g}"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = json.loads(done.stdout)
    phases = found["phases"]
    return {
        "candidates": found["candidates"],
        "bound_musd": found["bound"],
        "relaxed_musd": found["relaxed"],
        "rounds": found.get("rounds"),
        "bound_seconds": phases["reduce"]["seconds"] + phases["price"]["seconds"],
        "seconds": found["seconds"],
        "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_mb": found["peak_mb"],
        "load": os.getloadavg()[0],
    }


def exponent(rows: list[dict[str, Any]], name: str) -> float | None:
    """By what power of N a figure grows from the first size to the last; None with fewer than two."""
    first, last = rows[0], rows[-1]
    if last["candidates"] <= first["candidates"]:
        return None
    return math.log(last[name] / first[name]) / math.log(last["candidates"] / first["candidates"])


def drawn(rows: list[dict[str, Any]]) -> str:
    """Seconds and MB against the number of candidates, as SVG."""
    frame = pd.DataFrame(rows)
    x = alt.X("candidates:Q", title="candidates", axis=alt.Axis(format=",d", tickCount=4))
    left = (
        alt.Chart(frame)
        .mark_line(point=True, color="#2f6db3")
        .encode(x=x, y=alt.Y("cpu_seconds:Q", title="CPU seconds, from reading to the bound"))
    )
    right = (
        alt.Chart(frame)
        .mark_line(point=True, color="#2f6db3")
        .encode(x=x, y=alt.Y("peak_mb:Q", title="peak memory, MB", scale=alt.Scale(zero=True)))
    )
    return svg(alt.hconcat(*(part.properties(width=WIDTH, height=HEIGHT) for part in (left, right))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, action="append", help="a size; may be given several times")
    parser.add_argument("--time-limit", type=float, default=300.0, help="seconds for each size")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the two files")
    parser.add_argument("--draw", action="store_true", help="measure nothing, draw the JSON that is there")
    parser.add_argument("--json", action="store_true", help="print what was measured")
    wish = parser.parse_args()
    kept = wish.out / "cost_with_n.json"
    if wish.draw:
        found = json.loads(kept.read_text(encoding="utf-8"))
    else:
        rows = [measured(n, wish.time_limit) for n in wish.candidates or SIZES]
        grows = {name: exponent(rows, name) for name in ("bound_seconds", "cpu_seconds", "peak_mb")}
        found = {"sizes": rows, "grows_with_n_to_the": grows}
        kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (wish.out / "cost_with_n.svg").write_text(drawn(found["sizes"]) + "\n", encoding="utf-8")
    if wish.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
