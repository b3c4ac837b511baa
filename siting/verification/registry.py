"""Which parts the second reading knows."""

from __future__ import annotations

from siting.verification.parts import Part

PARTS: tuple[type[Part], ...] = ()
"""Every part of which a study may make use, in the order in which they post."""
