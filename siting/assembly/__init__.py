"""Study + tables -> Problem."""

from siting.assembly.assemble import Assembled, assemble

__all__ = ["Assembled", "assemble"]
