"""The base of every part of a study: frozen, no unknown keys, documented by its attribute docstrings.

Decision: rules that look at several fields are methods listed in `rules()`, which return faults as data, instead of
pydantic validators that raise. A reader who has one field wrong is then told about the other rules too: they run on
whatever could be read (`siting.study.toml`), and a rule that needs a refused field stays silent.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator


@dataclass(frozen=True)
class Clash:
    """Fields that contradict one another."""

    key: str
    """Relative to the part; empty: the part itself."""
    value: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.key}: " if self.key else ""
        return f"{where}found {self.value}; expected {self.expected}"


class ClashError(ValueError):
    """All clashes of one part."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__("; ".join(map(str, clashes)))


Rule = Callable[[], Iterable[Clash]]


def takes_truth(annotation: Any) -> bool:
    """Whether a field is a truth value, or one that may be left out."""
    return annotation is bool or bool in typing.get_args(annotation)


class Checked(BaseModel):
    """A study or a part of one. Unknown keys are refused; a change is a new, validated copy (`Study.update`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    def checks(self) -> tuple[Rule, ...]:
        """Rules over several fields."""
        return ()

    def clashes(self) -> list[Clash]:
        """What the rules find; a rule that needs a field which could not be read finds nothing."""
        found: list[Clash] = []
        for rule in self.checks():
            try:
                found += rule()
            except AttributeError:
                if self._whole():
                    raise
        return found

    def _whole(self) -> bool:
        """Whether every field could be read, here and in all parts below."""
        if not type(self).model_fields.keys() <= self.__dict__.keys():
            return False
        values = [self.__dict__[name] for name in type(self).model_fields]
        below = [part for value in values for part in (value if isinstance(value, tuple) else (value,))]
        return all(part._whole() for part in below if isinstance(part, Checked))

    @classmethod
    def longhand(cls, value: Any) -> Any:
        """The table that a short form of the part stands for; any other value as it is."""
        return value

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        return cls.longhand(value)

    @field_validator("*", mode="before")
    @classmethod
    def _truth_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        if (
            isinstance(value, bool)
            and info.field_name
            and not takes_truth(cls.model_fields[info.field_name].annotation)
        ):
            raise ValueError("expected something else than true or false")
        return value

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if found := self.clashes():
            raise ClashError(found)
        return self


class Strict(Checked):
    """A part of a study that states its rules by `rules`; a study has a section of that name and overrides `checks`."""

    def rules(self) -> tuple[Rule, ...]:
        """Rules over several fields of this part."""
        return ()

    def checks(self) -> tuple[Rule, ...]:
        return self.rules()
