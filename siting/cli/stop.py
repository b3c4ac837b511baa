"""Ctrl-C and SIGTERM: one message, the exit code that shells give them, no traceback, nothing half written.

A stop is raised where Python is at work. A library that does not look up, in a long presolve say, is left from another
thread after a while: nothing is written then, and the processes of a sweep end with their parent.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from siting.stops import STOPS

PATIENCE_S = 3.0
_NOTHING = "nothing was written"
_kept: dict[str, str] = {}


class Stopped(BaseException):
    """By the signal of that number. No KeyboardInterrupt: typer leaves at one without a word."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def keep(words: str, folder: str = "") -> None:
    """What a stop from now on leaves behind, and where."""
    _kept.update(words=words, folder=folder)


@contextmanager
def stoppable() -> Iterator[None]:
    """Stops inside are raised as `Stopped`."""
    _kept.clear()
    if threading.current_thread() is not threading.main_thread():  # only it is told of signals
        yield
        return
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    ended = threading.Event()
    threading.Thread(target=_leave_in_the_end, args=(ours, ended), daemon=True).start()
    woken = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, _raise) for number in STOPS}
    try:
        yield
    finally:
        ended.set()
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(woken)
        theirs.close()


def _raise(number: int, _: FrameType | None) -> None:
    for stop in STOPS:  # one is enough
        signal.signal(stop, signal.SIG_IGN)
    raise Stopped(number)


def _leave_in_the_end(ours: socket.socket, ended: threading.Event) -> None:
    """Wait for a stop, and then for the program to end by itself."""
    with ours:
        while (number := ours.recv(1)) and number[0] not in STOPS:
            pass
    if number and not ended.wait(PATIENCE_S):
        os._exit(stopped(number[0]))


def stopped(number: int) -> int:
    """Say so; the exit code."""
    from siting.cli.edge import as_json, print_json

    show_cursor = "\x1b[?25h" if sys.stderr.isatty() else ""  # a live line hides it
    print(f"{show_cursor}stopped; {_kept.get('words', _NOTHING)}", file=sys.stderr, flush=True)
    if as_json():
        folder = {"folder": _kept["folder"]} if _kept.get("folder") else {}
        print_json({"error": "stopped", **folder})
        sys.stdout.flush()
    return 128 + number
