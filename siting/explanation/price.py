"""What does a limit cost? One more unit of each that binds, searched again with whole modules, pods and contracts.

A looser limit leaves every plan at hand, so its price is never below 0, and the plan at hand is one of its plans. But
power that comes sooner begins terms of large loads sooner and ends bridges: it may cost, and is said to. With
v, b value and bound of the plan as it is and v', b' of the one with the limit changed, the price lies in
[b - v', v - b'] over the step: the gaps of both searches are its error bar. Beside it stands the fall of the relaxation
for the same step: the dual value of the limit, where halls and openings could be fractions. The two differ by much
where whole modules matter. What earlier priorities reached is kept.
"""

from __future__ import annotations

import difflib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from siting.arguments import checked
from siting.assembly.tenures import in_shells
from siting.errors import Fault, InputError, not_above_zero, raise_if_any
from siting.explanation.ground import FEW, Difference, Ground, apart, ground_of, less, more
from siting.explanation.loosened import Limit, limits_of
from siting.plan import Plan
from siting.printed import of_all
from siting.progress import Clock, Listener
from siting.solver.prices import relaxed_value
from siting.tables.read import Tables

LEFT_S = 1.0
"""With less time no search is begun."""


@dataclass(frozen=True, kw_only=True)
class LimitPrice:
    """One limit. Present musd for one unit."""

    key: str
    says: str
    """What one unit more is, in words."""
    unit: str
    step: float
    """Units that were tried at once."""
    tighter: bool
    """The unit costs so much, instead of saving it."""
    price: Difference | None
    """None: not looked at, the time was up."""
    no_plan: bool = False
    """Proved: with the step there is no plan."""
    lp_musd: float | None = None
    """In the relaxation, with the sign of `price`: what is saved is above 0, and of what is `tighter` what it costs.
    Without end where the relaxation has no plan with the step; None where it was not solved."""
    seconds: float = 0.0

    @property
    def inside_gap(self) -> bool:
        """Whether it may be nothing: the price is smaller than what is not proved of the two searches."""
        return self.price is not None and self.price.open

    def __str__(self) -> str:
        what = self.says if self.step == 1.0 else f"{self.says}, by {self.step:g} at once"
        lp = self._lp(1.0)
        if self.no_plan:
            return f"{what}: there is no such plan"
        if self.price is None:
            return f"{what}: not looked at, the time was up"
        verb = "costs" if self.tighter else "saves"
        if self.price.point is None and math.isinf(self.price.low):
            return f"{what}: no plan was found in the time{lp}"
        if self.price.point is None:
            return f"{what}: {verb} {self.price.low:,.3f} MUSD at least, no plan was found in the time{lp}"
        high = "" if math.isinf(self.price.high) else f" to {self.price.high:,.3f}"
        if self.price.point is not None and self.price.high < -1e-6:
            most = "" if math.isinf(self.price.low) else f" to {-self.price.low:,.3f}"
            costs = f"{-self.price.point:,.3f} MUSD (proved: {-self.price.high:,.3f}{most})"
            return f"{what}: costs {costs}{self._lp(-1.0)}"
        if self.price.high <= 1e-6 and self.price.low >= -1e-6:
            return f"{what}: {verb} nothing, proved{lp}"
        if self.inside_gap:
            at_most = f"at most {self._each(self.price.high)}" if high else "how much is not known"
            return f"{what}: inside the gap, {at_most}{lp}"
        return f"{what}: {verb} {self._each(self.price.point)} (proved: {self.price.low:,.3f}{high}){lp}"

    def _lp(self, sign: float) -> str:
        return "" if self.lp_musd is None or math.isinf(self.lp_musd) else f"; LP {sign * self.lp_musd + 0.0:,.3f}"

    def _each(self, musd: float) -> str:
        """The price of one unit; money for money in the same unit, `0.032 USD for each USD`."""
        if self.unit.startswith("MUSD"):
            return f"{musd:,.3f} USD for each {self.unit.removeprefix('M')}"
        return f"{musd:,.3f} MUSD {'an' if self.unit.startswith('a') else 'a'} {self.unit}"


@dataclass(frozen=True, kw_only=True, eq=False)
class LimitPrices:
    """Prices of the limits that were asked for, in the order in which they were tried."""

    prices: tuple[LimitPrice, ...]
    candidates: int
    """Campuses that they hold over."""
    usable: int
    """All that the study may use."""
    value_musd: float
    bound_musd: float | None
    """Of the plan at hand over these candidates."""
    module_mw: float
    """At the meter, of one module at the plan's largest site; 0 without one."""
    seconds: float = 0.0

    @property
    def frame(self) -> pd.DataFrame:
        """One row a limit: limit, says, unit, step, tighter, musd, low, high, inside_gap, no_plan, lp_musd, seconds."""
        rows = [
            {
                "limit": price.key,
                "says": price.says,
                "unit": price.unit,
                "step": price.step,
                "tighter": price.tighter,
                "musd": None if price.price is None else price.price.point,
                "low": None if price.price is None else price.price.low,
                "high": None if price.price is None else price.price.high,
                "inside_gap": price.inside_gap,
                "no_plan": price.no_plan,
                "lp_musd": price.lp_musd,
                "seconds": price.seconds,
            }
            for price in self.prices
        ]
        frame = pd.DataFrame(rows, columns=COLUMNS)
        numbers = ["step", "musd", "low", "high", "lp_musd", "seconds"]
        frame[numbers] = frame[numbers].astype(float)
        return frame

    @property
    def words(self) -> tuple[str, ...]:
        """The answer line by line, a limit a line."""
        bound = "" if self.bound_musd is None else f", its bound {self.bound_musd:,.1f}"
        over = f"over {of_all(self.candidates, self.usable, 'candidate')}"
        lines = [f"What limits cost, present value, {over}: the plan costs {self.value_musd:,.1f} MUSD{bound}."]
        if not self.prices:
            return (*lines, "The plan names no limit that binds; ask for one by its name.")
        lines += [f"- {price}" for price in self.prices]
        if self.module_mw and any(p.unit == "MW" and p.inside_gap and p.step < self.module_mw for p in self.prices):
            lines.append(f"Halls come in modules of {self.module_mw:,.1f} MW at the meter: ask for a step of that.")
        return tuple(lines)

    def __str__(self) -> str:
        return "\n".join(self.words)


