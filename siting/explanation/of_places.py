"""Limits of places: power, energization, construction, and places that the study rules out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from siting.assembly import Assembled
from siting.assembly.campus import campus_ids
from siting.assembly.energized import energized_mw
from siting.assembly.rules import existing_modules
from siting.assembly.tenures import first_phase_it_mw, whole_steps
from siting.explanation.elastic import Elastic
from siting.explanation.limits import QUARTERS_OF_ONE, Edit, NamedLimit, Way
from siting.explanation.question import SHELLS, Question
from siting.explanation.relaxed import Relaxed
from siting.printed import plural
from siting.problem import FloatArray, IntArray, Problem
from siting.study.tenures import BUILT
from siting.units import quarter_label

HALLS = {"own": "halls", "retrofit": "retrofit", "powered_shell": "powered_shell"}
"""Section of the study that states the construction of a tenure."""
Columns = dict[int, tuple[int, float]]
"""Candidate -> column by which its power grows, and MW at the meter of one unit of it."""


def limits_of_places(q: Question, relaxed: Relaxed, e: Elastic) -> Iterator[NamedLimit]:
    """Power, energization, construction, choices."""
    usable = q.assembled.usable.iloc[q.rows].reset_index(drop=True)
    _as_ramped(q, relaxed, e)
    of_row: Columns = {}
    yield from _power(q, e, usable, of_row)
    yield from _energization(q, relaxed, e, usable, of_row)
    yield from _construction(q, relaxed, e, usable)
    yield from _ruled_out(q, e, usable, of_row)


def _as_ramped(q: Question, relaxed: Relaxed, e: Elastic) -> None:
    """The power that flows, again in `power_balance`."""
    for (i, t), row in e.family("power_balance").items():
        back = float(relaxed.problem.energized_mw[i, t] - q.problem.energized_mw[i, t])
        e.put(row, e.variables("Z")[i, t], back)


def _of_place(q: Question, e: Elastic, i: int) -> Iterator[tuple[str, int, int]]:
    """Rows of what several candidates of the place of i share: family, quarter (-1 for all of them), row."""
    if q.problem.shared is None:
        return
    for number, members in enumerate(q.problem.shared.groups()):
        if i in members:
            for family in ("place_standing", "place_standing_before", "place_power", "place_energy"):
                for index, row in e.family(family).items():
                    if (index if isinstance(index, int) else index[0]) == number:
                        yield family, -1 if isinstance(index, int) else int(index[1]), row


def _power(q: Question, e: Elastic, usable: pd.DataFrame, of_row: Columns) -> Iterator[NamedLimit]:
    """MW of places. Where halls are of two cooling classes they stay as they are. of_row: is filled."""
    p = q.problem
    if p.annex is not None:
        return
    final = usable["final_utility_mw"].to_numpy(float)
    more = energized_mw(q.study, usable.assign(final_utility_mw=final + 1.0)) - energized_mw(q.study, usable)
    for name, keys, members, way in _stated_power(q, usable):
        column = e.column()
        for i in members:
            last = p.quarters - 1
            share = 1.0 if way.unit != "MW IT" else float(p.pue_peak[i])
            of_row[i] = column, share
            if (i, last) in e.variables("Z"):
                unit = float(p.module_it_mw * p.pue_peak[i])
                room = max(final[i], p.modules_max[i] * unit) + 1e-9 * final[i]
                halls, step = "V", unit
                if p.shells is not None and p.in_shells[i]:
                    halls, step = "Shells", unit * p.shells.modules
                terms = [(e.variables(halls)[i, last], step), (e.variables("Z")[i, last], -room), (column, -share)]
                e.row(terms, upper=0.0)
            for (at, t), row in e.family("power_balance").items():
                if at == i:
                    e.loosen(row, column, share * float(more[i, t]))
            for family, t, row in _of_place(q, e, i):
                e.loosen(row, column, share if family.startswith("place_standing") else share * float(more[i, t]))
        yield NamedLimit(name=name, keys=keys, release=(column,), ways=(replace(way, amount=((column, 1.0),)),))


def _stated_power(q: Question, usable: pd.DataFrame) -> Iterator[tuple[str, tuple[str, ...], list[int], Way]]:
    """Name, keys, candidates and way (without columns) of every figure that states power."""
    final = usable["final_utility_mw"].to_numpy(float)
    colo = usable["candidate"].str.startswith("colo-") & usable["file_row"].isna()
    of_file = usable["file_row"].notna() & ~colo
    if colo.any() and (stated := q.study.candidates.colocation) is not None:
        had, key = stated.available_it_mw, "candidates.colocation.available_it_mw"
        yield (
            "power of colocation markets",
            (key,),
            np.flatnonzero(colo).tolist(),
            Way(
                unit="MW IT",
                one=had,
                amount=(),
                edit=lambda mw: Edit(fields={key: f"{had + mw:.12g} MW"}),
                said=lambda mw: f"{had + mw:,.5g} MW IT in every colocation market instead of {had:,.5g}",
            ),
        )
    if of_file.any() and not q.wide:
        for i in np.flatnonzero(of_file).tolist():
            yield _power_of_row(q, usable.iloc[i], i)
    rest = np.flatnonzero(~colo & (~of_file | q.wide)).tolist()
    if rest:
        ids = set(usable["candidate"].iloc[rest])
        yield (
            "hosting capacity of all places",
            ("candidates.hosting", "candidates.largest_campus_utility_mw"),
            rest,
            Way(
                unit="MW",
                one=float(np.median(final[rest])),
                amount=(),
                edit=lambda mw: Edit(arrays=_with_more_power(q, ids, mw)),
                said=lambda mw: f"{mw:,.5g} MW more at the meter of every place",
            ),
        )


def _power_of_row(q: Question, place: pd.Series, i: int) -> tuple[str, tuple[str, ...], list[int], Way]:
    """The MW of one row of the planner's file."""
    name, candidate, final = str(place["name"]), str(place["candidate"]), float(place["final_utility_mw"])
    pue, most = float(place["pue_peak"]), q.study.candidates.largest_campus_utility_mw
    in_utility = bool(pd.notna(place["stated_utility_mw"]))
    column = "utility_mw" if in_utility else "it_mw"
    stated = float(place["stated_utility_mw"]) if in_utility else float(place["stated_it_mw"]) * pue

    def edit(mw: float) -> Edit:
        wished = final + mw
        fields = {"candidates.largest_campus_utility_mw": f"{wished:.12g} MW"} if wished > most else {}
        cell = wished if in_utility else wished / pue
        cells = ((candidate, column, f"{cell:.12g}"),) if wished > stated else ()
        return Edit(fields=fields, cells=cells)

    keys = [f"{_file(q)}, row {candidate}, {column}"] if stated <= most else []
    keys += ["candidates.largest_campus_utility_mw"] if stated >= most else []
    way = Way(
        unit="MW",
        one=final,
        amount=(),
        edit=edit,
        said=lambda mw: f"{final + mw:,.5g} MW at the meter of {name} instead of {final:,.5g}",
    )
    return f"power at {name}", tuple(keys), [i], way


