"""What a planner writes of many runs: one TOML file beside the study. The field docstrings are the manual."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from siting.errors import Fault, InputError
from siting.places import shipped
from siting.study import Study, read_study
from siting.study.faults import validated
from siting.study.strict import Clash, Rule, Strict
from siting.units import Unit
from siting.whatif import frontiers
from siting.whatif.variation import THE_SWEEP, Variation
from siting.whatif.variations import MOST, Range, grid, sample, table

KINDS = ("grid", "runs", "runs_file", "sample", "frontier")


class Between(Strict):
    """A range: two numbers, two quarters, or two texts with a unit."""

    low: Any
    """Lower end, as a study would say it: `"40 USD/MWh"`, `"2026-Q1"`, `3`."""
    high: Any
    """Upper end."""

    @property
    def range(self) -> Range:
        """The same as the sampler takes it."""
        return Range(self.low, self.high)


class NamedRun(Strict):
    """One variation."""

    name: Annotated[str, Field(min_length=1, pattern=r"\S")]
    """What people read; every name once."""
    edits: dict[str, Any] = Field(default_factory=dict)
    """Value by dotted key: `{ "clusters.0.by" = "2026-Q3" }`; entries of a list are numbered from 0."""


class Sample(Strict):
    """Runs spread evenly over ranges, from a seed."""

    size: Annotated[int, Field(ge=1, le=MOST)]
    """How many runs; of Sobol's sequence best a power of two."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    """The same seed gives the same sample."""
    method: Literal["latin-hypercube", "sobol"] = "latin-hypercube"
    """How the points are spread."""
    ranges: dict[str, Between | tuple[Any, ...]]
    """By dotted key: `{ low = "40 USD/MWh", high = "60 USD/MWh" }`, or a list of values that are equally likely."""


class Frontier(Strict):
    """Runs along one axis, with more points where the plan changes."""

    against: Literal["date", "carbon", "field"]
    """date: of all clusters, moved together. carbon: tonnes of the whole horizon. field: a field of the study."""
    earlier: Annotated[int, Field(ge=0, le=80)] = 4
    """Quarters by which the date is moved forward (date)."""
    later: Annotated[int, Field(ge=0, le=80)] = 4
    """Quarters by which it is moved back (date)."""
    key: str | None = None
    """Dotted key of the field (field)."""
    low: Any = None
    """Lower end of the field's range (field)."""
    high: Any = None
    """Upper end (field)."""
    steps: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Finest parts of the axis (carbon, field). None: each whole number or quarter, 64 parts of anything else."""
    points: Annotated[int, Field(ge=2)] = frontiers.POINTS
    """Points to begin with, spread evenly."""
    budget: Annotated[int, Field(ge=2, le=MOST)] = frontiers.BUDGET
    """Most points in all."""

    def rules(self) -> tuple[Rule, ...]:
        return (self._needs, self._room)

    def _needs(self) -> Iterator[Clash]:
        for name in ("key", "low", "high"):
            stated = getattr(self, name) is not None
            if stated != (self.against == "field"):
                found = "a value" if stated else "nothing"
                yield Clash(name, found, f"{'nothing' if stated else 'a value'} against {self.against}")

    def _room(self) -> Iterator[Clash]:
        if self.points > self.budget:
            yield Clash("points", str(self.points), f"no more than the budget, {self.budget}")

    @property
    def axis(self) -> frontiers.Axis:
        """The same as `siting.whatif.frontiers` takes it."""
        if self.against == "date":
            return frontiers.DateAxis(self.earlier, self.later)
        if self.against == "carbon":
            return frontiers.CarbonAxis(self.steps or frontiers.STEPS)
        return frontiers.KeyAxis(str(self.key), Range(self.low, self.high), self.steps)


class SweepFile(Strict):
    """Many runs of one study."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
    """Name of the folder of results: small letters, digits, hyphens, 100 at most."""
    title: str = ""
    """One line on what is asked."""
    study: Annotated[str, Field(min_length=1)]
    """The study in TOML, relative to this file, or the name of a shipped one."""
    run_limit_s: Annotated[float, Field(gt=0), Unit("s")] | None = None
    """Wall time after which a run is killed. None: three times the study's time limit and two minutes."""
    overrides: dict[str, Any] = Field(default_factory=dict)
    """Edits that every run has, below its own: `{ "search.time_limit_s" = "60 s" }`."""
    grid: dict[str, tuple[Any, ...] | dict[str, Any]] = Field(default_factory=dict)
    """Every combination of the values of each key: `"clusters.0.by" = ["2026-Q1", "2026-Q2"]`; a table gives each value
    a name."""
    runs: tuple[NamedRun, ...] = ()
    """Variations one by one."""
    runs_file: str | None = None
    """The same as a CSV file, relative to this one: column `name`, every other column a dotted key; blank: no edit."""
    sample: Sample | None = None
    """Runs spread over ranges."""
    frontier: Frontier | None = None
    """Runs along an axis."""

    def rules(self) -> tuple[Rule, ...]:
        return (self._one_kind,)

    def _one_kind(self) -> Iterator[Clash]:
        stated = [kind for kind in KINDS if getattr(self, kind)]
        if len(stated) != 1:
            yield Clash("", " and ".join(stated) or "none of them", f"exactly one of {', '.join(KINDS)}")

    def variations(self, folder: Path) -> list[Variation]:
        """Those of a grid, list or sample; none of a frontier. folder: where `runs_file` is. Raises InputError."""
        if self.grid:
            return grid(self.grid)
        if self.runs_file is not None:
            return table(folder / self.runs_file)
        if self.sample is not None:
            ranges = {
                key: wish.range if isinstance(wish, Between) else wish for key, wish in self.sample.ranges.items()
            }
            return sample(ranges, self.sample.size, seed=self.sample.seed, method=self.sample.method)
        return [Variation(name=run.name, edits=run.edits) for run in self.runs]


