"""From pydantic's errors to faults a planner can act on: key, value found, what was expected, all at once.

Fields are checked by pydantic; rules over several fields (`Checked.checks`) run on whatever of the study could be read,
so that one wrong unit does not hide a date before the start.
"""

from __future__ import annotations

import difflib
import json
import re
import types
import typing
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from siting.errors import Fault, InputError, raise_if_any
from siting.study.strict import Checked, Clash, ClashError, takes_truth
from siting.units import Unit

C = TypeVar("C", bound=Checked)

KINDS = {
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
    "tuple_type": "an array",
    "too_short": "at least one entry",
    "string_type": "text",
    "string_too_short": "text that is not empty",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
"""What to say instead of pydantic's words, by its error type."""

_KIND_TRIED = re.compile(r"[a-z-]+\[.*\]")
"""How pydantic names a kind of value inside a location: `tuple[any, ...]`, `function-after[...]`."""

BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}


def validated(model: type[C], raw: dict[str, Any], file: str, found: Sequence[Fault] = ()) -> C:
    """`raw` as the model. found: faults that are known before. Raises InputError with all."""
    try:
        read = model.model_validate(raw)
    except ValidationError as error:
        raise InputError([*found, *faults_of(error, model, raw, file)]) from None
    raise_if_any(found)
    return read


def faults_of(error: ValidationError, model: type[Checked], raw: dict[str, Any], file: str) -> list[Fault]:
    """Every fault of `raw`, which `model` refused with `error`."""
    details = _one_by_one(error.errors(), raw)
    faults = _joined([_fault(model, raw, file, item) for item in details if not _is_clash(item)])
    for key, clash in _clashes(_partial(model, raw), ""):
        whole = ".".join(filter(None, (key, clash.key))) or "the study"
        faults.append(Fault(file=file, key=whole, value=clash.value, expected=clash.expected))
    return faults or [_fault(model, raw, file, item) for item in details]


def _one_by_one(details: list[ErrorDetails], raw: dict[str, Any]) -> list[ErrorDetails]:
    """The errors under keys that the planner wrote. Where a value may be of several kinds, pydantic puts the kind it
    tried into the location, and reports each kind that did not fit; that is said only if no kind fits better."""
    found: list[ErrorDetails] = [{**item, "loc": _keys_alone(item["loc"], raw)} for item in details]
    tried = [item for item, before in zip(found, details, strict=True) if len(item["loc"]) < len(before["loc"])]
    short = [
        item for item in found if item["type"] == "too_short"
    ]  # pydantic does not count the entries that are wrong
    return [
        item
        for item in found
        if not ((item in tried and _has_deeper(item, tried)) or (item in short and _has_deeper(item, found)))
    ]


def _has_deeper(item: ErrorDetails, others: Sequence[ErrorDetails]) -> bool:
    return any(len(one["loc"]) > len(item["loc"]) and _starts(one["loc"], item["loc"]) for one in others)


def _keys_alone(location: tuple[str | int, ...], raw: Any) -> tuple[str | int, ...]:
    keys = []
    for step in location:
        if isinstance(step, str) and _KIND_TRIED.fullmatch(step) and not (isinstance(raw, dict) and step in raw):
            continue
        keys.append(step)
        raw = _written(raw, [step], None)
    return tuple(keys)


def _starts(location: Sequence[str | int], with_: Sequence[str | int]) -> bool:
    return tuple(location[: len(with_)]) == tuple(with_)


def _joined(faults: list[Fault]) -> list[Fault]:
    """One fault for a value that is of none of several kinds."""
    expected: dict[tuple[str, str, str], list[str]] = {}
    for fault in faults:
        expected.setdefault((fault.file, fault.key, fault.value), []).append(fault.expected)
    return [
        Fault(file=file, key=key, value=value, expected=" or ".join(dict.fromkeys(words)))
        for (file, key, value), words in expected.items()
    ]


def _is_clash(item: ErrorDetails) -> bool:
    return isinstance(item.get("ctx", {}).get("error"), ClashError)


def _fault(model: type[Checked], raw: dict[str, Any], file: str, item: ErrorDetails) -> Fault:
    location = [part for part in item["loc"] if part != "[key]"]
    key = _dotted(location)
    if item["type"] == "extra_forbidden":
        return Fault(
            file=file,
            key=key,
            value=f"the unknown key {str(location[-1])!r}",
            expected=_known_key(str(location[-1]), _fields_at(model, location[:-1])),
        )
    if item["type"] == "missing":
        return Fault(file=file, key=key, value="nothing", expected="a value: it has no default")
    written = _written(raw, location, item["input"])
    value = json.dumps(written, default=str, ensure_ascii=False)
    value = value if len(value) <= 80 else value[:77] + "..."
    expected = _expected(model, location, item).removesuffix(f", found {written!r}")
    return Fault(file=file, key=key, value=value, expected=expected)


def _written(raw: Any, location: Sequence[str | int], otherwise: Any) -> Any:
    """What the planner wrote there, before any unit was converted."""
    for step in location:
        try:
            raw = raw[step]
        except (KeyError, IndexError, TypeError):
            return otherwise
    return raw


