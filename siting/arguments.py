"""Arguments of public functions held against their annotations: one InputError for all that do not fit."""

from __future__ import annotations

import functools
import inspect
import operator
import types
from collections.abc import Callable
from textwrap import shorten
from typing import Annotated, Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from pydantic import BaseModel, ConfigDict, InstanceOf, ValidationError, validate_call

from siting.errors import Fault, InputError

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
STRICT = ConfigDict(strict=True, arbitrary_types_allowed=True)
"""True is not 1, "2" is not 2, and a text is no sequence of texts."""


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """The function, whose arguments must be of the kinds that it is annotated with.

    It raises InputError that names every argument that is not; TypeError, as Python does, for one it does not have.
    """
    signature = inspect.signature(function)

    @functools.cache
    def refuse() -> Callable[..., None]:  # built at the first call: an import stays quick
        @functools.wraps(function)
        def nothing(*_: Any, **__: Any) -> None: ...

        hints = get_type_hints(function, include_extras=True)
        nothing.__annotations__ = {name: _ready_made(hint) for name, hint in hints.items() if name != "return"}
        return validate_call(config=STRICT)(nothing)

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        given = signature.bind(*args, **kwargs)
        plain = {name: _plain(value) for name, value in given.arguments.items()}
        given.arguments.update(plain)
        try:
            refuse()(*given.args, **given.kwargs)
        except ValidationError as error:
            raise InputError(_faults(function.__qualname__.removesuffix(".__init__"), error, signature)) from None
        return function(*given.args, **given.kwargs)

    return called


def checked_fields(of: type[T]) -> type[T]:
    """The class, whose constructor is `checked`."""
    of.__init__ = checked(of.__init__)  # type: ignore[method-assign]
    return of


def _ready_made(hint: Any) -> Any:
    """The hint, which asks for a study itself where pydantic would also read one from a dictionary."""
    kinds = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    itself: Any = InstanceOf  # `InstanceOf()` marks an annotation: pydantic's types know `InstanceOf[kind]` alone
    models = [inspect.isclass(kind) and issubclass(kind, BaseModel) for kind in kinds]
    made = [Annotated[kind, itself()] if model else kind for kind, model in zip(kinds, models, strict=True)]
    return functools.reduce(operator.or_, made)


def _plain(value: object) -> Any:
    """A number of numpy as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def _faults(file: str, error: ValidationError, signature: inspect.Signature) -> list[Fault]:
    """One a value: a value may be of several kinds, and each kind that did not fit is an error of its own."""
    expected: dict[str, list[str]] = {}
    found: dict[str, str] = {}
    for item in error.errors():
        key = _key(item["loc"], list(signature.parameters.values()))
        found[key] = repr(item["input"])
        expected.setdefault(key, []).append(_expected(item["msg"]))
    values = {key: shorten(" ".join(text.split()), 80, placeholder="...") for key, text in found.items()}
    return [
        Fault(file=file, key=key, value=values[key], expected=" or ".join(dict.fromkeys(words)))
        for key, words in expected.items()
    ]


def _key(location: tuple[int | str, ...], parameters: list[inspect.Parameter]) -> str:
    """`names[1]` of what pydantic says: the number of an argument or its name, kinds that it tried, numbers inside."""
    first, *rest = location
    inside = [part for part in rest if isinstance(part, int)]
    if isinstance(first, int):
        several = next((n for n, part in enumerate(parameters) if part.kind is part.VAR_POSITIONAL), len(parameters))
        inside = [first - several, *inside] if first >= several else inside
        first = parameters[min(first, several)].name
    return first + "".join(f"[{part}]" for part in inside)


def _expected(said: str) -> str:
    return "several, in a list" if "as a Sequence" in said else said.removeprefix("Input should be ")
