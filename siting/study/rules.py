"""Rules of the plan: how many sites, which must or must not open, how many in one place, how far apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from siting.study.states import State
from siting.study.strict import Clash, Rule, Strict
from siting.units import Quarter, Unit

Count = Annotated[int, Field(ge=0, le=10_000)]


class Forced(Strict):
    """A campus that the plan must open; text alone is its id."""

    candidate: str
    """Id of the candidate: `sub-...`, `colo-...` or the planner's own."""
    it_mw: Annotated[float, Field(gt=0), Unit("MW")] | None = None
    """Least critical IT MW of halls that stand by then. None: a first phase."""
    by: Quarter | None = None
    """Quarter (or ISO day) by which they stand. None: the last quarter of the horizon."""

    @classmethod
    def longhand(cls, value: Any) -> Any:
        return {"candidate": value} if isinstance(value, str) else value


class Existing(Strict):
    """A campus whose halls stand when the study starts. Halls and connection are paid: neither opening nor construction
    is, and nothing is credited for them at the horizon; upkeep and energy count. It stays open, and may be extended
    from the first quarter in which new halls can stand there. So much power as its halls draw flows from the start."""

    candidate: str
    """Id of an own campus or a retrofit."""
    it_mw: Annotated[float, Field(gt=0), Unit("MW")]
    """Critical IT MW of the halls that stand, in whole modules."""


class Rules(Strict):
    """What holds for the campuses of a plan together. Campuses count once they are open; none ever closes."""

    min_sites: Count = 0
    """So many campuses are open at the end of the horizon at least."""
    max_sites: Count | None = None
    """So many at most. None: no limit."""
    forced: tuple[Forced, ...] = ()
    """Campuses that must open, as an id or as a table with MW and a date."""
    forbidden: tuple[str, ...] = ()
    """Ids of candidates that must not open."""
    existing: tuple[Existing, ...] = ()
    """Campuses that stand at the start."""
    max_per_state: dict[State, Count] = Field(default_factory=dict)
    """So many open campuses at most in each state named."""
    per_state_max: Count | None = None
    """So many at most in every state that `max_per_state` does not name. None: no limit."""
    max_per_county: Count | None = None
    """So many at most in any one county. None: no limit."""
    min_distance_km: Annotated[float, Field(gt=0), Unit("km")] | None = None
    """No two open campuses stand nearer to one another than this (geodesic). None: no limit."""

    def rules(self) -> tuple[Rule, ...]:
        return self._counts, self._both, self._twice

    @property
    def used(self) -> bool:
        """Whether any rule is stated."""
        return any(getattr(self, name) != field.get_default(call_default_factory=True) for name, field in FIELDS)

    def _counts(self) -> Iterator[Clash]:
        if self.max_sites is not None and self.min_sites > self.max_sites:
            yield Clash("min_sites", f"{self.min_sites}", f"at most max_sites, {self.max_sites}")
        forced = len({*(entry.candidate for entry in self.forced), *(entry.candidate for entry in self.existing)})
        if self.max_sites is not None and forced > self.max_sites:
            yield Clash("forced", f"{forced} campuses, existing ones counted", f"at most max_sites, {self.max_sites}")

    def _both(self) -> Iterator[Clash]:
        for key in ("forced", "existing"):
            for n, entry in enumerate(getattr(self, key)):
                if getattr(entry, "candidate", None) in self.forbidden:
                    yield Clash(f"{key}[{n}]", repr(entry.candidate), "a candidate that is not forbidden as well")

    def _twice(self) -> Iterator[Clash]:
        for key in ("forced", "existing"):
            names = [getattr(entry, "candidate", None) for entry in getattr(self, key)]
            for n, name in enumerate(names):
                if name is not None and name in names[:n]:
                    yield Clash(f"{key}[{n}]", repr(name), "every campus once")


FIELDS = tuple(Rules.model_fields.items())
