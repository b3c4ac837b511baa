"""Reading a study and showing it whole. Every fault of the file is reported at once, with the nearest valid key."""

from __future__ import annotations

import difflib
import json
import tomllib
import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from siting.errors import Fault, InputError
from siting.places import shipped
from siting.study.root import Study


def read_study(path: str | Path) -> Study:
    """The study of a TOML file. A name that is no file here is looked for among the shipped studies.

    Raises InputError with every fault: missing file, broken TOML, unknown key, wrong unit, bare number, bad date.
    """
    found = _find(Path(path))
    try:
        raw = tomllib.loads(found.read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            [Fault(file=str(path), key="the file", value=str(error), expected="TOML 1.0 in UTF-8")]
        ) from error
    return study_from(raw, file=str(path), path=found)


def study_from(raw: dict[str, Any], *, file: str, path: Path | None = None) -> Study:
    """The study of parsed TOML; `file` is named in faults. Raises InputError."""
    try:
        study = Study.model_validate(raw)
    except ValidationError as error:
        raise InputError([_fault(file, item) for item in error.errors()]) from error
    study._path = path
    return study


def _find(path: Path) -> Path:
    for candidate in (path, shipped("models") / path.name, shipped("models") / f"{path.name}.toml"):
        if candidate.is_file():
            return candidate
    names = sorted(p.name for p in shipped("models").glob("*.toml"))
    near = difflib.get_close_matches(path.name, names, n=1)
    hint = f"; did you mean models/{near[0]}?" if near else ""
    raise InputError([Fault(file=str(path), key="the file", value="nothing", expected=f"a study in TOML{hint}")])


def _fault(file: str, item: ErrorDetails) -> Fault:
    keys = [str(part) for part in item["loc"]]
    dotted = ".".join(keys) or "the study"
    if item["type"] == "extra_forbidden":
        valid = _fields_at(Study, keys[:-1])
        near = difflib.get_close_matches(keys[-1], valid, n=1, cutoff=0.4)
        expected = f"a known key; the nearest is {near[0]!r}" if near else f"one of {', '.join(sorted(valid))}"
        return Fault(file=file, key=dotted, value=f"the unknown key {keys[-1]!r}", expected=expected)
    if item["type"] == "missing":
        return Fault(file=file, key=dotted, value="nothing", expected="a value: it has no default")
    value = json.dumps(item["input"], default=str, ensure_ascii=False)
    message = item["msg"].removeprefix("Value error, ").removeprefix("expected ")
    return Fault(file=file, key=dotted, value=value if len(value) <= 80 else value[:77] + "...", expected=message)


def _fields_at(model: Any, keys: list[str]) -> list[str]:
    """Names of the fields of the part that `keys` lead to."""
    for key in keys:
        if isinstance(model, type) and issubclass(model, BaseModel) and key in model.model_fields:
            model = _part(model.model_fields[key].annotation)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _part(annotation: Any) -> Any:
    """The model inside `tuple[X, ...]`, `X | None` or X itself."""
    if typing.get_origin(annotation) in (tuple, typing.Union, types.UnionType):
        for inner in typing.get_args(annotation):
            if isinstance(found := _part(inner), type) and issubclass(found, BaseModel):
                return found
    return annotation


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
