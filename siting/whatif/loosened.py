"""Which inputs of a changed problem are looser than before: where none is, every plan of it was a plan before.

Every array of a problem is one of: *structure* (must be equal), a *limit* (with the side on which it is tighter),
*cash* (what a decision takes from the funding: at least as much as before, and no factor of it negative), a *cost* of
the objective alone (may change either way: whoever uses this compares objectives himself), or *needs* (a cluster or a
demand that only grows: a plan that covers more covers less, and what then idles need not run; said only where no part
is switched on that could reward what runs). What is in no list must be equal, so a new array of a problem is safe from
the day it is there. Parts that a study may leave out must be equal as a whole, but for the limits named below.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from siting.problem import Problem
from siting.problem.caps import Caps
from siting.problem.grid_rows import GridRows
from siting.problem.limits import OwnLimits
from siting.problem.rules import SiteRules
from siting.problem.shared import Shared
from siting.problem.yearly import Yearly

COSTS = (
    "npv_open_musd", "npv_module_musd", "npv_pod_musd", "npv_run_musd", "npv_lease_musd", "discount",
)  # fmt: skip
"""Of the objective alone; energy also takes from the funding, see `_energy_cash`."""
LESS = ("modules_max", "energized_mw", "reach", "supply", "lease_serve", "lease_start", "lease_reach", "pod_serve",
        "serve_factor", "funding_musd", "lease_max")  # fmt: skip
"""Limits that are tighter when they are smaller."""
MORE = ("modules_first", "live_from", "deliver_from", "lease_min", "survive_share")
"""Limits that are tighter when they are larger."""
POD_CASH = ("pod_price_musd", "sales_tax", "pod_cash_profile")
CASH = ("opening_cash_musd", "module_cash_factor", "module_cash_profile", "property_tax", "lease_cash_musd",
        "demand_musd_per_mw", *POD_CASH)  # fmt: skip
_OF_PODS, _OF_MODULES = (*POD_CASH, "property_tax"), ("module_cash_factor", "module_cash_profile")
FACTORS = {**dict.fromkeys(_OF_PODS, _OF_PODS), **dict.fromkeys(_OF_MODULES, _OF_MODULES)}
"""What cash arrays are multiplied with."""
NEEDS_MORE, NEEDS_LESS = ("cluster_pods", "cluster_lease_gpus", "cluster_until", "demand_h100e"), ("cluster_from",)
ENERGY = ("usd_per_mwh", "mwh_per_it_mw", "co2_t_per_mwh")
"""Seen by the model through the costs above, and by itself only in the parts below."""
PRICE_ENERGY = ("contracts", "onsite", "large_load", "curtailable", "limits", "carbon", "water")
REWARDING = (*PRICE_ENERGY, "income_tax", "revenue", "debt", "transit", "split", "annex", "demand_musd_per_mw")
"""Parts in which covering less is another thing than covering more with idle accelerators."""
IGNORED = ("watched",)
CLOSE = 1e-12
"""Relative rounding of an array that is computed again."""


def loosened(old: Problem, new: Problem) -> tuple[str, ...]:
    """Names of arrays and parts of `new` for which nothing says that every plan of it is one of `old`; empty: all are.

    Both over the same candidates in the same order, for the least cost and without goals of earlier passes.
    """
    return tuple(dict.fromkeys(_loosened(old, new)))


def dearer(old: Problem, new: Problem) -> bool:
    """Whether no cost of a decision fell and none of the parts with cash of their own is there: where nothing is
    looser either, no plan costs less than before."""
    parts = (*PRICE_ENERGY, "income_tax", "revenue", "debt", "transit", "annex", "shells", "demand_musd_per_mw")
    if any(getattr(part, name) is not None for part in (old, new) for name in parts):
        return False
    return all(_at_least(getattr(new, name), getattr(old, name)) for name in COSTS if name != "discount")


def _loosened(old: Problem, new: Problem) -> Iterator[str]:
    forced = old.lease_forced  # contracts that exist cost whatever is decided
    for name in (field.name for field in dataclasses.fields(Problem) if field.name not in IGNORED):
        before, after = getattr(old, name), getattr(new, name)
        if _same(before, after) or (name in COSTS and old.income_tax is None):
            continue
        fine = False
        if name in LESS:
            fine = _at_least(before, after) and not (
                (name in ("lease_max", "lease_start") and not _same(before[forced], after[forced]))
                or (name in ("reach", "lease_reach") and old.transit is not None)  # flows have a cost by class
            )
        elif name in MORE:
            fine = _at_least(after, before)
        elif name in CASH:
            fine = _more_cash(old, new, name)
        elif name in (*NEEDS_MORE, *NEEDS_LESS):
            fine = _needs_more(old, new, name)
        elif name in ENERGY:
            fine = all(getattr(old, part) is None for part in PRICE_ENERGY)
        elif name in BLOCKS:
            fine = BLOCKS[name](before, after)
        if not fine:
            yield name
    if not _same(old.npv_run_musd, new.npv_run_musd) or not _same(old.discount, new.discount):
        before, after = (p.npv_run_musd / p.discount for p in (old, new))
        equal = _at_least(after, before) and _at_least(before, after)
        rewarded = old.limits is not None and old.limits.ask_for_spending
        if not equal and (rewarded or not (_at_least(after, before) and (before >= 0.0).all())):
            yield "energy paid by quarter"


def _more_cash(old: Problem, new: Problem, name: str) -> bool:
    """A loan lends against what pods cost; a tax and a least spending or capital reward what is paid."""
    rewarded = old.income_tax is not None or (old.limits is not None and old.limits.ask_for_payments)
    if rewarded or (name in POD_CASH and old.debt is not None):
        return False
    before, after = getattr(old, name), getattr(new, name)
    if after is None:
        return False
    before = np.zeros_like(after) if before is None else before
    factors = [before, *(getattr(old, other) for other in FACTORS.get(name, ()))]
    return _at_least(after, before) and all(bool((factor >= 0.0).all()) for factor in factors)


def _needs_more(old: Problem, new: Problem, name: str) -> bool:
    if any(getattr(old, part) is not None for part in REWARDING) or old.single_source or old.survive_share > 0.0:
        return False
    if (old.npv_run_musd < 0.0).any():
        return False
    before, after = getattr(old, name), getattr(new, name)
    if before.shape != after.shape:
        return False
    if name in ("cluster_pods", "cluster_lease_gpus"):  # 0: not admitted
        return bool(((after == 0) | ((before > 0) & (after >= before))).all())
    return _at_least(after, before) if name in NEEDS_MORE else _at_least(before, after)


def _same(before: Any, after: Any) -> bool:
    """Equal in every array and figure, parts of parts included."""
    if isinstance(before, np.ndarray) and isinstance(after, np.ndarray):
        if before.shape != after.shape or before.dtype != after.dtype:
            return False
        return bool(np.array_equal(before, after, equal_nan=before.dtype.kind == "f"))
    if dataclasses.is_dataclass(before) and type(before) is type(after):
        names = [field.name for field in dataclasses.fields(before)]
        return all(_same(getattr(before, name), getattr(after, name)) for name in names)
    if isinstance(before, tuple) and isinstance(after, tuple):
        return len(before) == len(after) and all(map(_same, before, after))
    return type(before) is type(after) and bool(before == after)


def _at_least(more: Any, less: Any) -> bool:
    """Nowhere smaller by more than rounding, of one shape."""
    one, other = np.asarray(more, dtype=np.float64), np.asarray(less, dtype=np.float64)
    if one.shape != other.shape or np.isnan(one).any() or np.isnan(other).any():
        return False
    room = CLOSE * np.where(np.isfinite(other), np.abs(other), 0.0)
    return bool((one >= other - room).all())


def _but(before: Any, after: Any, *names: str) -> bool:
    """Equal but for the named fields."""
    rest = [field.name for field in dataclasses.fields(before) if field.name not in names]
    return all(_same(getattr(before, name), getattr(after, name)) for name in rest)


def _caps(before: Caps | None, after: Caps | None) -> bool:
    if before is None or after is None:
        return before is None
    smaller = after.capital_musd <= before.capital_musd and after.operating_musd <= before.operating_musd
    return smaller and _same(before.year, after.year)


def _shared(before: Shared | None, after: Shared | None) -> bool:
    if before is None or after is None:
        return before is None
    smaller = _at_least(before.standing_mw, after.standing_mw) and _at_least(before.energized_mw, after.energized_mw)
    return smaller and _same(before.place, after.place)


def _grid(before: GridRows | None, after: GridRows | None) -> bool:
    if before is None or after is None:
        return before is None
    return _but(before, after, "spare_mw") and _at_least(before.spare_mw, after.spare_mw)


def _rules(before: SiteRules | None, after: SiteRules | None) -> bool:
    if after is None:
        return False
    if before is None:
        return not after.existing_modules.any()
    forced = before.forced_modules > 0
    return (
        _but(before, after, "min_sites", "max_sites", "forced_modules", "forced_by", "group_most", "min_distance_km")
        and after.min_sites >= before.min_sites
        and (before.max_sites is None or (after.max_sites is not None and after.max_sites <= before.max_sites))
        and _at_least(after.forced_modules, before.forced_modules)
        and _at_least(before.forced_by[forced], after.forced_by[forced])
        and _at_least(before.group_most, after.group_most)
        and (after.min_distance_km or 0.0) >= (before.min_distance_km or 0.0)
    )


def _limits(before: OwnLimits | None, after: OwnLimits | None) -> bool:
    if after is None:
        return False
    stated = {row.name: row for row in after.rows}
    for row in () if before is None else before.rows:
        other = stated.get(row.name)
        if other is None or not _but(row, other, "bound"):
            return False
        if not {"<=": other.bound <= row.bound, ">=": other.bound >= row.bound, "=": other.bound == row.bound}[
            row.sense
        ]:
            return False
    return True


def _yearly(before: Yearly | None, after: Yearly | None) -> bool:
    if after is None:
        return False
    if before is None:
        return not after.usd_per_unit.any() and after.fuel_usd_per_unit is None
    capped = all(year in after.cap and after.cap[year] <= most for year, most in before.cap.items())
    return capped and _but(before, after, "cap")


BLOCKS: dict[str, Callable[[Any, Any], bool]] = {
    "caps": _caps,
    "shared": _shared,
    "grid": _grid,
    "rules": _rules,
    "limits": _limits,
    "carbon": _yearly,
    "water": _yearly,
}
"""Parts of which some fields are limits."""
