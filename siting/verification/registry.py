"""Which parts the second reading knows."""

from __future__ import annotations

from siting.verification.caps import CapsPart
from siting.verification.cooling import CoolingPart
from siting.verification.curtailable import CurtailablePart
from siting.verification.finance import DebtPart, RevenuePart
from siting.verification.income_tax import IncomeTaxPart
from siting.verification.large_load import DemandCharge, LargeLoad
from siting.verification.onsite import OnsitePart
from siting.verification.own_limits import OwnLimitsPart
from siting.verification.parts import Part
from siting.verification.priorities import Priorities
from siting.verification.rules import RulesPart
from siting.verification.shared import SharedPlaces
from siting.verification.shells import ShellsPart
from siting.verification.supply import Contracts
from siting.verification.survival import SurvivalPart
from siting.verification.transit import SingleSourcePart, TransitPart
from siting.verification.yearly import CarbonPart, WaterPart

PARTS: tuple[type[Part], ...] = (
    RevenuePart,
    DebtPart,
    CapsPart,
    OnsitePart,
    Priorities,
    RulesPart,
    OwnLimitsPart,
    SharedPlaces,
    CurtailablePart,  # after the units on the campus: they carry its curtailed hours
    CoolingPart,
    ShellsPart,
    Contracts,
    LargeLoad,
    DemandCharge,
    WaterPart,
    CarbonPart,  # after all parts that emit: it asks them
    SurvivalPart,
    TransitPart,
    SingleSourcePart,
    IncomeTaxPart,
)
"""Every part of which a study may make use, in the order in which they post."""
