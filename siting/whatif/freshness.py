"""When a result may be used again: same study, same files, same tables, same program."""

from __future__ import annotations

import glob
import hashlib
import json
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from siting.study import Study

PROGRAMS = ("siting", "highspy")
"""Libraries whose versions may change a plan."""


def data_digest(folder: Path) -> str:
    """SHA-256 over every table of the folder; computed again when one of them changes."""
    files = tuple(sorted(path for path in folder.iterdir() if path.suffix in (".csv", ".parquet", ".json")))
    return _digest(files, tuple(path.stat().st_mtime_ns for path in files))


def run_key(study: Study, data: str, solve: str) -> str:
    """Digest of all that a result depends on: the study, the planner's own files, the tables (`data`), the program and
    the function that solves. The number of threads is left out: it decides how far a search gets in its time, and a
    sweep that is taken up on another machine keeps what it has.
    """
    content = study.model_dump(mode="json")
    content["search"]["threads"] = 1
    programs = {name: version(name) for name in PROGRAMS} | {"code": _code()}
    own = _digest(files := tuple(_own_files(study.folder, content)), tuple(path.stat().st_mtime_ns for path in files))
    text = json.dumps([content, own, data, programs, solve], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _code() -> str:
    """Of every module of this package: a mended program does not take over what it got wrong before."""
    here = Path(__file__).parents[1]
    return _digest(tuple(sorted(here.rglob("*.py"))), ())


@lru_cache(maxsize=256)
def _digest(files: tuple[Path, ...], changed_ns: tuple[int, ...]) -> str:
    total = hashlib.sha256()
    for path in files:
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _own_files(folder: Path, content: dict[str, Any]) -> Iterator[Path]:
    """Every file in the folder that some text of a study names, with those of another ending; of a folder all."""
    for text in sorted(set(_texts(content))):
        place = folder / text
        try:
            if not text.strip("./\\ ") or not place.exists():
                continue
        except (OSError, ValueError):  # longer than a path may be, or a zero byte
            continue
        beside = place.parent.glob(f"{glob.escape(place.stem)}.*")  # a shapefile is several files
        yield from sorted(path for path in (beside if place.is_file() else place.iterdir()) if path.is_file())


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for inner in part.values():
            yield from _texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _texts(inner)
    elif isinstance(part, str):
        yield part
