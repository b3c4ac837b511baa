"""What a cell shows of the answers to the questions after a plan: made-up answers, since only their looks are asked."""

from __future__ import annotations

import base64
import importlib
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

import siting
from siting.display.answers import decided_html, explanation_html, n_best_html
from siting.display.comparison import comparison_html
from siting.display.registry import SHOWN
from siting.display.regret import regret_html
from siting.display.sweep import sweep_html
from siting.explanation.changes import Change
from siting.explanation.conflict import Violation
from siting.explanation.infeasible import Explanation
from siting.explanation.limits import NamedLimit
from siting.plan import Plan
from siting.termination import Termination
from siting.whatif.comparison import Comparison, Verdict
from siting.whatif.decided import Decided, Trial
from siting.whatif.figures import Spread
from siting.whatif.n_best import NBest
from siting.whatif.regret import Regret
from siting.whatif.runs import Run
from siting.whatif.safe import safe_decisions
from siting.whatif.sweeps import Sweep

EVIL = "<b>evil</b>"
PRICE = "leases.bilateral.0.usd_per_gpu_h"


def run(name: str, edits: dict[str, Any], musd: float, *sites: str) -> Run:
    """A run that was solved to half a percent."""
    rows = [
        {"candidate": site, "name": site, "state": "TX", "tenure": "own", "open_quarter": "2025-Q4", "it_mw": 3.0}
        for site in sites
    ]
    found: dict[str, Any] = {"value_musd": musd, "bound_musd": musd * 0.995, "gap": 0.005, "measures": {}}
    full = tuple({**row, "utility_mw": 3.7} for row in rows)
    return Run(name=name, edits=edits, status="done", termination="optimal", sites=full, **found)


def sweep(*runs: Run) -> Sweep:
    return Sweep(study=siting.read_study("models/tiny.toml"), folder=Path("sweep"), runs=runs, common={})


