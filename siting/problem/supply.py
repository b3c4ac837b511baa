"""Energy by contract: arrays of the part, C contracts over S quarters, of which those beyond T only bind."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Contracts:
    """Prices nominal, energy at the meter. A contract without MW to sign has infinite `mw_max`."""

    contract: NDArray[np.object_]  # (C,)
    covers: BoolArray  # (I, C)
    runs: BoolArray  # (C, S)
    usd_per_mwh: FloatArray  # (C, S), 0 where it does not run
    delivery_usd_per_mwh: FloatArray  # (C,)
    of_plan: BoolArray  # (C,) shares are of all covered sites together
    min_share: FloatArray  # (C,)
    max_share: FloatArray  # (C,)
    mw_max: FloatArray  # (C,) that may be signed
    mwh_per_mw: FloatArray  # (C, S) of one signed MW
    min_take: FloatArray  # (C,) share of it that is paid in any case
    resale_usd_per_mwh: FloatArray  # (C,) for what is paid and not taken

    def __post_init__(self) -> None:
        for field in fields(self):
            getattr(self, field.name).setflags(write=False)

    def take_candidates(self, rows: IntArray) -> Contracts:
        """The same over the candidates at `rows` only."""
        return dataclasses.replace(self, covers=self.covers[rows])


@dataclass(frozen=True, kw_only=True, eq=False)
class LargeLoad:
    """What one module of a candidate owes once contracted, over S quarters, of which those beyond T only bind."""

    owed_mwh: FloatArray  # (I, S) minimum take of a quarter, 0 where no power flows yet
    usd_per_mwh: FloatArray  # (I, S) nominal grid price
    contracted_from: IntArray  # (I,) no module is contracted earlier
    term: int
    """Quarters of a module's contract."""
    collateral_musd: FloatArray  # (I,) of a module, paid at its signing, back at the horizon

    def take_candidates(self, rows: IntArray) -> LargeLoad:
        """The same over the candidates at `rows` only."""
        names = ("owed_mwh", "usd_per_mwh", "contracted_from", "collateral_musd")
        return dataclasses.replace(self, **{name: getattr(self, name)[rows] for name in names})