def _file(q: Question) -> str:
    stated = q.study.candidates.file
    return "" if stated is None else stated.path


def _with_more_power(q: Question, ids: set[str], mw: float) -> Callable[[Assembled], Problem]:
    """The problem with so many MW more at these candidates: no field of a study states them."""

    def arrays(assembled: Assembled) -> Problem:
        p, usable = assembled.problem, assembled.usable
        final = usable["final_utility_mw"].to_numpy(float) + mw * usable["candidate"].isin(ids).to_numpy(float)
        more = usable.assign(final_utility_mw=final)
        standing = existing_modules(q.study, usable) * p.module_it_mw * p.pue_peak
        energized = np.maximum(energized_mw(q.study, more), standing[:, None])
        return replace(p, modules_max=whole_steps(q.study, more), energized_mw=energized)

    return arrays


def _energization(
    q: Question, relaxed: Relaxed, e: Elastic, usable: pd.DataFrame, of_row: Columns
) -> Iterator[NamedLimit]:
    """Dates of power: MW that come beside those that a place has flow sooner too."""
    p, study = q.problem, q.study
    larger = usable.assign(final_utility_mw=usable["final_utility_mw"].to_numpy(float) + 1.0)
    most_mw = float((relaxed.modules * p.module_it_mw * p.pue_peak).max(initial=0.0))
    late = np.round(usable["energization"].to_numpy(float) - study.start).astype(np.int64)
    rented = ~usable["tenure"].isin(BUILT).to_numpy()
    standing = (existing_modules(study, usable) * p.module_it_mw * p.pue_peak)[:, None]

    @cache
    def flowing(earlier: int) -> FloatArray:
        return np.maximum(energized_mw(study, usable, earlier=earlier), standing)

    @cache
    def one_more(earlier: int) -> FloatArray:
        return energized_mw(study, larger, earlier=earlier) - energized_mw(study, usable, earlier=earlier)

    for name, keys, members, way in _stated_dates(q, usable, late):
        steps = e.steps(min(int(late[members].max(initial=0)), p.quarters + 64))
        if not steps:
            continue
        for i in members:
            balance = {t: row for (at, t), row in e.family("power_balance").items() if at == i}
            shared = [(t, row) for family, t, row in _of_place(q, e, i) if family in ("place_power", "place_energy")]
            for n, column in enumerate(steps, start=1):
                more = flowing(n)[i] - flowing(n - 1)[i]
                beside = one_more(n)[i] - one_more(n - 1)[i]
                for t, row in [*balance.items(), *shared]:
                    e.loosen(row, column, float(more[t]))
                    if beside[t] and i in of_row:
                        power, share = of_row[i]
                        e.loosen(row, e.both(power, column, most_mw), share * float(beside[t]))
            if rented[i]:
                _stands_from(e, relaxed, i, int(late[i]), steps)
        amount = tuple((column, 1.0) for column in steps)
        yield NamedLimit(name=name, keys=keys, release=steps, ways=(replace(way, amount=amount, most=len(steps)),))