def drawn(html: str) -> str:
    """The first picture of the page, as SVG; empty without one."""
    found = re.search(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", html)
    return base64.b64decode(found[1]).decode("utf-8") if found else ""


def test_a_sweep_of_one_field_is_drawn_and_listed():
    """Two prices: both stand on the axis with the sites that they lead to; a run that failed is a row with its reason,
    as text.
    """
    html = sweep_html(
        sweep(
            run("cheap", {PRICE: "1.60 USD/GPU/h"}, 45.3),
            run("dear", {PRICE: "2.40 USD/GPU/h"}, 60.3, "abilene"),
            Run(name=EVIL, edits={PRICE: "none"}, status="failed", message=EVIL),
        )
    )
    picture = drawn(html)
    assert "2.40 USD/GPU/h" in picture and "no site" in picture and "abilene" in picture
    assert "2 proved within the gap; 1 failed" in html and "60.3" in html
    assert EVIL not in html and "&lt;b&gt;evil&lt;/b&gt;" in html and "http" not in html


def test_a_full_grid_of_two_fields_is_a_chart_of_cells():
    """Two prices by two curves: each cost is written in its cell."""
    costs = {("1.60", "low"): 45.3, ("1.60", "zero"): 45.4, ("2.40", "low"): 60.3, ("2.40", "zero"): 67.9}
    runs = (run(f"{p} {c}", {PRICE: p, "purchase.residual": c}, musd) for (p, c), musd in costs.items())
    picture = drawn(sweep_html(sweep(*runs)))
    assert all(f">{musd}<" in picture for musd in costs.values())


def test_a_sweep_that_fits_no_chart_has_its_table_alone():
    """Three fields at once have no axis."""
    runs = (run(f"r{n}", {"quarters": 10 + n, PRICE: n, "name": f"n{n}"}, 50.0 + n) for n in range(3))
    html = sweep_html(sweep(*runs))
    assert "<img" not in html and "52.0" in html


def test_an_explanation_says_what_is_enough():
    """The words, then each change with what a plan then costs and whether less was proved not to do."""
    limit = cast(NamedLimit, SimpleNamespace(name=f"funding {EVIL}", keys=("money.funding",)))
    then = SimpleNamespace(npv_cost_musd=71.3, bound_musd=71.0, termination="optimal", sites=(), hosts=("rented",))
    told = {"limit": limit, "words": "+26.12 MUSD", "amount": 26.12, "unit": "MUSD", "plan": then}
    change = cast(Change, SimpleNamespace(**told, smaller_fails=True, nowhere=None))
    violated = cast(Violation, SimpleNamespace(limit=limit, amount=26.1, unit="MUSD", share=0.435))
    explained = Explanation(
        study="tiny", termination=Termination.INFEASIBLE, plan=None, violations=(violated,), least=None,
        conflict=(limit,), minimal=True, changes=(change,), named=(limit.name,), candidates=3, of=3,
        looked=Termination.INFEASIBLE, first_pass="npv_cost", searches=4, seconds=1.0,
    )  # fmt: skip
    html = explanation_html(explained)
    for words in ("there is no plan", "<li>+26.12 MUSD (hosts rented)</li>", "71.3", "43.50", "proved"):
        assert words in html
    assert EVIL not in html


@pytest.mark.parametrize("leases_only", [False, True])
def test_the_best_plans_are_a_row_each(leases_only: bool):
    """A plan that opens a campus names it; one that only leases says so."""
    study = siting.read_study("models/tiny.toml").update({"search.date_curve": False})
    plan = siting.solve(study.update({"money.own": False, "money.colocation": False} if leases_only else {}))
    known = frozenset(plan.sites["candidate"])
    found = NBest(
        plans=(plan,), site_sets=(known,), bounds_musd=(60.0,), unlisted_bound_musd=61.0, within=0.01,
        stopped="no other set within", candidates=3, usable=3,
    )  # fmt: skip
    html = n_best_html(found)
    assert ("none: leases only" if leases_only else "Abilene TX") in html
    assert "Proved: no other set of sites has a plan within 1.00%." in html


def test_trials_with_other_figures_are_counted_by_place():
    """Three of four trials build in the plan's state: less than 80 %, so the place is not decided; names are text."""

    def trial(n: int, state: str, site: str) -> Trial:
        told = {"termination": "optimal", "value_musd": 60.0, "bound_musd": 59.9, "tenures": ("own",)}
        return Trial(trial=n, states=(state,), sites=(site,), **told)

    trials = (*(trial(n, "TX", "abilene") for n in range(3)), trial(3, "OK", "tulsa"))
    found = Decided(
        study="tiny", states=("TX",), sites=("abilene",), trials=trials, seed=0, spread=Spread(),
        names={"abilene": f"Abilene {EVIL}", "tulsa": "Tulsa"},
    )  # fmt: skip
    html = decided_html(found)
    assert "Place not decided as far as the state" in html and "75%" in html
    assert "Tulsa" in html and EVIL not in html


def test_a_comparison_shows_inputs_plans_and_what_can_be_said_in_that_order():
    """Names of plans are headings, as text; a figure that one plan has none of is a dash or blank, never `None`."""
    inputs = pd.DataFrame({"key": ["purchase.residual"], "low": ['"low"'], EVIL: ['"zero"']})
    plans = pd.DataFrame(
        {
            "figure": ["cost, present value", "host"],
            "unit": ["MUSD", ""],
            "low": [60.29, "abilene"],
            EVIL: [67.96, None],
        },
        dtype=object,
    )
    said = Verdict(first="low", second=EVIL, least_musd=-7.7, most_musd=-7.6, words="low costs less, by 7.6 MUSD.")
    html = comparison_html(Comparison(names=("low", EVIL), inputs=inputs, plans=plans, verdicts=(said,)))
    order = [
        html.index(words) for words in ("purchase.residual", "cost, present value", "low costs less, by 7.6 MUSD.")
    ]
    assert order == sorted(order)
    assert EVIL not in html and "None" not in html


def test_regret_of_each_plan_in_each_run():
    """Held where it was made a plan has none; elsewhere 3.0, or it does not hold, or that was not known in time."""
    held = np.array([[60.0, 53.0, np.nan], [np.nan, 50.0, np.nan], [60.0, 50.0, 70.0]])
    found = Regret(
        names=("a", "b", "c"), start="2024-Q2", held_musd=held, held_bound_musd=held,
        best_musd=np.array([60.0, 50.0, 70.0]),
        bound_musd=np.array([60.0, 50.0, 70.0]), bound_over=("all candidates",) * 3, lost={("a", "c"): "no power"},
        unknown=(("b", "a"), ("b", "c")), within=0.02, good=("a", "b", "c"), without=(),
        decisions=safe_decisions({}, {}, {}),
    )  # fmt: skip
    html = regret_html(found)
    rows = re.findall(r"<tr>(.*?)</tr>", html[html.index("Regret of each plan") :])
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows[1:]]
    assert cells[0] == ["a", "0.0", "3.0", "does not hold"]
    assert cells[1] == ["b", "not known", "0.0", "not known"]
    assert "Least to regret: the plan of c" in html


def test_every_answer_says_words_and_has_a_frame():
    """Whatever a notebook shows but a study: `words` is a tuple of lines and `frame` a table, neither is called."""
    answers = [name for name in SHOWN if not name.endswith(".Study")]
    assert len(answers) >= 9
    for name in answers:
        module, _, kind = name.rpartition(".")
        for part, wanted in (("words", "tuple[str, ...]"), ("frame", "pd.DataFrame")):
            found = getattr(getattr(importlib.import_module(module), kind), part)
            function = found.fget if isinstance(found, property) else found.func
            assert function.__annotations__["return"] == wanted, (name, part)
    plan = Plan(study={"name": "x"}, study_digest="", data_hashes={}, versions={}, passes=(), tables={})
    assert plan.frame.empty
