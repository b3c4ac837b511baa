"""Memory of this process: its peak, and objects that nobody need look at."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def peak_mb() -> float:
    """Largest resident size so far, MB (Linux counts kilobytes, macOS bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024.0**2 if sys.platform == "darwin" else 1024.0)


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for garbage inside: where objects are made by the hundred thousand and all stay, looking at them
    again and again takes longer than making them. Measured on a relaxation of 80 candidates: 0.16 s, 0.5 s with it."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
