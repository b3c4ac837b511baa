"""Which parts the optimum by listing knows."""

from __future__ import annotations

from listing_money import CapsListing
from listing_parts import ListingPart

PARTS: tuple[type[ListingPart], ...] = (CapsListing,)
"""Every part; one is used where the problem has it."""
