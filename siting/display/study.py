"""A study in a cell: what it asks and assumes, where a campus may stand, and what the tables refuse of it."""

from __future__ import annotations

import functools

import pandas as pd

from siting.assembly import Assembled
from siting.assembly.campus import is_annex
from siting.display.frame import framed
from siting.display.maps import places_picture
from siting.errors import InputError
from siting.grid.chosen import network_facts
from siting.printed import plural
from siting.report import html
from siting.run import assemble_only
from siting.study import Study
from siting.study.words import study_words
from siting.tables.read import Tables, read_tables

FEW = 200
"""So many usable places are drawn one by one; more are dots."""


def study_html(study: Study) -> str:
    """What a notebook shows of a study: the tables are read and the candidates looked up, nothing is solved.

    A study that the tables refuse shows every fault in the place of the map.
    """
    head = f"<h3>{html.text(study.title or study.name)}</h3>"
    under = html.paragraph(f"Study “{study.name}”", "quiet")
    assumed = "<h4>Assumed by the planner</h4>" + html.bullets(study.assumptions) if study.assumptions else ""
    parts = [head, under, html.lines(study_words(study)), assumed]
    try:
        assembled = assemble_only(study, _tables())
    except InputError as error:
        faults = html.bullets(str(fault) for fault in error.faults)
        return framed(*parts, '<p class="warning">This study is refused:</p>', faults)
    places, regions = _places(assembled), assembled.demand.regions
    network = network_facts(study, _tables().data_dir)
    return framed(*parts, _counted(places), places_picture({"candidates": places, "regions": regions}, network))


@functools.cache
def _tables() -> Tables:
    return read_tables()


def _places(assembled: Assembled) -> pd.DataFrame:
    """Candidates as the map reads them: the usable ones drawn one by one where they are few."""
    frame = assembled.candidates[~is_annex(assembled.candidates)].reset_index(drop=True)
    usable = frame["excluded_by"] == ""
    return frame.assign(in_model=usable & (usable.sum() <= FEW), screen_cost_musd=float("nan"))


def _counted(places: pd.DataFrame) -> str:
    """How many places can be used, and why the others cannot."""
    counts = places["excluded_by"].value_counts()
    usable = int(counts.pop("")) if "" in counts else 0
    why = "".join(f"; {count:,} left out: {reason}" for reason, count in counts.items())
    return html.paragraph(f"{plural(len(places), 'candidate')} read, {usable:,} can be used{why}.")