def read_sweep_file(path: str | Path) -> tuple[SweepFile, Study, Path]:
    """The sweep, its study, and the folder in which its files are looked for. Raises InputError with every fault.

    A name that is no file here is looked for among the shipped sweeps.
    """
    found = _find(Path(path))
    try:
        raw = tomllib.loads(found.read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError([_fault(path, str(error), "TOML 1.0 in UTF-8")]) from error
    asked = validated(SweepFile, raw, str(path))
    beside = found.parent / asked.study
    return asked, read_study(beside if beside.is_file() else asked.study), found.parent


@contextmanager
def told_in(path: str | Path) -> Iterator[None]:
    """Faults of a sweep are told as those of its file: of a grid, a sample or a frontier by the key that it has there,
    of one variation by its name."""
    try:
        yield
    except InputError as error:
        raise InputError([_in_file(fault, str(path)) for fault in error.faults]) from error


def _in_file(fault: Fault, file: str) -> Fault:
    if fault.file in KINDS:
        inner = "ranges." if fault.file == "sample" and fault.key not in Sample.model_fields else ""
        return replace(fault, file=file, key=f"{fault.file}.{inner}{fault.key}")
    if fault.file == THE_SWEEP:
        return replace(fault, file=file)
    return replace(fault, file=f"{file}, {fault.file}") if fault.file.startswith("variation ") else fault


def _find(path: Path) -> Path:
    known = shipped("models") / "sweeps"
    here = path.parent in (Path("models/sweeps"), Path())
    names = (path.name, f"{path.name}.toml") if here else ()
    for candidate in (path, *(known / name for name in names)):
        if candidate.is_file():
            return candidate
    near = difflib.get_close_matches(path.name, [file.name for file in known.glob("*.toml")], n=1)
    hint = f"; did you mean models/sweeps/{near[0]}?" if near and not path.is_dir() else ""
    raise InputError([_fault(path, "a folder" if path.is_dir() else "nothing", f"a sweep in TOML{hint}")])


def _fault(path: str | Path, found: str, expected: str) -> Fault:
    return Fault(file=str(path), key="the file", value=found, expected=expected)
