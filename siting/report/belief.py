"""MW from chips: what the clusters draw as critical IT and at the meter, against the belief that 100 MW will do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.assembly.accelerators import bought_accelerators
from siting.plan import Plan
from siting.report.numbers import in_words, megawatts, number
from siting.study import Study
from siting.tables.read import Tables

BELIEF_MW = 100.0
"""The figure the planner was told for 100,000 H100 (the founding question, May 2024), read as MW at the meter."""
COLUMNS = ["cluster", "accelerator", "gpus", "it_kw", "it_mw", "pue_peak", "utility_mw", "basis"]


def cluster_megawatts(plan: Plan, study: Study, tables: Tables) -> pd.DataFrame:
    """A row a cluster: accelerators, kW each with network, MW of critical IT, peak PUE, MW at the meter, basis.

    On a lease, or without a plan, the catalogue's kW and the cooling class's reference PUE stand in, and basis says so.
    """
    kinds = {kind.name: kind for kind in bought_accelerators(study, tables)}
    cooling = tables.pue_classes[tables.pue_classes["cooling"] == study.halls.cooling].iloc[0]
    usual = float(cooling["peak_ref_pue"])
    rows = []
    for cluster, name, gpus, it_mw, utility_mw, tenure in _clusters(plan, study, list(kinds)):
        kw = kinds[name].it_kw if name in kinds else np.nan
        if np.isfinite(it_mw) and np.isfinite(utility_mw):
            rows.append(
                (
                    cluster,
                    name,
                    gpus,
                    it_mw * 1000 / gpus,
                    it_mw,
                    utility_mw / it_mw,
                    utility_mw,
                    f"plan, {in_words(tenure)}",
                )
            )
        else:
            mw = gpus * kw / 1000.0
            basis = f"estimate, {study.halls.cooling} cooling" + (
                " (the provider's power)" if tenure == "lease" else ""
            )
            rows.append((cluster, name, gpus, kw, mw, usual, mw * usual, basis))
    return pd.DataFrame(rows, columns=COLUMNS)


def belief(rows: pd.DataFrame) -> str:
    """The sentence: MW that the largest cluster takes, and how many accelerators 100 MW at the meter carries."""
    if not len(rows) or rows["utility_mw"].isna().all():
        return "The study asks for no training cluster, so there is no figure to hold against 100 MW."
    row = rows.sort_values("utility_mw").iloc[-1]
    carried = BELIEF_MW * 1000.0 / (row["it_kw"] * row["pue_peak"])
    about = number(round(carried, -2))
    told = (
        f"{number(row['gpus'])} {row['accelerator']} × {number(row['it_kw'], 2)} kW = {megawatts(row['it_mw'])} of "
        f"critical IT; × peak PUE {number(row['pue_peak'], 2)} = {megawatts(row['utility_mw'])} at the meter."
    )
    if row["utility_mw"] > BELIEF_MW:
        short = (
            "is not enough even for the critical IT"
            if row["it_mw"] > BELIEF_MW
            else "carries the IT but not its cooling"
        )
        return f"{told} 100 MW {short}: at the meter it carries about {about} of these accelerators."
    return f"{told} 100 MW at the meter is enough: it would carry about {about} of these accelerators."


def _clusters(plan: Plan, study: Study, names: list[str]) -> list[tuple[str, str, int, float, float, str]]:
    """cluster, accelerator, accelerators, MW IT, MW at the meter (NaN: not the plan's), tenure."""
    if "clusters" in plan.tables:
        columns = ["cluster", "accelerator", "gpus", "it_mw", "utility_mw", "tenure"]
        return list(plan.tables["clusters"][columns].itertuples(index=False, name=None))
    return [
        (c.name, (c.accelerators or tuple(names))[0], c.gpus, float("nan"), float("nan"), "no plan")
        for c in study.clusters
        if c.gpus
    ]
