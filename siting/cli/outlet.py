"""stdout and stderr as a command finds them: closed, with a reader that goes away, on a full disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast


class Outlet:
    """A stream that goes on when nobody reads: what is written from then on leads nowhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost: OSError | None = None
        """Why the stream has ended, except for a reader, `head` say, that has seen enough."""

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._lead_nowhere(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._lead_nowhere(error)

    def _lead_nowhere(self, error: OSError) -> None:
        if not isinstance(error, BrokenPipeError):
            self.lost = error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def outlets() -> Iterator[None]:
    """Inside, both streams are outlets, which write ? for a letter that the console lacks."""
    before = sys.stdout, sys.stderr
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        found = [stream or nowhere for stream in before]
        for stream in found:
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        sys.stdout, sys.stderr = (cast(TextIO, Outlet(stream)) for stream in found)
        try:
            yield
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            sys.stdout, sys.stderr = before
