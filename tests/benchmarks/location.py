"""One public location instance through the road of a study: `python tests/benchmarks/location.py FILE --format ...`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from location_files import FORMATS, read_instance
from location_problems import PROBLEMS, solved

from siting.solver.highs import Options


def main() -> int:
    """Prints value, bound, gap and seconds; with --json as one object. 2 where the instance cannot be asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--format", required=True, choices=FORMATS, dest="form")
    parser.add_argument("--problem", required=True, choices=PROBLEMS)
    parser.add_argument("--capacity", type=float, help="of every site, where the file has the word instead of a number")
    parser.add_argument("--p", type=int, help="sites to open; the file's where it states them")
    parser.add_argument("--radius", type=float, help="in the file's distances")
    parser.add_argument("--time-limit", type=float, default=120.0, help="seconds")
    parser.add_argument("--gap", type=float, default=1e-6, help="relative, at which a search ends")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    options = Options(gap=asked.gap, time_limit_s=asked.time_limit, threads=asked.threads)
    try:
        instance = read_instance(asked.file, asked.form, asked.capacity)
        answer = asdict(solved(instance, asked.problem, options, p=asked.p, radius=asked.radius))
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(answer) if asked.json else "\n".join(f"{name} {value}" for name, value in answer.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
