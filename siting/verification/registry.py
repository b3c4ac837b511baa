"""Which parts the second reading knows."""

from __future__ import annotations

from siting.verification.caps import CapsPart
from siting.verification.parts import Part

PARTS: tuple[type[Part], ...] = (CapsPart,)
"""Every part of which a study may make use, in the order in which they post."""
