"""The study as a whole: cross-field rules, changes, identity."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, model_validator

from siting.study.assets import (
    Accelerator,
    Cluster,
    Colocation,
    Connection,
    Halls,
    LeaseContract,
    Leases,
    Operation,
    Purchase,
)
from siting.study.money import Money, Search, Taxes
from siting.study.places import Candidates, Inference, Layer, Power
from siting.study.strict import Strict
from siting.units import Quarter, first_day, quarter_label


class Study(Strict):
    """One planning question. `update` makes a changed, re-validated copy; nothing changes in place."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    """Name of the plan's folder: small letters, digits, hyphens."""
    title: str = ""
    """One line for the report."""
    assumptions: tuple[str, ...] = ()
    """What the planner assumes; printed in the report as such."""
    start: Quarter
    """First quarter of the horizon."""
    prices_on: dt.date | None = None
    """Day whose prices count (nearest row not later). None: the first day of `start`."""
    quarters: Annotated[int, Field(ge=1, le=80)]
    """Length of the horizon."""
    candidates: Candidates
    layers: tuple[Layer, ...] = ()
    power: Power
    halls: Halls = Halls()
    connection: Connection = Connection()
    colocation: Colocation = Colocation()
    accelerators: tuple[Accelerator, ...]
    """What the plan may buy."""
    purchase: Purchase = Purchase()
    operation: Operation = Operation()
    leases: Leases = Leases()
    clusters: tuple[Cluster, ...] = ()
    inference: Inference | None = None
    """None: no inference demand."""
    money: Money
    taxes: Taxes = Taxes()
    search: Search = Search()
    _path: Path | None = PrivateAttr(default=None)

    @property
    def path(self) -> Path | None:
        """The file it was read from; files it names are relative to its folder."""
        return self._path

    @property
    def folder(self) -> Path:
        """Where the study's own files are looked for."""
        return self._path.parent if self._path else Path()

    @property
    def end(self) -> int:
        """Ordinal of the first quarter after the horizon."""
        return int(self.start) + self.quarters

    @property
    def price_day(self) -> dt.date:
        """Day whose prices count."""
        return self.prices_on or first_day(self.start)

    def update(self, changes: Mapping[str, Any]) -> Study:
        """A validated copy with fields changed by dotted name: `{"money.discount_rate": "8 %/y"}`.

        Raises KeyError when a name matches nothing, pydantic.ValidationError when the value is wrong.
        """
        tree = self.model_dump(mode="json", exclude_unset=True)
        full = self.model_dump(mode="json")
        for dotted, value in changes.items():
            _set(tree, full, dotted.split("."), value, dotted)
        changed = Study.model_validate(tree)
        changed._path = self._path
        return changed

    def digest(self) -> str:
        """SHA-256 of the validated content, independent of key order and comments."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @model_validator(mode="after")
    def _whole(self) -> Study:
        problems = [*self._unique_names(), *self._dates(), *self._known_accelerators()]
        if self.inference is None and not self.clusters:
            problems.append("expected at least one of clusters and inference: nothing is asked for")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _unique_names(self) -> list[str]:
        found = []
        for what, names in (
            ("accelerators", [a.name for a in self.accelerators]),
            ("clusters", [c.name for c in self.clusters]),
        ):
            folded = [name.strip().casefold() for name in names]
            if len(set(folded)) < len(folded):
                found.append(f"expected every name in {what} once, found {names}")
        if not self.accelerators:
            found.append("expected at least one entry in accelerators")
        return found

    def _dates(self) -> list[str]:
        start, end = int(self.start), self.end
        dated: list[tuple[str, int | None]] = [
            *((f"money.funding[{n}].quarter", r.quarter) for n, r in enumerate(self.money.funding)),
            *((f"clusters[{n}].by", c.by) for n, c in enumerate(self.clusters)),
            *((f"leases.existing[{n}].ends", x.ends) for n, x in enumerate(self.leases.existing)),
            *((f"leases.bilateral[{n}].deliver_from", x.deliver_from) for n, x in enumerate(self.leases.bilateral)),
        ]
        if self.inference is not None:
            dated.append(("inference.first_quarter", self.inference.first_quarter))
        early = [
            f"{key}: expected {quarter_label(start)} or later, found {quarter_label(when)}"
            for key, when in dated
            if when is not None and when < start
        ]
        late = [
            f"{key}: expected a quarter before the horizon ends in {quarter_label(end)}, found {quarter_label(when)}"
            for key, when in dated
            if when is not None and when >= end and (key.startswith("clusters") or key.startswith("inference"))
        ]
        return early + late

    def _known_accelerators(self) -> list[str]:
        known = {a.name for a in self.accelerators}
        return [
            f"clusters[{n}].accelerators: {name!r} is not in accelerators ({', '.join(sorted(known))})"
            for n, cluster in enumerate(self.clusters)
            for name in cluster.accelerators
            if name not in known
        ] + [
            f"{key}[{n}].accelerator: {lease.accelerator!r} is not in accelerators ({', '.join(sorted(known))})"
            for key, leases in (("leases.existing", self.leases.existing), ("leases.bilateral", self.leases.bilateral))
            for n, lease in enumerate(leases)
            if isinstance(lease, LeaseContract) and lease.accelerator not in known
        ]


def _set(tree: Any, full: Any, keys: list[str], value: Any, dotted: str) -> None:
    head, *rest = keys
    step: Any = int(head) if isinstance(full, list) else head
    try:
        below = full[step]
    except (KeyError, IndexError) as error:
        raise KeyError(f"{dotted}: no field {head!r}") from error
    if not rest:
        tree[step] = value
        return
    if isinstance(tree, dict) and step not in tree:
        tree[step] = {} if isinstance(below, dict) else below
    _set(tree[step], below, rest, value, dotted)
