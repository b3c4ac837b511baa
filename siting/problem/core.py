"""The study as frozen arrays: index sets and coefficients, nothing that knows of files, frames or solvers.

I candidates, G accelerators, T quarters, L lease offers (existing contracts are forced offers), K training clusters,
J demand
regions. Money in musd; every npv_* is a present value, every cash_* nominal. Costs come as few factors and shared
profiles over (quarter of the decision, quarter of the payment), so that 34,000 candidates fit in little memory.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.problem.caps import Caps
from siting.problem.cooling import Annexes
from siting.problem.crowd import Crowd
from siting.problem.curtailable import Curtailable
from siting.problem.finance import Debt, Revenue
from siting.problem.goals import Goal
from siting.problem.grid_rows import GridRows
from siting.problem.income_tax import IncomeTax
from siting.problem.limits import OwnLimits
from siting.problem.onsite import Onsite
from siting.problem.other_sites import OtherSites
from siting.problem.rules import SiteRules
from siting.problem.shared import Shared
from siting.problem.shells import Shells
from siting.problem.split import Split
from siting.problem.supply import Contracts, LargeLoad
from siting.problem.transit import Transit
from siting.problem.yearly import Yearly

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """One planning problem. Arrays are read only; `take` keeps some candidates.

    A block (an attribute with a method `take_candidates(rows)`) holds the arrays of a part that a study may leave out;
    None when it does.
    """

    quarters: int
    """T."""
    module_it_mw: float
    """H: critical IT MW of one module."""
    # candidates
    candidate_id: NDArray[np.object_]  # (I,)
    pue_peak: FloatArray  # (I,) utility MW per critical IT MW
    modules_max: IntArray  # (I,) whole modules that the final MW carry
    modules_first: FloatArray  # (I,) least modules once open; whole where modules are
    live_from: IntArray  # (I,) first quarter a module can go live; T when never
    energized_mw: FloatArray  # (I, T) utility MW that flow, 0 before energization
    reach: BoolArray  # (I, J) region served inside its round trip target
    mwh_per_it_mw: FloatArray  # (I, T) energy at the meter of one running critical IT MW over the quarter
    usd_per_mwh: FloatArray  # (I, T) nominal grid price
    co2_t_per_mwh: FloatArray  # (I,) of grid energy, NaN where blank
    # what one decision costs
    npv_open_musd: FloatArray  # (I, T) opening in t
    npv_module_musd: FloatArray  # (I, T) one module that goes live in t, to the horizon and its rent beyond
    npv_pod_musd: FloatArray  # (I, G, T) one pod delivered in t, operation and tax to the horizon, less residual
    npv_run_musd: FloatArray  # (I, G, T) energy of one running pod in t
    opening_cash_musd: FloatArray  # (I, T) paid when opening in t ...
    opening_lag: IntArray  # (I,) ... so many quarters before t
    module_cash_factor: FloatArray  # (I, F) musd: construction, O&M a quarter, rent a quarter, ...
    module_cash_profile: FloatArray  # (F, T, T) share of each factor paid in [live quarter, payment quarter]
    pod_price_musd: FloatArray  # (G,) before tax, today's money
    sales_tax: FloatArray  # (I, T) by delivery quarter
    property_tax: FloatArray  # (I,) yearly rate on equipment
    pod_cash_profile: FloatArray  # (3, G, T, T) purchase, O&M, assessed value / 4: multiples of the price
    # accelerators
    accelerator: NDArray[np.object_]  # (G,)
    pod_accelerators: IntArray  # (G,)
    pod_it_mw: FloatArray  # (G,)
    pod_h100e: FloatArray  # (G,) H100e of one pod
    pod_serve: FloatArray  # (G,) H100e of inference that one pod serves at full use
    deliver_from: IntArray  # (G,) first delivery quarter
    pod_life: IntArray  # (G,) quarters that a pod stands from its delivery on; T when it outlives the horizon
    supply: FloatArray  # (G, T) accelerators that the vendor delivers in a quarter, inf without a cap
    # leases
    lease_id: NDArray[np.object_]  # (L,)
    lease_h100e: FloatArray  # (L,) per GPU
    lease_serve: FloatArray  # (L,) H100e of inference that one GPU serves at full use
    lease_min: FloatArray  # (L,) GPUs of one contract
    lease_max: FloatArray  # (L,)
    lease_term: IntArray  # (L,) quarters
    lease_start: BoolArray  # (L, T) a contract may start
    lease_forced: BoolArray  # (L,) existing: starts in 0 with lease_max GPUs
    lease_reach: BoolArray  # (L, J)
    npv_lease_musd: FloatArray  # (L, T) one GPU from start t over its whole term
    lease_cash_musd: FloatArray  # (L, T, T) one GPU, [start, payment]
    # training clusters
    cluster: NDArray[np.object_]  # (K,)
    cluster_pods: IntArray  # (K, G) pods it takes, 0 when the type is not admitted
    cluster_lease_gpus: IntArray  # (K, L) GPUs it takes, 0 when the offer cannot host it
    cluster_from: IntArray  # (K,)
    cluster_until: IntArray  # (K,) last quarter
    # inference
    region: NDArray[np.object_]  # (J,)
    demand_h100e: FloatArray  # (J, T)
    serve_factor: float
    """Availability x peak utilisation."""
    # money
    discount: FloatArray  # (T,) present value of one musd paid at mid-quarter t
    funding_musd: FloatArray  # (T,) cumulative inflow
    module_item: tuple[str, ...] = ("halls", "hall_om", "rent")
    """(F,) cash item of each factor of a module's cost."""
    caps: Caps | None = None
    rtt_ms: FloatArray | None = None
    """(I, J) round trips, only where latency is weighed: candidates are then no longer interchangeable."""
    lease_rtt_ms: FloatArray | None = None
    """(L, J)"""
    objective: str = "npv_cost"
    """What this pass minimises or maximises: a key of `siting.problem.goals.MEASURES`."""
    goals: tuple[Goal, ...] = ()
    """What the passes before it reached."""
    watched: tuple[str, ...] = ("npv_cost",)
    """Measures that are evaluated at the point found."""
    shared: Shared | None = None
    """Places of several candidates; None when there is none."""
    rules: SiteRules | None = None
    """Rules of the plan; None when the study states none."""
    split: Split | None = None
    debt: Debt | None = None
    revenue: Revenue | None = None
    limits: OwnLimits | None = None
    """The planner's own limits; None when the study states none."""
    contracts: Contracts | None = None
    """Energy by contract."""
    carbon: Yearly | None = None
    """Cap and price of carbon; None when the study states neither."""
    water: Yearly | None = None
    """Water of cooling; None when the study does not speak of it."""
    survive_share: float = 0.0
    """Share of every demand that can still be served after the loss of any one campus or lease region."""
    lease_region: IntArray | None = None
    """(L,) number of the region that an offer stands in: offers of one are lost together. None: each by itself."""
    transit: Transit | None = None
    """What carrying service costs; None when it is free."""
    single_source: bool = False
    """Whether every region is served whole from one campus or offer."""
    onsite: Onsite | None = None
    """Power units on the campus."""
    large_load: LargeLoad | None = None
    """Terms of the utility for large loads."""
    curtailable: Curtailable | None = None
    """Connections that are sooner and cheaper and cut off for some hours."""
    demand_musd_per_mw: FloatArray | None = None
    """(T,) demand charge of a quarter for each MW of the largest draw from the grid."""
    grid: GridRows | None = None
    """Lines and spare generation that sites share; None when no site stands at a bus or the study looks at none."""
    income_tax: IncomeTax | None = None
    shells: Shells | None = None
    """Halls that are whole shells with a fit-out by the megawatt; None when all are whole modules."""
    annex: Annexes | None = None
    """Halls of a second cooling class; None when halls are of one class and hold everything."""
    other_sites: OtherSites | None = None
    """Sets of sites that plans may not have; None where every plan may be."""
    crowd: Crowd | None = None
    """Candidates that stand for many; None where every candidate is one place, as in every problem of a plan."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), np.ndarray):
                value.setflags(write=False)

    @property
    def size(self) -> tuple[int, int, int, int, int, int]:
        """(I, G, T, L, K, J)."""
        return (
            len(self.candidate_id),
            len(self.accelerator),
            self.quarters,
            len(self.lease_id),
            len(self.cluster),
            len(self.region),
        )

    def take(self, rows: IntArray) -> Problem:
        """The same problem over the candidates at `rows` only."""
        arrays = {name: getattr(self, name) for name in CANDIDATE_ARRAYS}
        kept = {name: array[rows] for name, array in arrays.items() if array is not None}
        blocks = {field.name: getattr(self, field.name) for field in fields(self)}
        kept |= {
            name: block.take_candidates(rows) for name, block in blocks.items() if hasattr(block, "take_candidates")
        }
        return dataclasses.replace(self, **kept)

    def weighs(self, objective: str) -> bool:
        """Whether a measure is aimed at, or kept from an earlier pass, or watched."""
        return (
            objective == self.objective or objective in self.watched or objective in {g.objective for g in self.goals}
        )

    @property
    def count(self) -> IntArray:
        """(I,) places that a candidate stands for."""
        return np.ones(len(self.candidate_id), dtype=np.int64) if self.crowd is None else self.crowd.count

    @property
    def rate(self) -> float:
        """Yearly discount rate, from the worth of the first quarter's middle: discount[0] = (1 + rate)^(-1/8)."""
        return float(self.discount[0] ** -8.0 - 1.0)

    @property
    def end_discount(self) -> float:
        """Worth of one musd at the end of the horizon."""
        return float((1.0 + self.rate) ** (-self.quarters / 4.0))

    @property
    def most_power_mw(self) -> FloatArray:
        """(I, T) utility MW that may flow at most: what the grid energizes and whatever on-site units could add."""
        most = self.energized_mw
        if self.curtailable is not None:
            most = most + self.curtailable.earlier_mw
        if self.onsite is not None:
            most = most + self.onsite.most_firm_mw(self.live_from)
        return most

    def standing_pods(self, pods: NDArray[Any]) -> NDArray[Any]:
        """(I, G, T) pods that stand, of pods delivered by quarter: what reached the end of its life is gone."""
        total = np.cumsum(pods, axis=2)
        standing = total.copy()
        for g, life in enumerate(self.pod_life.tolist()):
            standing[:, g, life:] -= total[:, g, : max(self.quarters - life, 0)]
        return standing

    @property
    def in_shells(self) -> BoolArray:
        """(I,) candidates whose modules are fitted out in shells, by any part of one."""
        return np.zeros(len(self.candidate_id), dtype=bool) if self.shells is None else self.shells.built

    @property
    def npv_shell_musd(self) -> FloatArray:
        """(I, T) one shell that stands from t on; 0 where halls are whole modules."""
        if self.shells is None:
            return np.zeros((len(self.candidate_id), self.quarters))
        return self.shells.npv_musd(self.discount, self.end_discount)

    def npv_halls_musd(self, modules: NDArray[Any]) -> FloatArray:
        """(I, T) so many modules (I,) that go live in t, in as many shells as hold them."""
        found: FloatArray = modules[:, None] * self.npv_module_musd
        return found if self.shells is None else found + self.shells.count_for(modules)[:, None] * self.npv_shell_musd

    def modules_for(self, it_mw: FloatArray) -> FloatArray:
        """(I,) modules that hold so many critical IT MW (I,): whole ones, unless halls are fitted out in shells."""
        modules = it_mw / self.module_it_mw
        return np.where(self.in_shells, modules, np.ceil(modules - 1e-9))

    @property
    def annexes(self) -> dict[int, int]:
        """Position of the annex by that of its campus."""
        return {} if self.annex is None else self.annex.of_main

    @property
    def campus(self) -> IntArray:
        """(I,) position of the campus: itself, or that of an annex."""
        here = np.arange(len(self.candidate_id))
        return here if self.annex is None else np.where(self.annex.main >= 0, self.annex.main, here)

    @property
    def is_campus(self) -> BoolArray:
        """(I,) whether a candidate is a place to build at, and no annex of another."""
        return np.asarray(self.campus == np.arange(len(self.candidate_id)))

    def whole_campuses(self, rows: IntArray) -> IntArray:
        """The candidates at `rows`, and where they are campuses with annexes or these, both; rising."""
        return np.unique(rows).astype(np.int64) if self.annex is None else self.annex.with_annexes(rows)

    @property
    def may_hold(self) -> BoolArray:
        """(I, G) whether halls may hold the accelerator."""
        if self.annex is not None:
            return self.annex.allowed
        return np.ones((len(self.candidate_id), len(self.accelerator)), dtype=bool)

    @property
    def always_kept(self) -> BoolArray:
        """(I,) candidates that must stay in the problem whatever they cost: those that are forced to open or stand."""
        none = np.zeros(len(self.candidate_id), dtype=bool)
        return none if self.rules is None else self.rules.forced_modules + self.rules.existing_modules > 0

    def module_cash_musd(self, i: int) -> dict[str, FloatArray]:
        """(T, T) of each cash item of one module of candidate i, [live quarter, payment quarter]."""
        cash: dict[str, FloatArray] = {}
        for item, factor, profile in zip(
            self.module_item, self.module_cash_factor[i], self.module_cash_profile, strict=True
        ):
            cash[item] = cash.get(item, 0.0) + factor * profile
        return cash

    def pod_cash_musd(self, i: int, g: int) -> dict[str, FloatArray]:
        """(T, T) of each cash item of one pod of g at candidate i, [delivery quarter, payment quarter]."""
        purchase, operation, assessed = self.pod_price_musd[g] * self.pod_cash_profile[:, g]
        return {
            "accelerators": (1.0 + self.sales_tax[i])[:, None] * purchase,
            "accelerator_om": operation,
            "property_tax": self.property_tax[i] * assessed,
        }

    def part_pods(self, cluster: int) -> FloatArray:
        """(I, G) most pods of a cluster that a campus can hold by its date and as long as it runs; 0 where none."""
        window = slice(self.cluster_from[cluster], self.cluster_until[cluster] + 1)
        weakest = self.most_power_mw[:, window].min(axis=1, initial=np.inf)
        it_mw = np.minimum(self.modules_max * self.module_it_mw, weakest / self.pue_peak)
        pods = np.floor(it_mw[:, None] / self.pod_it_mw[None, :] + 1e-9)
        begin = self.cluster_from[cluster]
        in_time = (self.live_from[:, None] <= begin) & (self.deliver_from[None, :] <= begin)
        fits = in_time & (self.cluster_pods[cluster] > 0) & self.may_hold
        return np.where(fits, np.minimum(pods, self.cluster_pods[cluster]), 0.0)

    def host_candidates(self) -> BoolArray:
        """(K, I, G) whether candidate i can stand cluster k on accelerator g by its date, alone."""
        i, g, _, _, k, _ = self.size
        able = np.zeros((k, i, g), dtype=bool)
        for cluster in range(k):
            window = slice(self.cluster_from[cluster], self.cluster_until[cluster] + 1)
            weakest = self.most_power_mw[:, window].min(axis=1, initial=np.inf)
            for kind in np.flatnonzero(self.cluster_pods[cluster]):
                it_mw = self.cluster_pods[cluster, kind] * self.pod_it_mw[kind]
                able[cluster, :, kind] = (
                    (self.modules_max * self.module_it_mw >= it_mw - 1e-9)
                    & (weakest >= it_mw * self.pue_peak - 1e-9)
                    & (self.live_from <= self.cluster_from[cluster])
                    & (self.deliver_from[kind] <= self.cluster_from[cluster])
                    & self.may_hold[:, kind]
                )
        return able if self.crowd is None else able & self.crowd.may_host.T[:, :, None]


CANDIDATE_ARRAYS = (
    "candidate_id",
    "pue_peak",
    "modules_max",
    "modules_first",
    "live_from",
    "energized_mw",
    "reach",
    "rtt_ms",
    "mwh_per_it_mw",
    "usd_per_mwh",
    "co2_t_per_mwh",
    "npv_open_musd",
    "npv_module_musd",
    "npv_pod_musd",
    "npv_run_musd",
    "opening_cash_musd",
    "opening_lag",
    "module_cash_factor",
    "sales_tax",
    "property_tax",
)
"""Arrays whose first axis is the candidate."""
