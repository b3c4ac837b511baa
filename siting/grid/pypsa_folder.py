"""A PyPSA network as its CSV folder (`network.export_to_csv_folder`) as a `Network`, at one snapshot. Plain pandas.

Read, with PyPSA's defaults where a column or file is missing: buses (v_nom, carrier), lines (x ohm, s_nom, s_max_pu),
transformers (x per unit of s_nom, tap_ratio, phase_shift), generators and storage_units and stores (p, else p_set),
loads (p_set), shunt_impedances (g siemens, at 1 per unit of voltage), links (p0, else p_set; `efficiency` at the other
buses). Time series stand over static values, row k for snapshot k. What is not `active` is left out, and so are buses
of a carrier other than AC with what stands on them: links from there come in as fixed injections. s_nom = 0 is PyPSA's
default for "not stated" and no limit.

Decision: not through the package pypsa, whose thirty dependencies hold versions that others here cannot share; so no
netCDF and HDF files, which `pypsa.Network(file).export_to_csv_folder(folder)` turns into a folder. Line types are read
only as the x that PyPSA writes once it has computed with them. Measured against `lpf` of pypsa 1.4.0 on MATPOWER's
case39, case118, case300 and case1888rte: every flow within 1e-8 MW.
Source: docs.pypsa.org, "Components" and "Import and export".
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from siting.errors import Fault, InputError, raise_if_any
from siting.grid.network import FloatArray, IntArray
from siting.grid.powerflow import BASE_MVA
from siting.grid.snapshot import OwnNetwork, Snapshot, own_network

OPEN = ("AC", "")
"""Carriers of buses that alternating current joins."""


def read_pypsa(path: Path, snapshot: str | None = None) -> OwnNetwork:
    """Network of a PyPSA CSV folder. snapshot: its name as in `snapshots.csv`; may be left out where there is one.

    Bus numbers are the names where all are whole numbers, else 1, 2, ... in the order of the file; branches count
    in the order of lines, then transformers. Raises InputError with every fault.
    """
    folder = _Folder(path, snapshot)
    buses = folder.table("buses")
    if not len(buses):
        folder.fault("buses.csv", "file", "no buses", "a PyPSA CSV folder, as export_to_csv_folder writes it")
        raise_if_any(folder.faults)
    names = buses.index.tolist()
    whole = all(re.fullmatch(r"\d{1,18}", name) for name in names)
    number = {name: int(name) if whole else at for at, name in enumerate(names, start=1)}
    carrier = folder.text(buses, "carrier", "AC")
    away = set(buses.index[~carrier.isin(OPEN)])
    here = buses[carrier.isin(OPEN)]

    def standing(component: str, *ends: str) -> pd.DataFrame:
        """Active rows of a component of which no end is away; unknown buses are faults."""
        frame = folder.table(component)
        frame = frame[folder.text(frame, "active", "True").str.lower() != "false"]
        for end in ends:
            at = folder.text(frame, end, "")
            for name in frame.index[~at.isin(names)]:
                folder.fault(f"{component}.csv", f"{end} of {name}", at[name], "a bus of buses.csv")
            frame = frame[at.isin(names)]
            frame = frame[~folder.text(frame, end, "").isin(away)]
        return frame

    def ids(at: pd.Series) -> IntArray:
        return np.array([number[name] for name in at], dtype=np.int64)

    lines, transformers = standing("lines", "bus0", "bus1"), standing("transformers", "bus0", "bus1")
    branches = pd.concat([lines, transformers])
    v_nom = folder.number(buses, "buses", "v_nom", 1.0)
    rating = folder.nominal(transformers, "transformers", "s_nom")
    for name in transformers.index[~(rating > 0)]:
        folder.fault("transformers.csv", f"s_nom of {name}", f"{rating[name]:g}", "above 0, since x is per unit of it")
    tap = folder.number(transformers, "transformers", "tap_ratio", 1.0)
    shift = folder.number(transformers, "transformers", "phase_shift", 0.0)
    ohm_to_pu = BASE_MVA / _floats(folder.text(lines, "bus0", "").map(v_nom)) ** 2
    x_pu = np.concatenate(
        [
            folder.number(lines, "lines", "x", 0.0) * ohm_to_pu,
            folder.number(transformers, "transformers", "x", 0.0) * tap * BASE_MVA / rating.where(rating > 0),
        ]
    )
    rate_mw = np.concatenate(
        [
            folder.nominal(frame, component, "s_nom") * folder.number(frame, component, "s_max_pu", 1.0)
            for frame, component in ((lines, "lines"), (transformers, "transformers"))
        ]
    )
    units = standing("generators", "bus")
    units = units[folder.number(units, "generators", "status", 1.0) > 0]
    unit_mw = folder.dispatch(units, "generators") * folder.number(units, "generators", "sign", 1.0)
    most_mw = folder.nominal(units, "generators", "p_nom") * folder.number(units, "generators", "p_max_pu", 1.0)
    loads = standing("loads", "bus")
    load_mw = -folder.number(loads, "loads", "p_set", 0.0) * folder.number(loads, "loads", "sign", -1.0)
    shunts = standing("shunt_impedances", "bus")
    shunt_bus = folder.text(shunts, "bus", "")
    shunt_mw = folder.number(shunts, "shunt_impedances", "g", 0.0) * shunt_bus.map(v_nom).astype(float) ** 2
    shunt_mw *= -folder.number(shunts, "shunt_impedances", "sign", -1.0)
    by_name = pd.concat([load_mw, shunt_mw]).groupby(pd.concat([folder.text(loads, "bus", ""), shunt_bus])).sum()
    fixed = _link_ends(folder, standing("links"), set(names), away)
    for component in ("storage_units", "stores"):
        frame = standing(component, "bus")
        fixed.append((folder.text(frame, "bus", ""), folder.dispatch(frame, component)))
    raise_if_any(list(dict.fromkeys(folder.faults)))
    notes = (f"{len(away)} buses of other carriers than AC are dropped with what stands on them",) if away else ()
    found = Snapshot(
        bus_id=ids(here.index.to_series()),
        bus_name=tuple(here.index),
        load_mw=_floats(by_name.reindex(here.index, fill_value=0.0)),
        unit_bus=ids(folder.text(units, "bus", "")),
        unit_mw=_floats(unit_mw),
        unit_max_mw=_floats(most_mw),
        fixed_bus=np.concatenate([ids(at) for at, _ in fixed]),
        fixed_mw=np.concatenate([_floats(mw) for _, mw in fixed]),
        branch_id=np.arange(1, len(branches) + 1),
        branch_name=(
            *(f"line {name}" for name in lines.index),
            *(f"transformer {name}" for name in transformers.index),
        ),
        from_bus=ids(folder.text(branches, "bus0", "")),
        to_bus=ids(folder.text(branches, "bus1", "")),
        x_pu=x_pu,
        shift_deg=np.concatenate([np.zeros(len(lines)), shift]),
        rate_mw=rate_mw,
    )
    return own_network(found, path, notes)


def _link_ends(
    folder: _Folder, links: pd.DataFrame, names: set[str], away: set[str]
) -> list[tuple[pd.Series, pd.Series]]:
    """Buses of links and MW into them: -p0 at bus0, p0 times efficiency at the others."""
    p0 = folder.dispatch(links, "links", "p0")
    found = []
    for end in sorted(column for column in links.columns if re.fullmatch(r"bus\d+", column)):
        at = folder.text(links, end, "")
        if end in ("bus0", "bus1"):
            for name in links.index[~at.isin(names)]:
                folder.fault("links.csv", f"{end} of {name}", at[name], "a bus of buses.csv")
        share = f"efficiency{'' if end == 'bus1' else end[3:]}"
        into = -p0 if end == "bus0" else p0 * folder.number(links, "links", share, 1.0)
        kept = at.isin(names - away)
        found.append((at[kept], into[kept]))
    return found


class _Folder:
    """Tables and series of a CSV folder at one snapshot; faults are gathered."""

    def __init__(self, path: Path, snapshot: str | None) -> None:
        self.path = path
        self.faults: list[Fault] = []
        if not path.is_dir():
            expected = "a CSV folder; of another PyPSA file make one: pypsa.Network(file).export_to_csv_folder(folder)"
            self.fault(path.name, "file", "no folder" if path.exists() else "nothing there", expected)
            raise_if_any(self.faults)
        table = self._read("snapshots.csv")
        labels = (
            ["now"]
            if table is None
            else [str(v) for v in table["snapshot" if "snapshot" in table else table.columns[0]]]
        )
        if snapshot is None and len(labels) == 1:
            snapshot = labels[0]
        if snapshot not in labels:
            few = ", ".join(labels[:5]) + (", ..." if len(labels) > 5 else "")
            self.fault("snapshots.csv", "snapshot", str(snapshot), f"one of {few}")
            raise_if_any(self.faults)
        self.row = labels.index(str(snapshot))

    def fault(self, file: str, key: str, value: str, expected: str) -> None:
        name = file if file == self.path.name else f"{self.path.name}/{file}"
        self.faults.append(Fault(file=name, key=key, value=value or "blank", expected=expected))

    def table(self, component: str) -> pd.DataFrame:
        """Static values as text by name; empty where there is no file."""
        frame = self._read(f"{component}.csv")
        if frame is None or not len(frame.columns):
            return pd.DataFrame(index=pd.Index([], dtype=object), dtype=object)
        frame = frame.set_index(frame.columns[0])
        for name in frame.index[frame.index.duplicated()]:
            self.fault(f"{component}.csv", "name", str(name), "each name once")
        return frame[~frame.index.duplicated()]

    def text(self, frame: pd.DataFrame, column: str, default: str) -> pd.Series:
        """A column as text, the default where there is none or a cell is blank."""
        if column not in frame:
            return pd.Series(default, index=frame.index, dtype=object)
        return frame[column].where(frame[column] != "", default)

    def number(self, frame: pd.DataFrame, component: str, column: str, default: float) -> pd.Series:
        """A column as numbers by name, a series standing over it at this snapshot."""
        text = self.text(frame, column, str(default))
        series = self._read(f"{component}-{column}.csv", self.row)
        file = f"{component}.csv"
        if series is not None and len(frame):
            if not len(series):
                self.fault(
                    f"{component}-{column}.csv", "rows", "too few", f"a row for each of {self.row + 1} snapshots"
                )
                return pd.Series(0.0, index=frame.index)
            text = series.iloc[0, 1:].reindex(text.index).fillna(text)
            file = f"{component}-{column}.csv or {file}"
        found = pd.to_numeric(text, errors="coerce").astype(float)
        for name in frame.index[found.isna()]:
            self.fault(file, f"{column} of {name}", str(text[name]), "a number")
        return found

    def nominal(self, frame: pd.DataFrame, component: str, column: str) -> pd.Series:
        """Nominal power, MW: as optimised where it was extendable and the folder says what came out."""
        stated = self.number(frame, component, column, 0.0)
        if f"{column}_opt" not in frame:
            return stated
        extendable = self.text(frame, f"{column}_extendable", "False").str.lower() == "true"
        return stated.where(~extendable, self.number(frame, component, f"{column}_opt", 0.0))

    def dispatch(self, frame: pd.DataFrame, component: str, column: str = "p") -> pd.Series:
        """MW as the folder's solution has them, 0 where it names none; as set where there is no solution."""
        if (self.path / f"{component}-{column}.csv").exists():
            return self.number(frame, component, column, 0.0)
        return self.number(frame, component, "p_set", 0.0)

    def _read(self, name: str, row: int | None = None) -> pd.DataFrame | None:
        """A file as text, one row of it where one is asked for; None where there is no file."""
        path = self.path / name
        if not path.exists():
            return None
        part = {} if row is None else {"skiprows": range(1, row + 1), "nrows": 1}
        try:
            return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8", **part)
        except ValueError as error:
            self.fault(name, "file", str(error), "a CSV table in UTF-8")
            raise InputError(self.faults) from None


def _floats(column: pd.Series) -> FloatArray:
    return np.array(column, dtype=np.float64)
