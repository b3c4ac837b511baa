"""Power units on the campus: arrays of the part, U kinds of units."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Onsite:
    """Units behind the meter. Everything is per whole unit; musd nominal; energy in MWh at the meter."""

    unit: NDArray[np.object_]  # (U,)
    unit_mw: FloatArray  # (U,)
    lead: IntArray  # (U,) quarters from order to delivery
    most: IntArray  # (U,) ever set up at one campus
    reserve: IntArray  # (U,) standing units that count nothing for firm MW
    firm: BoolArray  # (U,) firm MW in all hours
    firming_mw: FloatArray  # (U,) MW of one that are firm in curtailed hours only
    may_leave: BoolArray  # (U,)
    admitted: BoolArray  # (I, U)
    gone_by: IntArray  # (I, U) first quarter in which none may stand, T when never
    capex_musd: FloatArray  # (I, U) paid at order
    resale_musd: FloatArray  # (I, U) paid back in the quarter in which it has left
    residual_musd: FloatArray  # (I, U, T) value at the horizon of one delivered in t that may not leave
    rent_musd: FloatArray  # (U,) a standing quarter
    fixed_om_musd: FloatArray  # (U,) a standing quarter
    most_mwh: FloatArray  # (U, T) that one standing unit generates at most
    mmbtu_per_mwh: FloatArray  # (U,)
    fuel_usd_per_mwh: FloatArray  # (I, U, T)
    var_om_usd_per_mwh: FloatArray  # (U,)
    co2_t_per_mwh: FloatArray  # (U,)

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), np.ndarray):
                value.setflags(write=False)

    def take_candidates(self, rows: IntArray) -> Onsite:
        """The same over the candidates at `rows` only."""
        return dataclasses.replace(self, **{name: getattr(self, name)[rows] for name in CANDIDATE_ARRAYS})

    def may_stand(self, live_from: IntArray) -> BoolArray:
        """(I, U, T) whether a unit can stand at a campus in a quarter: delivered, halls open, bridge not over."""
        quarters = np.arange(self.residual_musd.shape[2])[None, None, :]
        begin = np.maximum(live_from[:, None], self.lead[None, :])[:, :, None]
        stands: BoolArray = self.admitted[:, :, None] & (quarters >= begin) & (quarters < self.gone_by[:, :, None])
        return stands

    def most_firm_mw(self, live_from: IntArray) -> FloatArray:
        """(I, T) firm MW that the permit caps allow beside the grid."""
        each = self.unit_mw * (self.most - self.reserve) * self.firm
        firm: FloatArray = np.einsum("iut,u->it", self.may_stand(live_from), each)
        return firm


CANDIDATE_ARRAYS = ("admitted", "gone_by", "capex_musd", "resale_musd", "residual_musd", "fuel_usd_per_mwh")
"""Arrays whose first axis is the candidate."""
