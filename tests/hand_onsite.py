"""Units on the campus with round numbers, to be changed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from siting.problem.onsite import Onsite


def hand_onsite(candidates: int = 2, quarters: int = 2, **changes: Any) -> Onsite:
    """Unit "engine": 10 MW, at once, at most 3 a site, 1 in reserve, for good; capex 4, 3 left at the horizon when
    delivered in quarter 1 and 2 in quarter 0, 0.5 a standing quarter, 20,000 MWh a quarter, fuel 30 USD/MWh and 10
    beside it. Unit "bridge": 5 MW, at most 2, no reserve, over from quarter 1 on at candidate 1 and never at 0;
    capex 2, sold for 1.5; 10,000 MWh, fuel 40 USD/MWh. 9 MMBtu and 0.5 t CO2 a MWh, both.
    """
    i, t = candidates, quarters
    over = np.full(i, t)
    over[1:] = 1
    left = np.array([4.0 - (t - n) for n in range(t)])
    values: dict[str, Any] = {
        "unit": np.array(["engine", "bridge"], dtype=object),
        "unit_mw": np.array([10.0, 5.0]),
        "lead": np.array([0, 0]),
        "most": np.array([3, 2]),
        "reserve": np.array([1, 0]),
        "firm": np.array([True, True]),
        "firming_mw": np.array([0.0, 0.0]),
        "may_leave": np.array([False, True]),
        "admitted": np.ones((i, 2), dtype=bool),
        "gone_by": np.column_stack([np.full(i, t), over]),
        "capex_musd": np.tile([4.0, 2.0], (i, 1)),
        "resale_musd": np.tile([0.0, 1.5], (i, 1)),
        "residual_musd": np.tile(np.stack([left, np.zeros(t)]), (i, 1, 1)),
        "rent_musd": np.array([0.0, 0.0]),
        "fixed_om_musd": np.array([0.5, 0.0]),
        "most_mwh": np.array([[20_000.0] * t, [10_000.0] * t]),
        "mmbtu_per_mwh": np.array([9.0, 9.0]),
        "fuel_usd_per_mwh": np.tile(np.array([[30.0] * t, [40.0] * t]), (i, 1, 1)),
        "var_om_usd_per_mwh": np.array([10.0, 0.0]),
        "co2_t_per_mwh": np.array([0.5, 0.5]),
    }
    return Onsite(**{**values, **changes})