def _dotted(location: Sequence[str | int]) -> str:
    """`clusters[0].by` of ("clusters", 0, "by")."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".") or "the study"


def _known_key(wrong: str, valid: dict[str, FieldInfo]) -> str:
    near = difflib.get_close_matches(wrong, valid, n=1, cutoff=0.4)
    known = f"one of {', '.join(sorted(valid))}" if valid else "no such key"
    expected = f"a known key; the nearest is {near[0]!r}" if near else known
    if wrong.endswith("_mw") and not {"it", "utility"} & set(wrong.split("_")):
        expected += " (a field that holds MW says it or utility)"
    return expected


def _expected(model: type[Checked], location: Sequence[str | int], item: ErrorDetails) -> str:
    kind, ctx = item["type"], item.get("ctx", {})
    if kind in KINDS:
        tables = kind == "tuple_type" and _fields_at(model, location)
        return "an array of tables" if tables else KINDS[kind]
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        return f"{words} {_in_unit(model, location, float(ctx[name]))}"
    if kind == "literal_error":
        return f"one of {ctx['expected']}"
    if kind == "string_pattern_mismatch":
        return f"text of the pattern {ctx['pattern']}"
    return item["msg"].removeprefix("Value error, ").removeprefix("expected ")


def _in_unit(model: type[Checked], location: Sequence[str | int], bound: float) -> str:
    """The bound as the planner writes it: 1 of a share is 100 %."""
    field = _fields_at(model, location[:-1]).get(str(location[-1]))
    unit = next(_units(field), None)
    return f"{bound:g}" if unit is None else f"{bound / unit.scale:g} {unit.unit}"


def _units(part: Any) -> Iterator[Unit]:
    """Units in the annotation of a field, wherever they stand."""
    if isinstance(part, FieldInfo):
        yield from (extra for extra in part.metadata if isinstance(extra, Unit))
        yield from _units(part.annotation)
    for inner in typing.get_args(part):
        if isinstance(inner, Unit):
            yield inner
        yield from _units(inner)


def _fields_at(model: type[BaseModel], location: Sequence[str | int]) -> dict[str, FieldInfo]:
    """Fields of the part that the location leads to; none when it leads to no part."""
    part: Any = model
    for step in location:
        if isinstance(step, int):
            continue
        field = part.model_fields.get(step)
        part = _part(field.annotation) if field else None
        if part is None:
            return {}
    return dict(part.model_fields)


def _part(annotation: Any) -> type[Checked] | None:
    """The part inside `tuple[X, ...]`, `X | None` or X itself."""
    if isinstance(annotation, type) and issubclass(annotation, Checked):
        return annotation
    if typing.get_origin(annotation) in (tuple, typing.Union, types.UnionType):
        return next(filter(None, map(_part, typing.get_args(annotation))), None)
    return None


def _partial(model: type[Checked], raw: dict[str, Any]) -> Checked:
    """The part with the fields that could be read; the others are absent, also those that a misspelt key may mean."""
    values: dict[str, Any] = {}
    unread: set[str] = set()
    absent = model.model_fields.keys() - raw.keys()
    for key in raw.keys() - model.model_fields.keys():
        unread.update(difflib.get_close_matches(key, absent, n=1, cutoff=0.4))
    for name, field in model.model_fields.items():
        if name in raw:
            try:
                values[name] = _read(field, raw[name])
            except (ValidationError, _WrongKind):
                unread.add(name)
        elif field.is_required():
            unread.add(name)
    part = model.model_construct(**values)
    for name in unread:
        part.__dict__.pop(name, None)
    return part


class _WrongKind(Exception):
    """A table, an array or a truth value where another kind of value is due."""


def _read(field: FieldInfo, value: Any) -> Any:
    """One field; _WrongKind for an array where a table is due, or the reverse."""
    part = _part(field.annotation)
    if isinstance(value, bool) and not takes_truth(field.annotation):
        raise _WrongKind("a truth value is no number")
    if part is None or value is None:
        annotation: Any = typing.Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        return TypeAdapter(annotation).validate_python(value)
    if typing.get_origin(field.annotation) is tuple:
        value = [part.longhand(entry) for entry in value] if isinstance(value, (list, tuple)) else value
        if not isinstance(value, (list, tuple)) or not all(isinstance(entry, dict) for entry in value):
            raise _WrongKind("an array of tables is due")
        return tuple(_partial(part, entry) for entry in value)
    if not isinstance(value, dict):
        raise _WrongKind("a table is due")
    return _partial(part, value)


def _clashes(part: Any, key: str) -> Iterator[tuple[str, Clash]]:
    """Clashes of the part and of all parts below it, with the key of the part each belongs to."""
    for clash in part.clashes():
        yield key, clash
    for name in type(part).model_fields:
        below = part.__dict__.get(name)
        inner = f"{key}.{name}".lstrip(".")
        if isinstance(below, Checked):
            yield from _clashes(below, inner)
        elif isinstance(below, tuple):
            for number, entry in enumerate(below):
                if isinstance(entry, Checked):
                    yield from _clashes(entry, f"{inner}[{number}]")