def _stands_from(e: Elastic, relaxed: Relaxed, i: int, first: int, steps: tuple[int, ...]) -> None:
    """No hall of i before quarter `first`, but for what the steps move it."""
    most = float(relaxed.modules[i])
    for t in range(min(first, relaxed.problem.quarters)):
        halls = (e.variables("V")[i, t], 1.0) if (i, t) in e.variables("V") else None
        if halls is not None:
            e.row([halls, *([(steps[first - t - 1], -most)] if first - t <= len(steps) else [])], upper=0.0)


def _stated_dates(
    q: Question, usable: pd.DataFrame, late: IntArray
) -> Iterator[tuple[str, tuple[str, ...], list[int], Way]]:
    """Name, keys, candidates and way (without columns) of every date of power that the study states."""
    study = q.study
    of_file = (usable["file_row"].notna() & usable["own_energization"].notna()).to_numpy()
    colo = (usable["file_row"].isna() & usable["own_energization"].notna()).to_numpy()
    rows = np.flatnonzero(of_file & (late > 0)).tolist()
    campus = campus_ids(usable).to_numpy()
    for main in dict.fromkeys(campus[rows]) if not q.wide else ():
        members = [i for i in rows if campus[i] == main]
        yield _dates_of_rows(q, usable, late, members)
    if rows and q.wide:
        yield _dates_of_rows(q, usable, late, rows)
    if colo.any():
        ready = int(late[colo].max())

        def handed_over(n: float) -> Edit:
            return Edit(fields={"candidates.colocation.ready": quarter_label(q.quarter(ready - round(n)))})

        yield (
            "hand-over of colocation halls",
            ("candidates.colocation.ready",),
            np.flatnonzero(colo).tolist(),
            _sooner(q, handed_over, ready, "colocation halls handed over"),
        )
    by_table = np.flatnonzero(~of_file & ~colo).tolist()
    for n, row in enumerate(study.power.time_to_power):
        members = [i for i in by_table if _first_row(q, usable.iloc[i]) == n]
        if members:
            stated = int(getattr(row, f"{study.power.case}_quarters"))
            only = len(study.power.time_to_power) == 1 and len(by_table) == len(usable)
            where = ", ".join(row.where) or ("all places" if only else "all other places")
            yield (
                f"energization in {where}" if row.where else f"energization of {where}",
                (f"power.time_to_power.{n}.{study.power.case}_quarters",),
                members,
                _sooner(q, _time_to_power(q, n, stated), stated, f"power in {where}"),
            )


def _first_row(q: Question, place: pd.Series) -> int:
    """Row of the table of times to power that counts for the place."""
    table = q.study.power.time_to_power
    fits = (not row.where or {place["state"], place["interconnect"]} & set(row.where) for row in table)
    return next(n for n, fit in enumerate(fits) if fit)


def _dates_of_rows(
    q: Question, usable: pd.DataFrame, late: IntArray, members: list[int]
) -> tuple[str, tuple[str, ...], list[int], Way]:
    """Dates of rows of the planner's file, moved together where there are many."""
    rows = [(str(usable["candidate"].iloc[i]), int(late[i])) for i in members if not usable["annex_of"].iloc[i]]
    name = "places of the file" if len(rows) > 1 else str(usable["name"].iloc[members[0]])
    which = f"row {rows[0][0]}" if len(rows) == 1 else "all rows"

    def edit(n: float) -> Edit:
        moved = [(name, quarter_label(q.quarter(max(0, when - round(n))))) for name, when in rows]
        return Edit(cells=tuple((name, "energization", label) for name, label in moved))

    way = _sooner(q, edit, rows[0][1], f"{name} energized") if len(rows) == 1 else _sooner_by(edit, name)
    return f"energization at {name}", (f"{_file(q)}, {which}, energization",), members, way


def _time_to_power(q: Question, n: int, stated: int) -> Callable[[float], Edit]:
    key, row = f"power.time_to_power.{n}", q.study.power.time_to_power[n]

    def edit(sooner: float) -> Edit:
        quarters, upto = stated - round(sooner), ("low", "mid", "high").index(q.study.power.case) + 1
        names = [f"{name}_quarters" for name in ("low", "mid", "high")[:upto]]
        return Edit(fields={f"{key}.{name}": min(quarters, int(getattr(row, name))) for name in names})

    return edit


