"""Accelerators the study may buy: price, power and throughput from the study, else from the catalogue on its date."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.assembly.places import study_file
from siting.errors import Fault, InputError
from siting.study import Study
from siting.study.assets import Accelerator
from siting.tables import catalog
from siting.tables.read import Tables
from siting.units import parse_quarter

ENDLESS = 10**6
"""Quarters of an accelerator that no study outlives."""


@dataclass(frozen=True, kw_only=True)
class Bought:
    """One accelerator, ready for arrays. `price_musd` is per accelerator, NaN when it can only be leased."""

    name: str
    price_musd: float
    it_kw: float
    h100e: float
    """By the study's basis."""
    inference_h100e: float
    """H100e of inference served at full use."""
    pod_accelerators: int
    available: int | None
    released: int | None
    """Quarter in which the type was first delivered to anyone: the catalogue's, else the study's."""
    lead_quarters: int
    supply: tuple[float, ...]
    """(T,) most that the vendor delivers in a quarter, in whole pods; inf without a cap."""
    life_quarters: int
    """Quarters after which it is gone; more than any horizon when the study states no life."""
    origin: str
    cooling: str = ""
    """air, liquid or any; "" where halls are of one class and nobody asks."""


def bought_accelerators(study: Study, tables: Tables) -> list[Bought]:
    """Every accelerator of the study, in its order. Raises InputError with all blanks and all parts taken twice."""
    faults: list[Fault] = []
    found = [_one(study, tables, number, item, faults) for number, item in enumerate(study.accelerators)]
    if faults:
        raise InputError(faults)
    return [item for item in found if item is not None]


def _one(study: Study, tables: Tables, number: int, item: Accelerator, faults: list[Fault]) -> Bought | None:
    key = f"accelerators[{number}]"
    try:
        row: pd.Series | None = catalog.accelerator(tables, item.name)
    except KeyError:
        row = None
    stated = {
        "it_kw": item.it_kw,
        study.h100e_column: getattr(item, study.h100e_column),
        "pod_accelerators": item.pod_accelerators,
    }
    column = {"it_kw": "it_kw_with_network"}
    values: dict[str, float] = {}
    for field, value in stated.items():
        found = value if value is not None else (float(row[column.get(field, field)]) if row is not None else np.nan)
        values[field] = float(found)
        if not np.isfinite(values[field]):
            what = "blank in the catalogue" if row is not None else "not in the catalogue"
            known = ", ".join(tables.accelerators["accelerator"])
            expected = f"{key}.{field} stated" if row is not None else f"{key}.{field} stated, or one of: {known}"
            faults.append(
                Fault(file=study_file(study), key=f"{key}.{field}", value=f"{item.name!r}: {what}", expected=expected)
            )
    price, origin = _price(study, tables, key, item, row, faults)
    if faults and not all(np.isfinite(v) for v in values.values()):
        return None
    released = _available(row) if _available(row) is not None else item.available
    if released is None and study.purchase.residual_age == "generation" and np.isfinite(price):
        expected = f"{key}.available stated: purchase.residual_age = generation counts from it"
        faults.append(
            Fault(file=study_file(study), key=f"{key}.available", value=f"{item.name!r}: blank", expected=expected)
        )
    return Bought(
        name=item.name,
        price_musd=price,
        it_kw=values["it_kw"],
        h100e=values[study.h100e_column],
        inference_h100e=values[study.h100e_column] if item.inference_h100e is None else item.inference_h100e,
        pod_accelerators=int(values["pod_accelerators"]),
        available=item.available if item.available is not None else _available(row),
        released=released,
        lead_quarters=item.lead_quarters,
        supply=_supply(study, item, int(values["pod_accelerators"])),
        cooling=_cooling(study, key, item, row, faults),
        life_quarters=ENDLESS if item.life_years is None else round(4.0 * item.life_years),
        origin=origin,
    )


