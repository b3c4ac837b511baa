"""Which parts the optimum by listing knows."""

from __future__ import annotations

from listing_compute import SurvivalListing
from listing_contracts import ListedContracts
from listing_cooling import CoolingListing
from listing_curtailable import ListedCurtailable
from listing_goals import GoalPart
from listing_grid import GridListing
from listing_large_load import ListedDemandCharge, ListedLargeLoad
from listing_limits import LimitsListing
from listing_money import CapsListing, DebtListing, IncomeTaxListing, RevenueListing
from listing_onsite import ListedOnsite
from listing_parts import ListingPart
from listing_rules import RulesListing
from listing_shared import SharedListing
from listing_shells import ShellsListing
from listing_transit import SingleSourceListing, TransitListing
from listing_yearly import YearlyListing

PARTS: tuple[type[ListingPart], ...] = (
    TransitListing,
    SingleSourceListing,
    SurvivalListing,
    ListedOnsite,
    CapsListing,
    RulesListing,
    DebtListing,
    RevenueListing,
    IncomeTaxListing,
    GoalPart,
    LimitsListing,
    SharedListing,
    ListedContracts,
    ListedCurtailable,
    YearlyListing,
    ListedLargeLoad,
    ListedDemandCharge,
    GridListing,
    ShellsListing,
    CoolingListing,  # last: conversions enter the rows of others
)
"""Every part; one is used where the problem has it."""
