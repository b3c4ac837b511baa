"""The planner's own files of places, layers and round trips: digests of them, to be kept with a plan.

Those of a network of its own stand among the hashes of the tables, as they take the place of one (`siting.networks`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from siting.study import Study
from siting.tables.read import sha256

BESIDE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
"""Files that are one layer together."""


def own_file_digests(study: Study) -> dict[str, str]:
    """SHA-256 of every file that is there, by its path as the study states it."""
    files = (file for stated in _stated(study) for file in _files(study.folder / stated))
    return {_named(file, study.folder): sha256(file) for file in files}


def _stated(study: Study) -> Iterator[str]:
    if study.candidates.file is not None:
        yield study.candidates.file.path
    yield from (layer.path for layer in study.layers)
    if study.inference is not None and study.inference.rtt_table is not None:
        yield study.inference.rtt_table


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
    elif path.suffix.lower() == ".shp":
        yield from sorted(file for file in path.parent.glob(f"{path.stem}.*") if file.suffix.lower() in BESIDE)
    elif path.is_file():
        yield path


def _named(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.as_posix()
