"""Halls in the decisions: which campus an id belongs to, what stands of each class and when, what are shells."""

from __future__ import annotations

from siting.study import Study
from siting.study.cooling import HallClass
from siting.verification.decisions import Read


def second_class(study: Study) -> HallClass | None:
    """The class beside halls.cooling."""
    return study.halls.classes[0] if study.halls.classes else None


def campus_of(study: Study, candidate: str) -> str:
    """The id of the campus: without what is added to the id of its halls of the second class."""
    other = second_class(study)
    return candidate if other is None else candidate.removesuffix(f"/{other.cooling}")


def other_halls(study: Study, candidate: str) -> str | None:
    """The id of the halls of the second class on a campus; None for these halls themselves."""
    other = second_class(study)
    if other is None or campus_of(study, candidate) != candidate:
        return None
    return f"{candidate}/{other.cooling}"


def built_by(read: Read, candidate: str, t: int) -> float:
    """Modules that went live under an id by a quarter."""
    return sum(count for quarter, count in read.modules.get(candidate, {}).items() if quarter <= t)


def converted_by(read: Read, candidate: str | None, t: int) -> float:
    """Modules under the id of the second class that are halls of the first by a quarter."""
    changes = read.converted.get(candidate, {}) if candidate is not None else {}
    return sum(count for quarter, count in changes.items() if quarter <= t)


def standing(study: Study, read: Read, candidate: str, t: int) -> float:
    """Modules of the id's class that stand; what is in works counts as what it was."""
    gained = converted_by(read, other_halls(study, candidate), t)
    return built_by(read, candidate, t) + gained - converted_by(read, candidate, t)


def in_use(study: Study, read: Read, candidate: str, t: int) -> float:
    """Modules of the id's class that hold accelerators: not those in works."""
    other = second_class(study)
    works = 0 if other is None else other.conversion_quarters or 0
    leaving = converted_by(read, candidate, t + works) - converted_by(read, candidate, t)
    return standing(study, read, candidate, t) - leaving


def first_module(study: Study, read: Read, campus: str) -> int | None:
    """Quarter in which a campus opens: its first module of either class; None when it has none."""
    ids = [campus, other_halls(study, campus)]
    live = [t for name in ids if name for t, count in read.modules.get(name, {}).items() if count > 0]
    return min(live, default=None)


def open_campuses(study: Study, read: Read) -> list[str]:
    """Ids of the campuses that have modules of either class."""
    campuses = sorted({campus_of(study, candidate) for candidate in read.modules})
    return [campus for campus in campuses if first_module(study, read, campus) is not None]


def in_shells(study: Study, tenure: str) -> bool:
    """Whether halls of a tenure are shells that are fitted out by the megawatt."""
    return study.halls.shell_it_mw is not None and tenure == "own"


def fit_out_share(study: Study, tenure: str) -> float:
    """Share of the construction cost of a hall that is paid with its critical IT and not with a shell."""
    return 1.0 - (study.halls.shell_share or 0.0) if in_shells(study, tenure) else 1.0
