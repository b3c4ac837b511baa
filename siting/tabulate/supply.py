"""Tables of energy by contract: `supply` and `power_contracts`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.problem import FloatArray
from siting.study.supply import GRID
from siting.tabulate.onsite import generated_mwh
from siting.tabulate.parts import Parts
from siting.units import hours_in, quarter_label


def supply_tables(parts: Parts) -> dict[str, pd.DataFrame]:
    """`supply`: candidate, quarter, source (a contract, or "grid" for the rest), mwh, musd.

    `power_contracts`: contract, quarter (after the horizon too), signed_mw (NaN where nothing is signed in MW),
    taken_mwh, paid_mwh (taken, and what is paid beside), usd_per_mwh (delivery not included), musd (net of resale).
    """
    s = parts.p.contracts
    if s is None:
        return {}
    taken = np.zeros((len(parts.p.candidate_id), *s.runs.shape))
    for (i, c, t), gwh in parts.d.extra.get("ContractGwh", {}).items():
        taken[i, c, t] = 1e3 * max(gwh, 0.0)
    return {"supply": _supply(parts, taken), "power_contracts": _contracts(parts, taken.sum(axis=0))}


def grid_mwh(parts: Parts) -> FloatArray:
    """(I, T) energy from the grid: what runs, less what the campus generates."""
    p, d = parts.p, parts.d
    load = np.einsum("igt,g->it", d.running_pods, p.pod_it_mw) * p.mwh_per_it_mw
    return np.asarray(np.maximum(load - generated_mwh(p, d), 0.0))


def _supply(parts: Parts, taken: FloatArray) -> pd.DataFrame:
    p, s, rows = parts.p, parts.p.contracts, []
    assert s is not None
    load = grid_mwh(parts)
    for i, t in np.argwhere(load > 1e-9).tolist():
        quarter, rest = quarter_label(parts.study.start + t), load[i, t]
        for c in np.flatnonzero(taken[i, :, t] > 1e-6).tolist():
            mwh = min(float(taken[i, c, t]), float(rest))
            price = s.usd_per_mwh[c, t] + s.delivery_usd_per_mwh[c]
            rows.append((p.candidate_id[i], quarter, s.contract[c], mwh, mwh * price / 1e6))
            rest -= mwh
        if rest > 1e-6:
            rows.append((p.candidate_id[i], quarter, GRID, rest, rest * p.usd_per_mwh[i, t] / 1e6))
    return pd.DataFrame(rows, columns=["candidate", "quarter", "source", "mwh", "musd"])


def _contracts(parts: Parts, taken: FloatArray) -> pd.DataFrame:
    s, quarters, rows = parts.p.contracts, parts.p.quarters, []
    assert s is not None
    mw = {c: float(value) for c, value in parts.d.extra.get("ContractMw", {}).items()}
    untaken = parts.d.extra.get("UntakenGwh", {})
    for c in range(len(s.contract)):
        signed = mw.get(c, 0.0) if np.isfinite(s.mw_max[c]) else np.nan
        if s.min_take[c] == 0 and np.isfinite(signed):  # more MW would cost nothing: no more are said to be signed
            each = s.mwh_per_mw[c]
            signed = float(np.max(np.divide(taken[c], each, out=np.zeros_like(each), where=each > 0)))
        for t in np.flatnonzero(s.runs[c]).tolist():
            if t < quarters:
                beside = 1e3 * max(untaken.get((c, t), 0.0), 0.0)
            else:
                beside = float(np.nan_to_num(signed) * s.min_take[c] * s.mwh_per_mw[c, t])
            if not (taken[c, t] > 1e-6 or beside > 1e-6):
                continue
            price, got = float(s.usd_per_mwh[c, t]), float(s.resale_usd_per_mwh[c])
            musd = (taken[c, t] * (price + s.delivery_usd_per_mwh[c]) + beside * (price - got)) / 1e6
            quarter = quarter_label(parts.study.start + t)
            rows.append((s.contract[c], quarter, signed, taken[c, t], taken[c, t] + beside, price, musd))
    columns = ["contract", "quarter", "signed_mw", "taken_mwh", "paid_mwh", "usd_per_mwh", "musd"]
    return pd.DataFrame(rows, columns=columns)


def large_load_table(parts: Parts) -> dict[str, pd.DataFrame]:
    """`large_load`: candidate, quarter (after the horizon too), contracted_it_mw, owed_mwh, short_mwh, musd."""
    p, s = parts.p, parts.p.large_load
    if s is None:
        return {}
    live, rows = parts.d.modules.cumsum(axis=1), []
    taken = grid_mwh(parts)
    for i in np.flatnonzero(live[:, -1] > 0).tolist():
        share = parts.study.power.large_load.minimum_take_share if parts.study.power.large_load else 0.0
        for t in range(int(s.contracted_from[i]), s.owed_mwh.shape[1]):
            ended = t - s.term if t - int(s.contracted_from[i]) >= s.term else -1
            count = float(live[i, min(t, p.quarters - 1)] - (live[i, min(ended, p.quarters - 1)] if ended >= 0 else 0))
            owed = count * float(s.owed_mwh[i, t])
            if owed <= 0:
                continue
            hours = hours_in(parts.study.start + t) * parts.study.power.load_factor * parts.places["pue_mean"].iloc[i]
            short = max(0.0, owed - (float(taken[i, t]) if t < p.quarters else 0.0))
            quarter = quarter_label(parts.study.start + t)
            musd = short * float(s.usd_per_mwh[i, t]) / 1e6
            rows.append((p.candidate_id[i], quarter, owed / share / hours, owed, short, musd))
    columns = ["candidate", "quarter", "contracted_it_mw", "owed_mwh", "short_mwh", "musd"]
    return {"large_load": pd.DataFrame(rows, columns=columns)}