def _cooling(study: Study, key: str, item: Accelerator, row: pd.Series | None, faults: list[Fault]) -> str:
    """What cools the accelerator, where halls are of two classes; blank in study and catalogue is a fault then."""
    known = "" if row is None or pd.isna(row["cooling"]) else str(row["cooling"])
    found = item.cooling or known
    if study.halls.classes and not found:
        expected = "air, liquid or any, as halls.classes states two classes of halls"
        faults.append(Fault(file=study.name, key=f"{key}.cooling", value=f"{item.name!r}: blank", expected=expected))
    return found if study.halls.classes else ""


def _supply(study: Study, item: Accelerator, pod_accelerators: int) -> tuple[float, ...]:
    """Accelerators of each quarter in whole pods: a campus takes no part of one, so what does not fill one is never
    delivered. No plan is lost, and the relaxation knows it too: 16,000 accelerators in pods of 576 are 15,552, which
    lifted the bound of a national study of 1,000 candidates by 0.8 %.
    """
    if item.allocation:
        allotted = {entry.quarter: float(entry.accelerators) for entry in item.allocation}
        shipped = [allotted.get(quarter, 0.0) for quarter in range(study.start, study.end)]
    else:
        most = np.inf if item.supply_per_quarter is None else float(item.supply_per_quarter)
        shipped = [most] * study.quarters
    return tuple(most - most % pod_accelerators if np.isfinite(most) else most for most in shipped)


def _available(row: pd.Series | None) -> int | None:
    text = "" if row is None or pd.isna(row["available"]) else str(row["available"])
    return parse_quarter(text) if text else None


def _price(
    study: Study, tables: Tables, key: str, item: Accelerator, row: pd.Series | None, faults: list[Fault]
) -> tuple[float, str]:
    """musd per accelerator with network and storage; NaN for what nobody sells. A part taken twice or left out is a
    fault.
    """
    if item.price_usd is not None:
        if item.price_includes is None:
            faults.append(
                Fault(
                    file=study_file(study),
                    key=f"{key}.price_includes",
                    value="nothing",
                    expected='with price_usd the parts within it, e.g. ["accelerator", "server", "network", "storage"]',
                )
            )
            return np.nan, ""
        usd, includes, origin = item.price_usd, {str(part) for part in item.price_includes}, "study"
    else:
        if row is not None and not bool(row["buyable"]):
            return np.nan, "lease only"
        if row is None:
            faults.append(
                Fault(
                    file=study_file(study),
                    key=f"{key}.price_usd",
                    value="nothing",
                    expected="a price: not in the catalogue",
                )
            )
            return np.nan, ""
        picked = catalog.accelerator_price(tables, item.name, study.price_day)
        usd, includes, origin = picked.value, set(picked.includes), f"{picked.table}: {picked.row} ({picked.date})"
        if not np.isfinite(usd):
            faults.append(
                Fault(
                    file="accelerator_prices.csv",
                    key=f"{item.name}, not later than {study.price_day}",
                    value="blank",
                    expected=f"{key}.price_usd and {key}.price_includes stated in the study",
                )
            )
            return np.nan, origin
    for part, adder in (("network", item.network_usd), ("storage", item.storage_usd)):
        if part in includes and adder:
            faults.append(
                Fault(
                    file=study_file(study),
                    key=f"{key}.{part}_usd",
                    value=f"{adder:g} USD",
                    expected=f"nothing: the price ({origin}) includes {part} already, it would be taken twice",
                )
            )
        if part not in includes and adder is None:
            faults.append(
                Fault(
                    file=study_file(study),
                    key=f"{key}.{part}_usd",
                    value="nothing",
                    expected=f'the {part} share per accelerator ("0 USD" if you mean none): '
                    f"the price ({origin}) leaves it out",
                )
            )
        usd += adder or 0.0
    for part in ("accelerator", "server"):
        if part not in includes:
            faults.append(
                Fault(
                    file=study_file(study),
                    key=f"{key}.price_includes",
                    value=", ".join(sorted(includes)),
                    expected=f"a price that includes the {part}",
                )
            )
    return usd / 1e6, origin
