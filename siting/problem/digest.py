"""Whether two problems are one: a digest of every array and figure, to be kept with a plan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from siting.problem.core import Problem


def digest_of(p: Problem) -> str:
    """SHA-256 of all that is decided about, figures to seven digits: what a study is written as and read from may move
    the sixteenth. Rows of lines that a search has found are left out, as they come of it."""
    total = hashlib.sha256()
    for part in _parts(replace(p, grid=None if p.grid is None else p.grid.without_rows())):
        total.update(part)
    return total.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:
    if is_dataclass(value) and not isinstance(value, type):
        yield type(value).__name__.encode()
        for field in fields(value):
            yield field.name.encode()
            yield from _parts(getattr(value, field.name))
    elif isinstance(value, float):
        yield np.float32(value).tobytes()
    elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
        yield f"{value.shape}".encode()
        yield value.astype(np.float32).tobytes()
    elif isinstance(value, np.ndarray) and value.dtype != object:
        yield f"{value.dtype}{value.shape}".encode()
        yield value.tobytes()
    elif isinstance(value, (np.ndarray, Mapping)):
        yield repr(value.tolist() if isinstance(value, np.ndarray) else sorted(value.items())).encode()
    elif isinstance(value, tuple):
        yield f"{len(value)} entries".encode()
        for entry in value:
            yield from _parts(entry)
    else:
        yield repr(value).encode()
