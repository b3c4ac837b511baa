"""A variation: named edits of a study's fields. It changes nothing in place; what it makes is validated again."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from siting.arguments import checked_fields
from siting.errors import Fault, InputError, raise_if_any
from siting.study import Study
from siting.whatif.filenames import file_name

THE_SWEEP = "the sweep"
"""The file of faults that are of no variation alone."""


@checked_fields
@dataclass(frozen=True, kw_only=True)
class Variation:
    """One what-if change, under a name that people read."""

    name: str
    edits: Mapping[str, Any]
    """Value by dotted key, in the units of a study file: `{"clusters.0.by": "2026-Q3"}`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", unicodedata.normalize("NFC", self.name).strip())

    @property
    def file(self) -> str:
        """The name as files and folders may bear it on any disk; another one for every other name."""
        return file_name(self.name)

    def of(self, study: Study) -> Study:
        """The study with the edits. Raises InputError with every fault, which name the variation."""
        return study.update(self.edits, file=f"variation {self.name!r}")


def studies_of(study: Study, variations: Iterable[Variation]) -> list[Study]:
    """The study of each variation, in their order. Raises InputError with the faults of all variations at once."""
    variations = list(variations)
    faults = [*_names(variations)]
    where: dict[tuple[str, str, str], list[str]] = {}
    studies = []
    for variation in variations:
        try:
            studies.append(variation.of(study))
        except InputError as error:
            for fault in error.faults:
                where.setdefault((fault.key, fault.value, fault.expected), []).append(fault.file)
    faults += [
        Fault(file=_several(files), key=key, value=value, expected=expected)
        for (key, value, expected), files in where.items()
    ]
    raise_if_any(faults)
    return studies


def _several(files: list[str]) -> str:
    """One slip in the list of a key is in very many combinations: it is told once."""
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1:,} more"


def _names(variations: list[Variation]) -> Iterator[Fault]:
    if not variations:
        yield Fault(file=THE_SWEEP, key="variations", value="none", expected="at least one")
    for name, times in Counter(variation.name for variation in variations).items():
        if not name:
            yield Fault(file=THE_SWEEP, key="name", value="an empty name", expected="a name for every variation")
        elif times > 1:
            where = f"variation {name!r}"
            yield Fault(file=where, key="name", value=f"the same name {times} times", expected="every name once")
