"""What the study says of an accelerator over time, read a second time."""

from __future__ import annotations

import math

from siting.study import Study
from siting.tables.read import Tables
from siting.verification.cash import accelerator_figure


def shipped_at_most(study: Study, name: str, quarter: int) -> float:
    """Accelerators of a type that the vendor may deliver in a quarter (ordinal); infinity without a cap."""
    item = next(a for a in study.accelerators if a.name == name)
    if item.allocation:
        return float(sum(entry.accelerators for entry in item.allocation if entry.quarter == quarter))
    return math.inf if item.supply_per_quarter is None else float(item.supply_per_quarter)


def served_h100e(study: Study, tables: Tables, name: str) -> float:
    """H100e of inference that one accelerator serves at full use."""
    item = next(a for a in study.accelerators if a.name == name)
    if item.inference_h100e is not None:
        return item.inference_h100e
    return accelerator_figure(study, tables, name, "h100e")
