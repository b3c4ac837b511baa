"""What a running search says of itself, and how long its phases take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from siting.memory import peak_mb


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One message: the phase, and what is known by then. None: not known yet."""

    phase: str
    incumbent: float | None = None
    bound: float | None = None
    gap: float | None = None
    seconds: float = 0.0
    message: str = ""


Listener = Callable[[Progress], None]


class Clock:
    """Wall seconds by phase, told to the listener as they pass."""

    def __init__(self, listener: Listener | None) -> None:
        self._listener, self._began = listener, time.perf_counter()
        self._last = self._began
        self.seconds: dict[str, float] = {}
        self.peak_mb: dict[str, float] = {}

    def lap(self, phase: str) -> None:
        """The phase ends here."""
        now = time.perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._last
        self.peak_mb[phase] = peak_mb()
        self._last = now
        self._tell(phase, None, None)

    def add(self, seconds: dict[str, float], peaks: dict[str, float]) -> None:
        """Phases that were timed elsewhere and have just ended."""
        for phase, spent in seconds.items():
            self.seconds[phase] = self.seconds.get(phase, 0.0) + spent
        self.peak_mb.update(peaks)
        self._last = time.perf_counter()

    def watch(self, incumbent: float | None, bound: float | None, _: float) -> None:
        """What the solver says: value of the plan at hand, bound, its seconds."""
        self._tell("solve", incumbent, bound)

    def say(self, message: str) -> None:
        """A line for whoever waits."""
        self._tell("report", None, None, message)

    def _tell(self, phase: str, incumbent: float | None, bound: float | None, message: str = "") -> None:
        if self._listener is None:
            return
        gap = None if incumbent is None or bound is None else max(0.0, incumbent - bound) / max(abs(incumbent), 1e-9)
        seconds = time.perf_counter() - self._began
        self._listener(
            Progress(phase=phase, incumbent=incumbent, bound=bound, gap=gap, seconds=seconds, message=message)
        )
