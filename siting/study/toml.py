"""Reading a study and showing it whole. Every fault of the file is reported at once."""

from __future__ import annotations

import difflib
import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from siting.arguments import checked
from siting.errors import Fault, InputError
from siting.places import shipped
from siting.study.faults import validated
from siting.study.root import Study


@checked
def read_study(path: str | Path) -> Study:
    """The study of a TOML file. A name that is no file here is looked for among the shipped studies.

    Raises InputError with every fault: missing file, broken TOML, unknown key, wrong unit, bare number, bad date.
    """
    found = _find(Path(path))
    try:
        raw = tomllib.loads(found.read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            [Fault(file=str(path), key="the file", value=str(error), expected="TOML 1.0 in UTF-8")]
        ) from error
    return study_from(raw, file=str(path), path=found)


def study_from(raw: dict[str, Any], *, file: str, path: Path | None = None) -> Study:
    """The study of parsed TOML; `file` is named in faults. Raises InputError."""
    study = validated(Study, raw, file)
    study._path = path
    return study


def _find(path: Path) -> Path:
    """The file itself, or the shipped study of that name when no other folder was asked for."""
    here = path.parent in (Path("models"), Path())
    shipped_names = (path.name, f"{path.name}.toml") if here else ()
    for candidate in (path, *(shipped("models") / name for name in shipped_names)):
        if candidate.is_file():
            return candidate
    beside = {p.name: str(p) for p in path.parent.glob("*.toml")} if path.parent.is_dir() else {}
    known = {p.name: f"models/{p.name}" for p in shipped("models").glob("*.toml")} | beside
    near = difflib.get_close_matches(path.name, sorted(known), n=1)
    near = near or difflib.get_close_matches(f"{path.name}.toml", sorted(known), n=1)
    hint = f"; did you mean {known[near[0]]}?" if near and not path.is_dir() else ""
    found = "a folder" if path.is_dir() else "nothing"
    raise InputError([Fault(file=str(path), key="the file", value=found, expected=f"a study in TOML{hint}")])


def show_study(study: Study) -> list[tuple[str, str, str]]:
    """Every value of the study as (dotted key, value, origin); origin is `study` or `default`."""
    rows: list[tuple[str, str, str]] = []
    _walk(study, study.model_dump(mode="json"), "", True, rows)
    return rows


def _walk(part: Any, dumped: Any, prefix: str, given: bool, rows: list[tuple[str, str, str]]) -> None:
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            inside = given and name in part.model_fields_set
            _walk(getattr(part, name), dumped[name], f"{prefix}.{name}".lstrip("."), inside, rows)
    elif isinstance(part, tuple) and part and isinstance(part[0], BaseModel):
        for number, (inner, inner_dump) in enumerate(zip(part, dumped, strict=True)):
            _walk(inner, inner_dump, f"{prefix}[{number}]", given, rows)
    else:
        rows.append((prefix, json.dumps(dumped, ensure_ascii=False), "study" if given else "default"))
