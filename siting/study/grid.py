"""The transmission network on which all sites of a plan are looked at together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from siting.study.strict import Strict
from siting.units import Unit


class Grid(Strict):
    """How the sites of a plan are held to the lines between them: DC power flow of every site's standing MW at once.

    A plan that overloads lines is solved again with those lines as limits, until none is left.
    """

    joint: Literal["n0", "n1", "off"] = "n0"
    """n0: with every line in service; n1: after the loss of any one line as well; off: no limit, no check."""
    emergency_share: Annotated[float, Field(ge=1, le=3)] = 1.15
    """Rating of a line after an outage over its rating before it (n1): a labelled assumption of common practice."""
    moved_mw: Annotated[float, Field(ge=0), Unit("MW")] = 5.0
    """Lines and outages whose flow a plan changes by less are not looked at after an outage (n1)."""
    rounds: Annotated[int, Field(ge=1, le=50)] = 8
    """So many times the study is solved at most, each inside its own time limit. A plan that still overloads a line
    after that is kept, and its grid check says failed."""
