"""A second cooling class of halls beside the first: which accelerators its halls hold, and how they are converted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from siting.study.strict import Clash, Rule, Strict
from siting.units import Unit

Holds = Literal["air", "liquid"]
"""How the accelerators of a hall are cooled."""


class HallClass(Strict):
    """Halls of another cooling class on the same campuses. With it every hall holds accelerators of its class only;
    without it nothing is checked: halls hold every accelerator.

    Every campus that is built, refitted or fitted out may have both kinds in whole modules; its first phase counts
    both, and they share its megawatts. Rented colocation halls are of `halls.cooling`. Power units on the campus feed
    the halls of `halls.cooling` only. Not beside existing campuses, curtailable connections, terms of large loads or
    income tax.
    """

    cooling: str
    """Class of the PUE table; another than `halls.cooling`."""
    holds: Holds
    """Accelerators that these halls hold; those of `halls.cooling` hold the other kind."""
    cost_musd_per_it_mw: Annotated[float, Field(gt=0), Unit("MUSD/MW")]
    """Construction, refit or fit-out of one critical IT MW; grows with halls.escalator. No default: no table tells the
    classes apart."""
    om_usd_per_it_kw_year: Annotated[float, Field(ge=0), Unit("USD/kW/y")] | None = None
    """Operation, staff and upkeep of these halls, converted or not. None: that of the campus's other halls."""
    conversion_musd_per_it_mw: Annotated[float, Field(ge=0), Unit("MUSD/MW")] | None = None
    """Making one critical IT MW of these halls into halls of `halls.cooling`, paid evenly over the works; grows with
    halls.escalator, and keeps value over halls.life_years. None: they are never converted."""
    conversion_quarters: Annotated[int, Field(ge=0, le=80)] | None = None
    """Works, in which the hall stands empty; stated with the cost."""

    def rules(self) -> tuple[Rule, ...]:
        return (self._works,)

    def _works(self) -> Iterator[Clash]:
        if (self.conversion_musd_per_it_mw is None) != (self.conversion_quarters is None):
            blank = "conversion_quarters" if self.conversion_quarters is None else "conversion_musd_per_it_mw"
            yield Clash(blank, "nothing", "both the cost of a conversion and its quarters, or neither")


def class_clashes(halls: Any) -> Iterator[Clash]:
    """At most one class beside the first, and not the first again. `halls`: as far as it could be read."""
    classes = getattr(halls, "classes", ())
    if len(classes) > 1:
        yield Clash("classes", f"{len(classes)} entries", "at most one class beside halls.cooling")
    for n, second in enumerate(classes):
        if getattr(second, "cooling", None) == getattr(halls, "cooling", ""):
            yield Clash(f"classes[{n}].cooling", repr(second.cooling), "another class than halls.cooling")