def _sooner(q: Question, edit: Callable[[float], Edit], when: int, what: str) -> Way:
    """A date that is moved forward, in words with both dates."""
    had = quarter_label(q.quarter(when))
    return Way(
        unit="quarters",
        one=QUARTERS_OF_ONE,
        amount=(),
        edit=edit,
        said=lambda n: f"{what} by {quarter_label(q.quarter(when - round(n)))} instead of {had}",
        whole=True,
        most=when,
    )


def _sooner_by(edit: Callable[[float], Edit], name: str) -> Way:
    return Way(
        unit="quarters",
        one=QUARTERS_OF_ONE,
        amount=(),
        edit=edit,
        said=lambda n: f"{name} energized {plural(round(n), 'quarter')} sooner, each",
        whole=True,
    )


def _construction(q: Question, relaxed: Relaxed, e: Elastic, usable: pd.DataFrame) -> Iterator[NamedLimit]:
    p, tenure = q.problem, usable["tenure"].to_numpy()
    for name, section in HALLS.items():
        members = np.flatnonzero((tenure == name) & (p.live_from > 0)).tolist()
        had = int(getattr(q.study, section).construction_quarters or 0)
        if not members or not had:
            continue
        steps = e.steps(had)
        for i in members:
            _stands_from(e, relaxed, i, had, steps)
        key = f"{section}.construction_quarters"
        word = {"own": "halls", "retrofit": "refits", "powered_shell": "fit-outs"}[name]

        def edit(n: float, key: str = key, had: int = had) -> Edit:
            return Edit(fields={key: had - round(n)})

        def said(n: float, word: str = word, had: int = had) -> str:
            return f"{word} built in {had - round(n)} quarters instead of {had}"

        amount = tuple((column, 1.0) for column in steps)
        way = Way(unit="quarters", one=QUARTERS_OF_ONE, amount=amount, edit=edit, said=said, whole=True, most=had)
        yield NamedLimit(name=f"construction time of {word}", keys=(key,), release=steps, ways=(way,))


def _ruled_out(q: Question, e: Elastic, usable: pd.DataFrame, of_row: Columns) -> Iterator[NamedLimit]:
    """Places and tenures that the study admits not at all; what is too small for a shell, with MW that hold one too."""
    last = q.problem.quarters - 1
    final, pue = usable["final_utility_mw"].to_numpy(float), usable["pue_peak"].to_numpy(float)
    shells_mw = first_phase_it_mw(q.study, usable["tenure"]) * pue
    of_many = Counter(column for column, _ in of_row.values())
    for key, members in q.ruled_out.items():
        switch = e.column(1.0, whole=True)
        for i in members.tolist():
            opened = [e.variables("Z")[i, last]] if (i, last) in e.variables("Z") else []
            grows = key == SHELLS and i in of_row and of_many[of_row[i][0]] == 1
            more = [(of_row[i][0], -1.0 / (shells_mw[i] - final[i]))] if grows else []
            e.row([*((column, 1.0) for column in opened), (switch, -1.0), *more], upper=0.0)
        if key == SHELLS:
            yield NamedLimit(name="size of a shell", keys=(key,), release=(switch,), ways=(_smaller_shells(q),))
            continue
        name, edit, said = _choice(q, key)
        way = Way(unit="", one=1.0, amount=((switch, 1.0),), edit=edit, said=said, whole=True, most=1)
        yield NamedLimit(name=name, keys=(key,), release=(switch,), ways=(way,))


def _smaller_shells(q: Question) -> Way:
    """Shells by so many modules smaller."""
    module, had = q.study.halls.module_it_mw, q.study.halls.shell_it_mw or 0.0
    modules = round(had / module)

    def size(n: float) -> str:
        return f"{(modules - round(n)) * module:.12g} MW"

    return Way(
        unit="modules",
        one=float(modules),
        amount=(),
        edit=lambda n: Edit(fields={SHELLS: size(n)}),
        said=lambda n: f"shells of {size(n)} IT instead of {had:g} MW",
        whole=True,
        most=modules - 1,
    )


def _choice(q: Question, key: str) -> tuple[str, Callable[[float], Edit], Callable[[float], str]]:
    section, _, which = key.rpartition(".")
    if section == "rules.forbidden":
        candidate = q.study.rules.forbidden[int(which)]
        kept = [name for name in q.study.rules.forbidden if name != candidate]

        def allow(_: float) -> Edit:
            return Edit(fields={"rules.forbidden": kept})

        return f"{candidate} forbidden", allow, lambda _: f"{candidate} allowed"

    def admit(_: float) -> Edit:
        return Edit(fields={key: True})

    name = which.replace("_", " ")
    return f"no {name}", admit, lambda _: f"{key} = true"
