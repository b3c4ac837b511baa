"""Ctrl-C while a library calls us back: not raised inside, where it would be lost, but when the library is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STOPS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[list[int]]:
    """The numbers of the stops that have come so far; the first is passed on to its handler at the end.

    Nothing comes where this is not the main thread, which alone is told of signals, or Python does not handle them.
    """
    came: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    handlers = {number: handler for number in STOPS if main and callable(handler := signal.getsignal(number))}
    for number in handlers:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield came
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if came:
            handlers[signal.Signals(came[0])](came[0], None)
