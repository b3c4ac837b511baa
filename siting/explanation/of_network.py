"""Lines of the network and spare generation: rows that come as plans break them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siting.aims import look_of
from siting.explanation.elastic import Elastic
from siting.explanation.limits import Edit, NamedLimit, Way
from siting.explanation.question import Question
from siting.explanation.relaxed import Relaxed
from siting.grid.chosen import study_network
from siting.problem import FloatArray
from siting.problem.grid_rows import GridRows
from siting.solver.decisions import decisions_from
from siting.solver.rounds import overloaded, with_rows

WEIGHT_MW = 100.0
"""Overload of a line that weighs as much as the whole of a quantity."""


class Lines:
    """The lines that plans overload, as rows of the elastic matrix with a column that loosens all of them."""

    def __init__(self, q: Question, relaxed: Relaxed, e: Elastic) -> None:
        assert q.problem.grid is not None
        self._q, self._relaxed, self._e = q, relaxed, e
        self._grid: GridRows = q.problem.grid
        self._network = study_network(q.study, q.tables.data_dir).network
        self._look = look_of(q.study)
        self.column = e.column()
        for family in ("line_room", "island_spare"):
            for row in e.family(family).values():
                e.loosen(row, self.column)

    @property
    def limit(self) -> NamedLimit:
        """The network as a limit: a study looks at its lines, or does not."""
        way = Way(
            unit="MW",
            one=WEIGHT_MW,
            amount=((self.column, 1.0),),
            edit=lambda _: Edit(fields={"grid.joint": "off"}),
            said=lambda mw: f"grid.joint = off: lines of the network {mw:,.4g} MW over their rating",
            switch=True,
        )
        return NamedLimit(name="lines of the network", keys=("grid.joint",), release=(self.column,), ways=(way,))

    def broken(self, x: FloatArray) -> bool:
        """Whether the plan at the point overloads lines that were no rows yet: they are from now on."""
        p = replace(self._relaxed.problem, grid=self._grid)
        decisions = decisions_from(p, self._e.base, x[: len(self._e.base.cost)])
        rows = overloaded(self._network, p, decisions, self._look)
        before, held = len(self._grid.room_mw), self._grid.holds(p.quarters)
        if rows:
            self._grid = with_rows(self._grid, self._network, rows, self._look)
        unit_mw, halls = p.pue_peak * p.module_it_mw, self._e.variables("V")
        added = False
        for r, now in enumerate(self._grid.holds(p.quarters)):
            then = held[r] if r < before else np.zeros_like(now)
            for t in np.flatnonzero(now & ~then).tolist():
                felt = [i for i in np.flatnonzero(self._grid.factor[r]).tolist() if (i, t) in halls]
                terms = [(halls[i, t], float(self._grid.factor[r, i] * unit_mw[i])) for i in felt]
                self._e.row([*terms, (self.column, -1.0)], upper=float(self._grid.room_mw[r]))
                added = True
        return added
