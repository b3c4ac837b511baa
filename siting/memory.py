"""Peak memory of this process."""

from __future__ import annotations

import resource
import sys


def peak_mb() -> float:
    """Largest resident size so far, MB (Linux counts kilobytes, macOS bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024.0**2 if sys.platform == "darwin" else 1024.0)
