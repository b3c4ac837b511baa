"""Contracts of energy as arrays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from siting.assembly.campus import campus_ids
from siting.assembly.costs import growth
from siting.assembly.energized import energized_mw
from siting.assembly.places import study_file
from siting.assembly.rules import existing_modules, unknown_ids
from siting.errors import Fault, raise_if_any
from siting.problem import FloatArray
from siting.problem.supply import Contracts, LargeLoad
from siting.study import Study
from siting.study.supply import PowerContract, contract_quarters
from siting.study.tenures import BUILT
from siting.units import hours_in


def contract_faults(study: Study, frame: pd.DataFrame) -> Iterator[Fault]:
    """Candidates named in contracts and in on-site units that do not exist."""
    entries = [
        *((f"power.contracts[{n}]", contract.candidates) for n, contract in enumerate(study.power.contracts)),
        *((f"onsite[{n}]", unit.candidates) for n, unit in enumerate(study.onsite)),
    ]
    named = [(f"{key}.candidates[{k}]", name) for key, names in entries for k, name in enumerate(names)]
    yield from unknown_ids(study, named, frame["candidate"].tolist())


def contracts_of(study: Study, usable: pd.DataFrame) -> Contracts | None:
    """Arrays of power.contracts; None without any. Raises InputError for a contract that covers no usable site."""
    contracts = study.power.contracts
    if not contracts:
        return None
    covers = np.column_stack([_covered(contract, usable) for contract in contracts])
    raise_if_any(
        [
            Fault(
                file=study_file(study),
                key=f"power.contracts[{n}]",
                value=f"{contract.name!r} covers none of the {len(usable):,} usable candidates",
                expected="states or candidates with at least one, not colocation",
            )
            for n, contract in enumerate(contracts)
            if len(usable) and not covers[:, n].any()
        ]
    )
    runs = [contract_quarters(contract, study.start, study.end) for contract in contracts]
    span = max(study.end, *(quarters.stop for quarters in runs)) - study.start
    ordinals = study.start + np.arange(span)
    hours = np.array([hours_in(int(q)) for q in ordinals])
    running = np.array([(ordinals >= quarters.start) & (ordinals < quarters.stop) for quarters in runs])
    return Contracts(
        contract=np.array([contract.name for contract in contracts], dtype=object),
        covers=covers,
        runs=running,
        usd_per_mwh=np.where(running, [_path(contract, study.start, span) for contract in contracts], 0.0),
        delivery_usd_per_mwh=np.array([contract.delivery_usd_per_mwh for contract in contracts]),
        of_plan=np.array([contract.share_of == "plan" for contract in contracts]),
        min_share=np.array([contract.min_share for contract in contracts]),
        max_share=np.array([contract.max_share for contract in contracts]),
        mw_max=np.array([np.inf if c.ppa_mw_max is None else c.ppa_mw_max for c in contracts]),
        mwh_per_mw=np.where(running, [contract.capacity_factor * hours for contract in contracts], 0.0),
        min_take=np.array([contract.min_take_share for contract in contracts]),
        resale_usd_per_mwh=np.array([contract.resale_usd_per_mwh for contract in contracts]),
    )


def _covered(contract: PowerContract, usable: pd.DataFrame) -> np.ndarray:
    covered = usable["tenure"] != "colocation"
    if contract.states:
        covered &= usable["state"].isin(contract.states)
    if contract.candidates:
        covered &= campus_ids(usable).isin(contract.candidates)
    return np.asarray(covered, dtype=bool)


def _path(contract: PowerContract, start: int, span: int) -> FloatArray:
    """(span,) nominal price; years without one are 0, which is outside the contract."""
    if contract.price_usd_per_mwh is None:
        return np.array([contract.prices.get(str((start + t) // 4), 0.0) for t in range(span)])
    first = start if contract.start is None else int(contract.start)
    age = start + np.arange(span) - first
    return np.asarray(contract.price_usd_per_mwh * (1.0 + contract.escalator) ** (age / 4.0))


def large_load_of(study: Study, usable: pd.DataFrame) -> LargeLoad | None:
    """Arrays of power.large_load; zeros for colocation. None when nothing is asked."""
    terms = study.power.large_load
    if terms is None:
        return None
    built = usable["tenure"].isin(BUILT).to_numpy(bool)
    final, mean, peak, price = (
        usable[name].to_numpy(float) for name in ("final_utility_mw", "pue_mean", "pue_peak", "usd_per_mwh")
    )
    latest = max([study.quarters, *(usable["energization"].astype(int) - study.start).tolist()])
    span = latest + 4 * terms.term_years
    hours = np.array([hours_in(study.start + t) for t in range(span)])
    stand_mw = existing_modules(study, usable) * study.halls.module_it_mw * peak
    reached = np.maximum(energized_mw(study, usable, span), stand_mw[:, None]) / final[:, None]
    module_mwh = study.halls.module_it_mw * mean[:, None] * study.power.load_factor * hours[None, :]
    return LargeLoad(
        owed_mwh=np.where(built[:, None], terms.minimum_take_share * reached * module_mwh, 0.0),
        usd_per_mwh=price[:, None] * growth(study.power.escalator, span)[None, :],
        contracted_from=usable["energization"].to_numpy(np.int64) - study.start,
        term=4 * terms.term_years,
        collateral_musd=np.where(built, terms.collateral_musd_per_utility_mw * study.halls.module_it_mw * peak, 0.0),
    )


def demand_charge_of(study: Study) -> FloatArray | None:
    """(T,) musd for each MW of a quarter's largest draw; None without a charge."""
    charge = study.power.demand_charge_usd_per_kw_month
    if not charge:
        return None
    return charge * 3.0 * 1e3 / 1e6 * growth(study.power.escalator, study.quarters)
