"""The study as a whole: cross-field rules, changes, identity."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr

from siting.arguments import checked
from siting.study.assets import (
    Accelerator,
    Cluster,
    Colocation,
    Connection,
    Halls,
    Leases,
    Operation,
    Purchase,
    repeated_names,
)
from siting.study.carbon import Carbon, Water
from siting.study.compute import Basis, of_another_basis
from siting.study.edits import set_fields
from siting.study.faults import validated
from siting.study.finance import Debt, Revenue
from siting.study.grid import Grid
from siting.study.limits import Limit
from siting.study.money import Money, Search, Taxes
from siting.study.onsite import OnsiteUnit
from siting.study.places import Candidates, Inference, Layer, Power
from siting.study.priorities import Priority
from siting.study.rules import Rules
from siting.study.strict import Checked, Clash, Rule
from siting.study.supply import contract_dates
from siting.study.tenures import PoweredShell, Retrofit
from siting.study.words import study_text
from siting.units import Quarter, first_day, quarter_label

USELESS_LATER = ("clusters", "inference", "rules", "leases.bilateral", "accelerators", "candidates")
"""Sections whose dates count for nothing after the horizon; a loan may be drawn, and money come in, until then."""


class Study(Checked):
    """One planning question. `update` makes a changed, re-validated copy; nothing changes in place."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
    """Name of the plan's folder: small letters, digits, hyphens, 100 at most."""
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
    grid: Grid = Grid()
    """The network on which all sites are looked at together."""
    compute_basis: Basis = "bf16"
    """Arithmetic by which compute is counted in H100 equivalents: every field and column that holds them ends in it."""
    halls: Halls = Halls()
    connection: Connection = Connection()
    colocation: Colocation = Colocation()
    retrofit: Retrofit = Retrofit()
    powered_shell: PoweredShell = PoweredShell()
    accelerators: tuple[Accelerator, ...]
    """What the plan may buy."""
    purchase: Purchase = Purchase()
    operation: Operation = Operation()
    leases: Leases = Leases()
    onsite: tuple[OnsiteUnit, ...] = ()
    """Power units that own campuses may set up. Empty: grid power only."""
    clusters: tuple[Cluster, ...] = ()
    inference: Inference | None = None
    """None: no inference demand."""
    rules: Rules = Rules()
    """How many sites, which, how far apart. Default: no rule."""
    limits: tuple[Limit, ...] = ()
    """Linear limits of the planner's own."""
    carbon: Carbon = Carbon()
    """Caps and price of carbon. Default: neither."""
    water: Water | None = None
    """Water of cooling. None: not counted."""
    money: Money
    debt: tuple[Debt, ...] = ()
    """Loans against accelerators."""
    revenue: Revenue | None = None
    """None: what is served earns nothing."""
    taxes: Taxes = Taxes()
    priorities: Annotated[tuple[Priority, ...], Field(min_length=1)] = (Priority(objective="npv_cost"),)
    """Objectives in order of importance; each pass keeps what the passes before it reached. npv_cost comes last when it
    is not named."""
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
    def h100e_column(self) -> str:
        """Column and field of H100 equivalents: `h100e_bf16` or `h100e_8bit`; with `peak_` before it of the demand."""
        return f"h100e_{self.compute_basis}"

    @property
    def price_day(self) -> dt.date:
        """Day whose prices count."""
        return self.prices_on or first_day(self.start)

    @checked
    def update(self, changes: Mapping[str, Any], file: str = "the changes") -> Study:
        """A validated copy with fields changed by dotted name: `{"money.discount_rate": "8 %/y"}`.

        file: what faults name. Raises InputError with every name that matches nothing and every value that is wrong.
        """
        tree = self.model_dump(mode="json", exclude_unset=True)
        unknown = set_fields(tree, self.model_dump(mode="json"), changes, file)
        changed = validated(Study, tree, file, unknown)
        changed._path = self._path
        return changed

    def __str__(self) -> str:
        """A few readable lines; `siting validate --show` prints every value."""
        return study_text(self)

    __repr__ = __str__

    def digest(self) -> str:
        """SHA-256 of the validated content, independent of key order and comments."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def checks(self) -> tuple[Rule, ...]:
        return (
            self._something,
            self._earning,
            self._buyable,
            self._names,
            self._early,
            self._late,
            self._known_accelerators,
            self._basis,
            self._priorities,
            self._limit_dates,
            self._power_contracts,
            self._carbon_years,
            self._one_class,
            self._shells_alone,
            self._water_of_cooling,
        )

    def _limit_dates(self) -> Iterator[Clash]:
        inside = range(self.start, self.end)
        for n, limit in enumerate(self.limits):
            if not hasattr(limit, "expr"):
                continue
            for part in limit.expression.summands:
                late = [quarter_label(q) for q in part.quarters or () if q not in inside]
                late += [str(year) for year in part.years or () if not any(q // 4 == year for q in inside)]
                if late:
                    horizon = f"{quarter_label(self.start)} to {quarter_label(self.end - 1)}"
                    yield Clash(f"limits[{n}].expr", ", ".join(late), f"quarters of the horizon, {horizon}")

    def _one_class(self) -> Iterator[Clash]:
        beside = {
            "rules.existing": _below(self, "rules", "existing"),
            "power.curtailable": getattr(getattr(self, "power", None), "curtailable", None),
            "power.large_load": getattr(getattr(self, "power", None), "large_load", None),
            "taxes.income": getattr(getattr(self, "taxes", None), "income", None),
        }
        for name, stated in beside.items():
            if stated and _below(self, "halls", "classes"):
                yield Clash("halls.classes", f"a second class beside {name}", "one of the two: they do not go together")

    def _shells_alone(self) -> Iterator[Clash]:
        beside = {"halls.classes": ("halls", "classes"), "rules.existing": ("rules", "existing")}
        for name, keys in beside.items():
            if _below(self, *keys) and getattr(getattr(self, "halls", None), "shell_it_mw", None) is not None:
                expected = "one of the two: they do not go together"
                yield Clash("halls.shell_it_mw", f"shells beside {name}", expected)

    def _carbon_years(self) -> Iterator[Clash]:
        years = {quarter // 4 for quarter in range(self.start, self.end)}
        for year in getattr(self.carbon, "cap_t", {}):
            if int(year) not in years:
                yield Clash(f"carbon.cap_t.{year}", year, f"a year of the horizon, {min(years)} to {max(years)}")

    def _water_of_cooling(self) -> Iterator[Clash]:
        stated = getattr(self.water, "wue_l_per_kwh", None)
        second = [part.cooling for part in _below(self, "halls", "classes") if hasattr(part, "cooling")]
        for name in (self.halls.cooling, *second):
            if stated is not None and name not in stated:
                found = ", ".join(stated) or "nothing"
                says = "halls.classes says" if name in second else "halls.cooling says"
                yield Clash("water.wue_l_per_kwh", found, f"litres per kWh of {name!r}, as {says}")
        for n, limit in enumerate(self.limits):
            parts = limit.expression.summands if hasattr(limit, "expr") else ()
            if self.water is None and any(part.quantity == "water_m3" for part in parts):
                yield Clash(f"limits[{n}].expr", "water_m3", "a section [water] with wue_l_per_kwh")

    def _something(self) -> Iterator[Clash]:
        if self.inference is None and not self.clusters:
            yield Clash("", "neither", "at least one of clusters and inference: nothing is asked for")

    def _earning(self) -> Iterator[Clash]:
        if self.revenue is not None and self.inference is None:
            yield Clash("revenue", "no inference", "an inference demand that is served for it")

    def _buyable(self) -> Iterator[Clash]:
        if not self.accelerators:
            yield Clash("accelerators", "nothing", "at least one entry")

    def _names(self) -> Iterator[Clash]:
        for what in ("accelerators", "clusters", "debt", "limits", "onsite"):
            entries = enumerate(getattr(self, what, ()))
            yield from repeated_names((f"{what}[{n}]", getattr(entry, "name", "")) for n, entry in entries)

    def _priorities(self) -> Iterator[Clash]:
        named: set[str] = set()
        clusters = [cluster.name for cluster in self.clusters]
        for n, priority in enumerate(self.priorities):
            key, objective = f"priorities[{n}]", priority.objective
            if objective in named:
                yield Clash(f"{key}.objective", repr(objective), "every objective once")
            named.add(objective)
            if objective == "latency" and self.inference is None:
                yield Clash(f"{key}.objective", repr(objective), "an objective that fits: there is no inference demand")
            if objective == "time_to_compute" and n:
                yield Clash(f"{key}.objective", repr(objective), "time_to_compute as the first priority, or not at all")
            if objective == "time_to_compute" and priority.cluster is None and len(clusters) != 1:
                yield Clash(
                    f"{key}.cluster", "nothing", f"one of the study's clusters: {', '.join(clusters) or 'none'}"
                )
            if priority.cluster is not None and priority.cluster not in clusters:
                yield Clash(f"{key}.cluster", repr(priority.cluster), f"one of: {', '.join(clusters) or 'none'}")

    def _early(self) -> Iterator[Clash]:
        for key, when in self._dated():
            if when < self.start:
                yield Clash(key, quarter_label(when), f"the study's start, {quarter_label(self.start)}, or later")

    def _late(self) -> Iterator[Clash]:
        ready = getattr(getattr(self.candidates, "colocation", None), "ready", None)
        late = [*self._dated(), *self._prices_dated(), *([("candidates.colocation.ready", ready)] if ready else [])]
        for key, when in late:
            needed = key.startswith(USELESS_LATER) or key.endswith(".draw_from")
            if when >= self.end and needed:
                yield Clash(key, quarter_label(when), f"a quarter before the horizon ends in {quarter_label(self.end)}")

    def _dated(self) -> Iterator[tuple[str, int]]:
        """Quarters of the study that lie in the horizon or after its start, as far as they could be read."""
        rows = [
            *((f"money.funding[{n}].quarter", r) for n, r in enumerate(_below(self, "money", "funding"))),
            *((f"clusters[{n}].by", c) for n, c in enumerate(_below(self, "clusters"))),
            *((f"leases.existing[{n}].ends", x) for n, x in enumerate(_below(self, "leases", "existing"))),
            *((f"leases.bilateral[{n}].deliver_from", x) for n, x in enumerate(_below(self, "leases", "bilateral"))),
            *((f"{key}.quarter", entry) for key, entry in self._by_accelerator("allocation")),
            *((f"debt[{n}].draw_from", x) for n, x in enumerate(_below(self, "debt"))),
            *((f"debt[{n}].draw_until", x) for n, x in enumerate(_below(self, "debt"))),
            ("inference.first_quarter", getattr(self, "inference", None)),
            *((f"rules.forced[{n}].by", x) for n, x in enumerate(_below(self, "rules", "forced"))),
        ]
        for key, part in rows:
            when = getattr(part, key.rpartition(".")[2], None)
            if when is not None:
                yield key, when

    def _prices_dated(self) -> Iterator[tuple[str, int]]:
        """Dates of prices: one from before the start holds in it."""
        for key, entry in self._by_accelerator("prices"):
            if hasattr(entry, "order_from"):
                yield f"{key}.order_from", entry.order_from

    def _by_accelerator(self, name: str) -> Iterator[tuple[str, Any]]:
        for n, kind in enumerate(_below(self, "accelerators")):
            for k, entry in enumerate(_below(kind, name)):
                yield f"accelerators[{n}].{name}[{k}]", entry

    def _basis(self) -> Iterator[Clash]:
        for what in ("accelerators", "clusters"):
            for n, part in enumerate(_below(self, what)):
                yield from of_another_basis(part, f"{what}[{n}]", "h100e", self.compute_basis)
        yield from of_another_basis(getattr(self, "inference", None), "inference", "peak_h100e", self.compute_basis)
        for n, part in enumerate(_below(self, "inference", "intercontinental")):
            yield from of_another_basis(part, f"inference.intercontinental[{n}]", "peak_h100e", self.compute_basis)

    def _power_contracts(self) -> Iterator[Clash]:
        for clash in contract_dates(_below(self, "power", "contracts"), int(self.start), self.end):
            yield Clash(f"power.{clash.key}", clash.value, clash.expected)

    def _known_accelerators(self) -> Iterator[Clash]:
        known = [accelerator.name for accelerator in self.accelerators]
        public = _below(self, "leases", "public", "accelerators")
        named = [(f"leases.public.accelerators[{n}]", name) for n, name in enumerate(public)]
        for n, cluster in enumerate(_below(self, "clusters")):
            types = getattr(cluster, "accelerators", ())
            named += [(f"clusters[{n}].accelerators[{k}]", name) for k, name in enumerate(types)]
        for n, limit in enumerate(_below(self, "limits")):
            parts = limit.expression.summands if hasattr(limit, "expr") else ()
            chosen = [name for part in parts for key, names in part.filters if key == "accelerator" for name in names]
            named += [(f"limits[{n}].expr", name) for name in chosen]
        for kind in ("existing", "bilateral"):
            for n, lease in enumerate(_below(self, "leases", kind)):
                if hasattr(lease, "accelerator"):
                    named.append((f"leases.{kind}[{n}].accelerator", lease.accelerator))
        for key, name in named:
            if known and name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"; the nearest is {near[0]!r}" if near else f": {', '.join(sorted(known))}"
                yield Clash(key, repr(name), f"one of the study's accelerators{hint}")


def _below(part: Any, *names: str) -> tuple[Any, ...]:
    """Entries under the names; none where something on the way is absent or could not be read."""
    for name in names:
        part = getattr(part, name, None)
    return part or ()
