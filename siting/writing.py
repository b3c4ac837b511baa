"""Files that are written whole or not at all, in places that are tried before a search and not after it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from siting.errors import Fault

DRAFT = 40
"""Letters of a name that its draft bears: with what stands around them it fits on every disk."""

PROBE = ".siting-"
"""How the folder is called that is made and removed to see whether it can be."""


@contextmanager
def whole(path: Path) -> Iterator[TextIO]:
    """A text file in UTF-8, written beside its place and renamed when all of it is on the disk.

    Raises OSError that names the file itself, not its draft.
    """
    draft = path.with_name(f".{path.name[:DRAFT]}-{os.getpid()}")
    try:
        with named(path):
            with draft.open("w", encoding="utf-8", newline="") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """What a disk refuses inside is told of this path: that a disk is full names no file, and a draft is none of the
    planner's."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def unwritable(path: Path, key: str, *, into: bool) -> list[Fault]:
    """Faults of a place where nothing can be written.

    into: files are made in this folder, which is made where it is not there; else the path itself is made or replaced.
    """
    expected = f"a place where {'files' if into else 'a file or folder'} can be made"

    def refused(value: str) -> list[Fault]:
        return [Fault(file=str(path).replace("\0", "\\0"), key=key, value=value, expected=expected)]

    where = path.absolute()
    there = where
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.lstat(where)  # `exists` takes a zero byte for a file that is not there
        there = next(parent for parent in (*([where] if into else []), *where.parents) if parent.exists())
        if not there.is_dir():
            return refused(f"{there}, a file")
        with tempfile.TemporaryDirectory(prefix=PROBE, dir=there):
            pass
    except OSError as error:
        return refused(f"{there}: {error.strerror or error}")
    except ValueError as error:
        return refused(str(error))
    return []
