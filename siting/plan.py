"""The answer: tables, value, bound and how they were reached; saved whole or not at all, read back equal."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from siting.arguments import checked
from siting.errors import Fault, InputError, raise_if_any
from siting.plan_head import PLAN_HEAD
from siting.saved import read_record
from siting.termination import PassResult, Termination, relative_gap
from siting.writing import DRAFT, named, unwritable, whole

PLACES = ("sites", "candidates")
"""Tables that carry points; they are saved as GeoParquet beside their CSV."""

PASS = tuple(field.name for field in fields(PassResult))
SAVED = "as `siting solve` wrote it"

MOST_LINES = 5
"""Sites, clusters and leases that `print(plan)` names; the others are counted."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Plan:
    """What to do, what it costs, how good it is proved to be. `tables` are pandas frames (columns: `siting.tabulate`),
    everything else is plain data that JSON can hold."""

    study: Mapping[str, Any]
    """The validated study, as its TOML would say it."""
    study_digest: str
    """SHA-256 of the validated study."""
    data_hashes: Mapping[str, str]
    """SHA-256 of every shipped table that was read."""
    versions: Mapping[str, str]
    """Versions of siting, Python and the libraries that matter."""
    passes: tuple[PassResult, ...]
    """One result per priority; the last one holds the plan's value and bound."""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall seconds by phase: read, assemble, reduce, build, transfer, solve, verify."""
    peak_mb: float = 0.0
    """Peak memory of the process, MB."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Counts and findings: candidates_read, candidates_in_model, near_ties, rounding_musd, binding, grid_check,
    reasons, money_against_date, dated_after, assumptions, sources, ..."""

    @property
    def last(self) -> PassResult:
        """The pass that holds the plan."""
        return self.passes[-1]

    @property
    def termination(self) -> Termination:
        return self.last.termination

    @property
    def npv_pass(self) -> PassResult | None:
        """The pass that minimised the present value of all cost; None when the search ended before it."""
        return next((result for result in self.passes if result.objective == "npv_cost_musd"), None)

    @property
    def npv_cost_musd(self) -> float | None:
        """Present value of all costs, musd; None without a plan. A later pass may have traded some of it away."""
        if self.last.value is None or self.last.objective == "npv_cost_musd":
            return self.last.value
        found = self.facts.get("npv_cost_musd", self.last.value)
        return None if found is None else float(found)

    @property
    def bound_musd(self) -> float | None:
        """No plan over the candidates in the model that keeps what earlier passes reached costs less, musd."""
        return self.npv_pass.bound if self.npv_pass is not None else None

    @property
    def gap(self) -> float | None:
        """Distance of the cost to that bound over the cost; None without a plan or a bound."""
        return self._gap(self.bound_musd)

    @property
    def bound_all_musd(self) -> float | None:
        """No plan over any usable candidate costs less, musd; None where nothing is proved of all."""
        stated = self.facts.get("everyone", {}).get("bound_musd")
        if stated is not None:
            return float(stated)
        inside, usable = self.facts.get("candidates_in_model"), self.facts.get("candidates_usable")
        return self.bound_musd if inside is not None and usable is not None and inside >= usable else None

    def pass_bound_all(self, result: PassResult) -> float | None:
        """What no plan over all usable candidates that keeps what the passes before it reached does better than, in the
        sense and unit of the pass; None where that was not proved for it."""
        stated = self.facts.get("everyone", {}).get("passes", ())
        return next((float(one["bound"]) for one in stated if one["objective"] == result.objective), None)

    def pass_gap_all(self, result: PassResult) -> float | None:
        """Distance of the value of a pass from that bound, over |value|."""
        bound = self.pass_bound_all(result)
        if bound is None or result.value is None:
            return None
        return 0.0 if bound == result.value else relative_gap(abs(result.value - bound), result.value)

    @property
    def gap_all(self) -> float | None:
        """Distance of the cost to the bound over all usable candidates over the cost."""
        return self._gap(self.bound_all_musd)

    def _gap(self, bound_musd: float | None) -> float | None:
        value = self.npv_cost_musd
        return None if value is None or bound_musd is None else relative_gap(value - bound_musd, value)

    @property
    def largest_gap(self) -> float | None:
        """Largest gap of all passes; None when one of them has no plan or no bound."""
        gaps = [result.gap for result in self.passes]
        return None if None in gaps else max(gap for gap in gaps if gap is not None)

    @property
    def sites(self) -> pd.DataFrame:
        """Opened campuses."""
        return self.tables["sites"]

    @property
    def leases(self) -> pd.DataFrame:
        """Lease contracts, existing ones included."""
        return self.tables["leases"]

    @property
    def words(self) -> tuple[str, ...]:
        """A few readable lines; the tables hold the rest. Of a what-if last how it was answered."""
        how = self.facts.get("what_if", {}).get("words", "")
        ended = f"Plan for “{self.study['name']}” ({self._how_it_ended()})"
        return (ended, *self._lines(), *([f"  what if  {how}"] if how else []))

    @property
    def frame(self) -> pd.DataFrame:
        """Opened campuses, a row each; empty without a plan."""
        return self.tables.get("sites", pd.DataFrame())

    def __str__(self) -> str:
        return "\n".join(self.words)

    __repr__ = __str__

    def _how_it_ended(self) -> str:
        ended = str(self.termination).replace("_", " ")
        return f"{ended}, {self.last.limit.replace('_', ' ')}" if self.last.limit else ended

    def _lines(self) -> list[str]:
        if self.npv_cost_musd is None:
            return [f"  - {reason}" for reason in self.facts.get("reasons", [])]
        bound = (
            "none" if self.bound_musd is None else f"{self.bound_musd:,.2f} MUSD, gap {(self.gap or 0.0) * 100:.2f} %"
        )
        lines = [f"  cost     {self.npv_cost_musd:,.2f} MUSD present value; bound {bound}"]
        if self.bound_all_musd not in (None, self.bound_musd):
            least = f"{self.bound_all_musd:,.2f} MUSD, gap {(self.gap_all or 0.0) * 100:.2f} %"
            lines.append(f"           that is over the candidates searched; over all of them {least}")
        for _, site in self._first("sites").iterrows():
            mw = f"{site['it_mw']:,.1f} MW IT, {site['utility_mw']:,.1f} MW at the meter"
            stated = site["tenure"] == "colocation" or site["candidate"] in self.facts.get("own_power_dates", [])
            dates = f"first halls {site['open_quarter']}, power from {site['energization']}"
            dates += "" if stated else " (assumed)"
            lines.append(f"  site     {site['name']} ({str(site['tenure']).replace('_', ' ')}): {mw}, {dates}")
        for _, host in self._first("clusters").iterrows():
            what = f"{host['gpus']:,.0f} {host['accelerator']} at {host['host']}"
            lines.append(f"  cluster  {host['cluster']}: {what} from {host['by']}")
        for _, lease in self._first("leases").iterrows():
            kept = ", exists" if lease["existing"] else ""
            price = f"{lease['usd_per_gpu_h']:.2f} USD/GPU/h for {lease['term_quarters']:.0f} quarters{kept}"
            lines.append(f"  lease    {lease['lease']}: {lease['gpus']:,.0f} from {lease['quarter']} at {price}")
        more = {name: len(self.tables.get(name, ())) - MOST_LINES for name in ("sites", "clusters", "leases")}
        return [*lines, *(f"  and {count} more {name}" for name, count in more.items() if count > 0)]

    def _first(self, name: str) -> pd.DataFrame:
        return self.tables.get(name, pd.DataFrame()).head(MOST_LINES)

    def save(self, folder: str | Path) -> None:
        """Write the plan folder whole: built beside its place, then renamed. An older plan there is replaced, of a link
        where it leads to. Raises InputError for a place that cannot be written, OSError where the disk is full."""
        raise_if_any(unwritable(Path(folder), "folder", into=False))
        folder = Path(folder).resolve()
        if folder.is_file():
            raise InputError([Fault(file=str(folder), key="folder", value="a file", expected="a place for a folder")])
        short = folder.name[:DRAFT]
        old = folder.with_name(f".{short}-old-{os.getpid()}")
        with named(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f".{short}-", dir=folder.parent))
            try:
                draft.chmod(0o755)
                self._write(draft)
                if folder.exists():
                    folder.rename(old)
                draft.rename(folder)
            finally:  # also of what is stopped half-way
                if old.exists() and not folder.exists():
                    old.rename(folder)
                for rest in (draft, old):
                    shutil.rmtree(rest, ignore_errors=True)

    def save_facts(self, folder: str | Path) -> None:
        """Write `plan.json` alone again, whole, into the folder of this plan: for what was found out later."""
        with whole(Path(folder) / "plan.json") as stream:
            stream.write(self._head())

    def _head(self) -> str:
        head = {
            "study": dict(self.study),
            "study_digest": self.study_digest,
            "data_hashes": dict(self.data_hashes),
            "versions": dict(self.versions),
            "passes": [asdict(result) for result in self.passes],
            "seconds": dict(self.seconds),
            "peak_mb": self.peak_mb,
            "facts": dict(self.facts),
            "tables": {name: {c: str(t) for c, t in frame.dtypes.items()} for name, frame in self.tables.items()},
        }
        return json.dumps(head, indent=1, ensure_ascii=False, allow_nan=False, default=float)

    def _write(self, folder: Path) -> None:
        (folder / "plan.json").write_text(self._head(), encoding="utf-8")
        for name, frame in self.tables.items():
            frame.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8")
            if name in PLACES:
                points = gpd.points_from_xy(frame["lon"], frame["lat"])
                gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326").to_parquet(folder / f"{name}.parquet")


@checked
def read_plan(folder: str | Path) -> Plan:
    """The plan of a folder, equal to the one saved. Raises InputError with every value of `plan.json` that is of
    another kind, or every table that is missing or broken."""
    folder = Path(folder)
    if folder.is_file():
        expected = "the folder of a plan: `siting solve STUDY` makes one"
        raise InputError([Fault(file=str(folder), key="plan", value="a file", expected=expected)])
    path = folder / "plan.json"
    head = read_record(path, PLAN_HEAD)
    faults: list[Fault] = []
    passes, tables = [], {}
    for n, result in enumerate(head["passes"]):
        try:
            known = {name: result[name] for name in PASS}
            passes.append(PassResult(**{**known, "termination": Termination(result["termination"])}))
        except ValueError as error:  # parts of it contradict each other
            faults.append(Fault(file=str(path), key=f"passes[{n}]", value=str(error), expected=SAVED))
    for name, dtypes in head["tables"].items():
        try:
            tables[name] = _read_table(folder / f"{name}.csv", dtypes)
            faults += _blank_points(tables[name], folder / f"{name}.csv") if name in PLACES else []
        except InputError as error:
            faults += error.faults
    raise_if_any(faults)
    return Plan(
        study=head["study"],
        study_digest=head["study_digest"],
        data_hashes=head["data_hashes"],
        versions=head["versions"],
        passes=tuple(passes),
        tables=tables,
        seconds=head["seconds"],
        peak_mb=head["peak_mb"],
        facts=head["facts"],
    )


def _blank_points(places: pd.DataFrame, path: Path) -> list[Fault]:
    """A place without its point could not be drawn, nor saved again."""
    return [
        Fault(file=str(path), key=name, value="a blank cell", expected="degrees in every row")
        for name in ("lat", "lon")
        if name in places and places[name].isna().any()
    ]


def _read_table(path: Path, dtypes: Mapping[str, str]) -> pd.DataFrame:
    """CSV with the types it was saved with; empty text stays empty text. Raises InputError."""

    def refused(key: str, value: str, expected: str) -> InputError:
        return InputError([Fault(file=str(path), key=key, value=value, expected=expected)])

    text = {name: "str" for name, dtype in dtypes.items() if dtype in ("object", "str", "string")}
    blank = {name: [""] for name in dtypes if name not in text}
    try:
        frame = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=blank, float_precision="round_trip")
    except OSError as error:
        raise refused("the file", error.strerror or "unreadable", "a table as it was saved") from error
    except ValueError as error:  # empty, no UTF-8, or rows of more cells than there are columns
        raise refused("the file", str(error).strip().splitlines()[-1], "a table as it was saved") from error
    if lost := [name for name in dtypes if name not in frame]:
        raise refused("columns", f"no {', '.join(lost)}", "the columns that were saved")
    for name, dtype in dtypes.items():
        if name not in text:
            try:
                frame[name] = frame[name].astype(dtype)
            except (ValueError, TypeError) as error:
                raise refused(name, f"cells that are not {dtype}", "cells as they were saved") from error
    return frame
