"""Faults as data, and the few exceptions that carry them to the edge of the program."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing wrong with the input: where it stands, what was found, what was expected."""

    file: str
    key: str
    """TOML key, `column`, or `row N, column`."""
    value: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: found {self.value}; expected {self.expected}"


class SitingError(Exception):
    """Base of every error the program raises on purpose."""


class InputError(SitingError):
    """Bad input, all faults at once. The command line turns it into exit code 2."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        if not faults:
            raise ValueError("an InputError needs at least one fault")
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class SolverError(SitingError):
    """The solver refused something or answered with a status nobody planned for."""


class VerificationError(SitingError):
    """A plan broke a limit when it was recomputed from the inputs."""


def raise_if_any(faults: Sequence[Fault]) -> None:
    """Raise one InputError that lists every fault; do nothing when there is none."""
    if faults:
        raise InputError(faults)


def not_above_zero(file: str, figures: Mapping[str, float | None]) -> list[Fault]:
    """Faults of figures, by their key, that are not finite and above 0; one that is None was not stated."""
    return [
        Fault(file=file, key=key, value=str(value), expected="a finite number above 0")
        for key, value in figures.items()
        if value is not None and not 0 < value < math.inf
    ]
