"""Wall seconds and peak memory of phases, each phase apart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siting.memory import peak_mb

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"
"""Linux: the largest resident size counts anew from here (proc(5), clear_refs)."""


class Phases:
    """Seconds of every phase, and the largest resident size of the process while it ran, MB.

    Where the system cannot count anew (not Linux), the size is that by the end of the phase.
    """

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.found: dict[str, dict[str, float]] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """What runs inside is this phase; several of one name add up."""
        _count_anew()
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - began, largest_mb())

    def add(self, name: str, seconds: float, mb: float) -> None:
        """A phase that was timed elsewhere."""
        known = self.found.setdefault(name, {"seconds": 0.0, "peak_mb": 0.0})
        known["seconds"] += seconds
        known["peak_mb"] = max(known["peak_mb"], mb)

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.perf_counter() - self.began

    @property
    def peak_mb(self) -> float:
        """Of all phases."""
        return max((one["peak_mb"] for one in self.found.values()), default=0.0)


class Laps:
    """Phases told of when they end, one after the other, as `siting.progress.Clock` is."""

    def __init__(self, phases: Phases) -> None:
        self._phases, self._last = phases, time.perf_counter()
        _count_anew()

    def lap(self, name: str) -> None:
        """What ran since the last lap was this phase."""
        now = time.perf_counter()
        self._phases.add(name, now - self._last, largest_mb())
        self._last = now
        _count_anew()


def _count_anew() -> None:
    try:
        CLEAR.write_text(RESET_PEAK)
    except OSError:
        return


def largest_mb() -> float:
    """Largest resident size since the last phase began, MB."""
    try:
        lines = STATUS.read_text().splitlines()
    except OSError:
        return peak_mb()
    found = next((line for line in lines if line.startswith("VmHWM:")), None)
    return peak_mb() if found is None else int(found.split()[1]) / 1024.0
