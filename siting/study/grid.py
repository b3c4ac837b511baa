"""The transmission network on which all sites of a plan are looked at together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from siting.study.strict import Clash, Rule, Strict
from siting.units import Unit


class Grid(Strict):
    """How the sites of a plan are held to the lines between them: DC power flow of every site's standing MW at once.

    A plan that overloads lines is solved again with those lines as limits, until none is left.
    """

    network: str | None = None
    """The planner's own network, relative to the study: a MATPOWER case (`.m`) or a PyPSA CSV folder. It takes the
    place of the shipped one: candidates.grid are then its buses, as `bus-<id>`."""
    snapshot: str | None = None
    """Which snapshot of a PyPSA folder with more than one."""
    buses: str | None = None
    """Places of its buses: bus_id, lat, lon [, name] [, hosting_utility_mw]. Hosting that is blank is computed."""
    hosting: str | None = None
    """Instead of a network a plain table of what each bus takes (columns of `buses`, all MW stated); sites are then not
    checked together."""
    joint: Literal["n0", "n1", "off"] = "n0"
    """n0: with every line in service; n1: after the loss of any one line as well; off: no limit, no check.

    In every quarter, with the halls that stand then. Generation meets new load in fixed shares and is not redispatched.
    n0 counts every load on every line; of n1 see least_factor. What is overloaded before the sites come is left out of
    n1, and so are outages that cut the network in two."""
    emergency_share: Annotated[float, Field(ge=1, le=3)] = 1.15
    """Rating of a line after an outage over its rating before it (n1): a labelled assumption of common practice."""
    least_factor: Annotated[float, Field(ge=0, le=0.5), Unit("%", 0.01)] = 0.05
    """A site that moves a line, after the outage, by less than this share of its own MW is held not to load it (n1).

    Common practice is 3 to 5 %; 5 % is also what the hosting capacity of a single site is computed with. Less is
    stricter: at 0 everything counts, and one line near its emergency rating can bar a whole interconnection, since
    generation all over it meets a new load. n0 has no such share."""
    rounds: Annotated[int, Field(ge=1, le=50)] = 8
    """So many times the study is solved at most, all inside the one time limit. A plan that still overloads a line
    after that is kept, and its grid check says failed."""

    @property
    def own(self) -> bool:
        """Whether the planner's buses take the place of the shipped substations."""
        return self.network is not None or self.hosting is not None

    @property
    def checked(self) -> bool:
        """Whether sites are looked at on a network together."""
        return self.joint != "off" and self.hosting is None

    def rules(self) -> tuple[Rule, ...]:
        return self._both, self._one

    def _both(self) -> Iterator[Clash]:
        if (self.network is None) != (self.buses is None):
            key, there = ("buses", "network") if self.buses is None else ("network", "buses")
            yield Clash(key, "nothing", f"a file, as grid.{there} is stated")
        if self.snapshot is not None and self.network is None:
            yield Clash("snapshot", repr(self.snapshot), "a network that has snapshots")

    def _one(self) -> Iterator[Clash]:
        if self.hosting is not None and self.network is not None:
            yield Clash("hosting", repr(self.hosting), "a network or a table of hosting, not both: buses may state MW")
