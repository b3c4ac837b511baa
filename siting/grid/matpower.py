"""A MATPOWER case file (`.m`, format version 2) as a network. Needs the extra `network` (matpowercaseframes).

Of `mpc.bus`: BUS_I, BUS_TYPE (4 is isolated: dropped), PD, and GS, which takes its MW at 1 per unit of voltage.
Of `mpc.gen`: GEN_BUS, PG, PMAX of units with GEN_STATUS > 0. Of `mpc.branch`: ends, BR_X, RATE_A, TAP (0 means 1) and
SHIFT of those with BR_STATUS > 0 between buses that are kept. Of `mpc.dcline`: PF, PT of those in service.
Source: MATPOWER User's Manual 8.0, appendix B.

A case file is a program. One that computes on its matrices after it has stated them (ohm to per unit, kW to MW) would
be read wrongly without running it, so it is refused.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from siting.errors import Fault, InputError, raise_if_any
from siting.grid.network import FloatArray, IntArray
from siting.grid.powerflow import BASE_MVA
from siting.grid.snapshot import OwnNetwork, Snapshot, own_network

COLUMNS = {
    "bus": ("BUS_I", "BUS_TYPE", "PD", "GS"),
    "gen": ("GEN_BUS", "PG", "GEN_STATUS", "PMAX"),
    "branch": ("F_BUS", "T_BUS", "BR_X", "RATE_A", "TAP", "SHIFT", "BR_STATUS"),
    "dcline": ("F_BUS", "T_BUS", "BR_STATUS", "PF", "PT"),
}
NUMBERS = ("BUS_I", "GEN_BUS", "F_BUS", "T_BUS")
ISOLATED = 4
"""BUS_TYPE of a bus that is out of service."""
_COMPUTED = re.compile(r"^[^%\n]*\b(?:mpc\.(?:bus|gen|branch|dcline)\s*\(|mpc\.baseMVA\s*\*)", re.MULTILINE)
_TABLE = re.compile(r"mpc\.(bus|gen|branch|dcline)\s*=\s*\[(.*?)\]", re.DOTALL)


def read_matpower(path: Path) -> OwnNetwork:
    """Network of a case file. Branch numbers are the rows of `mpc.branch`, from 1.

    Raises InputError with every fault, also when the extra `network` is not installed.
    """
    file = path.name
    case = _case(path)
    faults: list[Fault] = []
    base = getattr(case, "baseMVA", None)
    if not isinstance(base, (int, float)) or not 0 < base < np.inf:
        faults.append(Fault(file=file, key="mpc.baseMVA", value=str(base), expected="a number above 0"))
    tables = {name: _table(case, name, file, faults) for name in COLUMNS}
    raise_if_any(faults)
    bus, gen, branch, dcline = (tables[name] for name in COLUMNS)
    assert isinstance(base, (int, float))

    isolated = bus["BUS_TYPE"] == ISOLATED
    out = set(bus.loc[isolated, "BUS_I"])
    notes = (f"{isolated.sum()} buses of type 4 (isolated) are dropped",) if isolated.any() else ()
    bus = bus[~isolated]
    gen = gen[(gen["GEN_STATUS"] > 0) & ~gen["GEN_BUS"].isin(out)]
    branch = branch[(branch["BR_STATUS"] > 0) & ~branch["F_BUS"].isin(out) & ~branch["T_BUS"].isin(out)]
    dcline = dcline[dcline["BR_STATUS"] > 0]
    tap = np.where(branch["TAP"] == 0, 1.0, branch["TAP"])
    row = _ints(pd.Series(branch.index))
    snapshot = Snapshot(
        bus_id=_ints(bus["BUS_I"]),
        bus_name=tuple(str(i) for i in _ints(bus["BUS_I"])),
        load_mw=_floats(bus["PD"] + bus["GS"]),
        unit_bus=_ints(gen["GEN_BUS"]),
        unit_mw=_floats(gen["PG"]),
        unit_max_mw=_floats(gen["PMAX"]),
        fixed_bus=np.concatenate([_ints(dcline["F_BUS"]), _ints(dcline["T_BUS"])]),
        fixed_mw=np.concatenate([-_floats(dcline["PF"]), _floats(dcline["PT"])]),
        branch_id=row,
        branch_name=tuple(
            f"branch row {i} ({f}-{t})"
            for i, f, t in zip(row, _ints(branch["F_BUS"]), _ints(branch["T_BUS"]), strict=True)
        ),
        from_bus=_ints(branch["F_BUS"]),
        to_bus=_ints(branch["T_BUS"]),
        x_pu=_floats(branch["BR_X"]) * tap * BASE_MVA / base,
        shift_deg=_floats(branch["SHIFT"]),
        rate_mw=_floats(branch["RATE_A"]),
    )
    return own_network(snapshot, path, notes)


def _case(path: Path) -> Any:
    """The case as matpowercaseframes reads it."""
    try:
        reader = importlib.import_module("matpowercaseframes")
    except ImportError:
        missing, remedy = "matpowercaseframes is not installed", "pip install 'siting[network]'"
        raise InputError([Fault(file=path.name, key="reader", value=missing, expected=remedy)]) from None
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Fault(file=path.name, key="file", value=str(error), expected="a text file")]) from None
    plain = "matrices stated in full, nothing computed on them (save the loaded case anew)"
    faults = [
        Fault(file=path.name, key=f"line {_line(text, found.end())}", value=found.group().strip(), expected=plain)
        for found in _COMPUTED.finditer(text)
    ]
    faults += [
        Fault(file=path.name, key=f"mpc.{found.group(1)}", value="several rows in one line", expected="a row a line")
        for found in _TABLE.finditer(text)
        if any(line.split("%")[0].strip().rstrip(";").count(";") for line in found.group(2).splitlines())
    ]
    raise_if_any(faults)
    try:
        return reader.CaseFrames(str(path), update_index=False)
    except (ValueError, IndexError, AttributeError, TypeError) as error:
        expected = "a MATPOWER case: function mpc = ..., mpc.baseMVA, mpc.bus, mpc.gen, mpc.branch"
        raise InputError([Fault(file=path.name, key="file", value=str(error), expected=expected)]) from None


def _table(case: Any, name: str, file: str, faults: list[Fault]) -> pd.DataFrame:
    """One matrix as numbers by column name, rows numbered from 1; faults are appended."""
    found = getattr(case, name, None)
    columns = list(COLUMNS[name])
    if found is None and name == "dcline":
        return pd.DataFrame(columns=columns, dtype=float)
    if not isinstance(found, pd.DataFrame) or not set(columns) <= set(found.columns):
        have = "nothing" if found is None else f"{len(found.columns)} columns"
        faults.append(Fault(file=file, key=f"mpc.{name}", value=have, expected=f"a matrix with {', '.join(columns)}"))
        return pd.DataFrame(columns=columns, dtype=float)
    frame = found[columns].apply(pd.to_numeric, errors="coerce").astype(float)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    for column in columns:
        bad = frame[column].isna()
        if column in NUMBERS:
            bad |= frame[column] % 1 != 0
        expected = "a whole number" if column in NUMBERS else "a number"
        for row in frame.index[bad]:
            value = str(found[column].iloc[row - 1])
            faults.append(Fault(file=file, key=f"mpc.{name} row {row}, {column}", value=value, expected=expected))
    return frame


def _line(text: str, at: int) -> int:
    return text[:at].count("\n") + 1


def _ints(column: pd.Series) -> IntArray:
    return np.array(column, dtype=np.int64)


def _floats(column: pd.Series) -> FloatArray:
    return np.array(column, dtype=np.float64)