COLUMNS = [
    "limit",
    "says",
    "unit",
    "step",
    "tighter",
    "musd",
    "low",
    "high",
    "inside_gap",
    "no_plan",
    "lp_musd",
    "seconds",
]


@checked
def limit_prices(
    plan: Plan,
    limits: Sequence[str] = (),
    *,
    step: float = 1.0,
    candidates: int = FEW,
    time_limit_s: float = 300.0,
    progress: Listener | None = None,
    tables: Tables | None = None,
) -> LimitPrices:
    """What one more unit of each limit saves.

    limits: keys such as "money:2025-Q1" or their beginnings ("money", "power", "energization", "later", "earlier",
    "rtt", "line", "supply", "money.capex_cap_musd", "carbon", "water", "rules", "limit"); none: those that the plan
    meets with no room. step: units at once, for limits that are no counts or dates. candidates: of the screen, beside
    the plan's own. time_limit_s: of all searches; what is not reached is said.

    Raises InputError for a limit that the study does not have, a step or a time limit that is not above 0, a plan
    without a cost or with other tables; SolverError when HiGHS fails.
    """
    began, clock = time.perf_counter(), Clock(progress)
    raise_if_any(not_above_zero("the question", {"step": step, "time_limit_s": time_limit_s}))
    ground = ground_of(plan, tables=tables, candidates=candidates, time_limit_s=time_limit_s, clock=clock)
    asked = _asked(limits_of(ground, step), limits)
    if step != 1.0 and asked and all(limit.whole for limit in asked):
        expected = "1: a count or a date is moved by one; or a limit that is neither"
        raise InputError([Fault(file="the question", key="step", value=f"{step:g}", expected=expected)])
    base_lp = relaxed_value(ground.problem, ground.budget.of(ground.options)) if asked else None
    found = []
    for limit in asked:
        clock.say(limit.says)
        found.append(_priced(ground, limit, 1.0 if limit.whole else step, base_lp))
    sites = plan.sites
    stepped = sites[[not in_shells(ground.study, str(tenure)) for tenure in sites["tenure"]]]
    module = 0.0 if stepped.empty else float(stepped.loc[stepped["it_mw"].idxmax(), "pue_peak"])
    module *= ground.study.halls.module_it_mw
    assert ground.base.value_musd is not None
    return LimitPrices(
        prices=tuple(found),
        candidates=ground.candidates,
        usable=len(ground.everyone.usable),
        value_musd=ground.base.value_musd,
        bound_musd=ground.base.bound_musd,
        module_mw=module,
        seconds=time.perf_counter() - began,
    )


def _asked(limits: Sequence[Limit], names: Sequence[str]) -> list[Limit]:
    if not names:
        return [limit for limit in limits if limit.binds]
    keys = [limit.key for limit in limits]
    faults, wanted = [], []
    for name in names:
        here = [limit for limit in limits if limit.key == name or limit.key.startswith((f"{name}:", f"{name}."))]
        wanted += [limit for limit in here if limit not in wanted]
        if not here:
            near = difflib.get_close_matches(name, keys, n=3, cutoff=0.3)
            hint = f"; the nearest are {', '.join(near)}" if near else ""
            kinds = ", ".join(dict.fromkeys(key.split(":")[0] for key in keys))
            expected = f"a limit of the study: {kinds}{hint}"
            faults.append(Fault(file="the question", key="limit", value=repr(name), expected=expected))
    if faults:
        raise InputError(faults)
    return wanted


def _priced(ground: Ground, limit: Limit, step: float, base_lp: float | None) -> LimitPrice:
    began = time.perf_counter()
    price = LimitPrice(key=limit.key, says=limit.says, unit=limit.unit, step=step, tighter=limit.tighter, price=None)
    if limit.nothing:
        return replace(price, price=Difference(low=0.0, point=0.0, high=0.0), lp_musd=0.0)
    if ground.budget.left_s < LEFT_S:
        return price
    p = limit.change(step)
    answer = ground.answer(p)
    if (limit.tighter or limit.either) and answer.infeasible:
        return replace(price, no_plan=True, seconds=time.perf_counter() - began)
    compared = apart if limit.either else more if limit.tighter else less
    known = _per_unit(compared(answer, ground.base), step)
    other_lp = relaxed_value(p, ground.budget.of(ground.options))
    lp = None if base_lp is None or other_lp is None else lp_price(base_lp, other_lp, limit) / step
    return replace(price, price=known, lp_musd=lp, seconds=time.perf_counter() - began)


def lp_price(base_musd: float, other_musd: float, limit: Limit) -> float:
    """What the step saves in the relaxation, or costs where the limit is `tighter`. Only of limits that go either way
    may it be below 0: with others that is what the solver rounds."""
    saved = other_musd - base_musd if limit.tighter else base_musd - other_musd
    return saved if limit.either else max(0.0, saved)


def _per_unit(musd: Difference, step: float) -> Difference:
    point = None if musd.point is None else musd.point / step
    return Difference(low=musd.low / step, point=point, high=musd.high / step)
