"""Figures of a tenure that neither the study nor a table states: refused, each named, never guessed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from siting.assembly.places import market_rents, study_file
from siting.errors import Fault
from siting.study import Study
from siting.study.tenures import TENURES
from siting.tables.read import Tables


def blank_terms(study: Study, tables: Tables, frame: pd.DataFrame) -> list[Fault]:
    """Faults for candidates of an admitted tenure that lacks a figure: terms of the study, then rents.

    frame: columns candidate, tenure, rent_usd_per_kw_month, file_row.
    """
    used = frame[frame["tenure"].isin([tenure for tenure in TENURES if getattr(study.money, tenure)])]
    faults = []
    for tenure in ("retrofit", "powered_shell"):
        if count := int((used["tenure"] == tenure).sum()):
            faults += [
                Fault(
                    file=study_file(study),
                    key=f"{tenure}.{name}",
                    value=f"nothing, and {count} candidate{'s' * (count > 1)} of that tenure",
                    expected="a figure of your own: no published one stands for a building",
                )
                for name in getattr(study, tenure).blanks()
            ]
    rents = {
        "colocation": f"a rent, or a market of the rent table ({', '.join(market_rents(study, tables)['market'])})",
        "powered_shell": "a rent, or powered_shell.rent_usd_per_kw_month, or its shell_cost_musd_per_it_mw and yield",
    }
    missing = used[used["tenure"].isin(list(rents)) & used["rent_usd_per_kw_month"].isna()]
    return faults + [_no_rent(study, row, rents[str(row.tenure)]) for row in missing.itertuples()]


def _no_rent(study: Study, row: Any, expected: str) -> Fault:
    file = study.candidates.file
    if file is None or pd.isna(row.file_row):
        return Fault(file=study_file(study), key=f"{row.candidate}, rent", value="blank", expected=expected)
    key = f"row {int(row.file_row)}, rent_usd_per_kw_month"
    return Fault(file=(study.folder / file.path).name, key=key, value="blank", expected=expected)
