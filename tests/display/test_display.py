"""What a terminal and a notebook show of a study and of a plan."""

from __future__ import annotations

import base64
import importlib
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import siting
from siting.display.plan import plan_html
from siting.display.registry import SHOWN, register
from siting.display.study import study_html
from siting.plan import Plan
from siting.study import Study


@pytest.fixture(scope="module")
def study() -> Study:
    return siting.read_study("models/tiny.toml")


@pytest.fixture(scope="module")
def plan(study: Study) -> Plan:
    return siting.solve(study.update({"search.date_curve": False}))


@pytest.fixture
def shell() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPython's own start-up
        from IPython.core.interactiveshell import InteractiveShell

        yield InteractiveShell.instance()
        InteractiveShell.clear_instance()


def drawn(html: str) -> str:
    """The first picture of the page, as SVG."""
    found = re.search(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", html)
    assert found is not None
    return base64.b64decode(found[1]).decode("utf-8")


def test_a_printed_plan_is_a_few_lines(plan: Plan):
    """Cost, bound, site and cluster, a line each, and nothing of the frames behind."""
    lines = str(plan).splitlines()
    assert lines[0] == "Plan for “tiny” (optimal)"
    assert "60.29 MUSD present value; bound 60.29 MUSD, gap 0.00 %" in lines[1]
    assert (
        "Abilene TX (own): 3.0 MW IT, 3.7 MW at the meter, first halls 2025-Q4, power from 2024-Q4 (assumed)"
        in lines[2]
    )
    assert "2,048 H100 SXM 80GB at abilene from 2025-Q4" in lines[3]
    assert len(lines) == 4 and repr(plan) == str(plan)


def test_a_plan_without_an_answer_prints_why(study: Study):
    """With 10 MUSD nothing can be had; the reasons are printed."""
    poor = study.update({"money.funding.0.amount_musd": "10 MUSD", "search.date_curve": False})
    said = str(siting.solve(poor))
    assert said.startswith("Plan for “tiny” (infeasible)") and "  - " in said


def test_a_printed_study_says_what_is_wanted_and_assumed(study: Study):
    """A dozen lines at most, each with a label; its file, cluster, money and wait for power are named."""
    said = str(study)
    assert len(said.splitlines()) <= 12 and repr(study) == said
    for words in (
        "tiny-sites.csv",
        "2,048 H100 SXM 80GB from 2025-Q4",
        "250 MUSD closed",
        "after 2 quarters (mid case",
    ):
        assert words in said


@pytest.mark.parametrize("name", ["template", "gigafactory", "fleet", "memphis"])
def test_every_shipped_study_prints_in_short(name: str):
    """No part of a study that is in use breaks the lines; none is a dump."""
    lines = str(siting.read_study(f"models/{name}.toml")).splitlines()
    assert len(lines) <= 12 and all(len(line) < 500 for line in lines)


def test_a_plan_in_a_cell_has_words_tables_and_a_map_that_says_synthetic(plan: Plan):
    """The page names site and cost, asks nothing of the network, and its picture says what the grid is."""
    html = plan_html(plan)
    assert "Abilene TX" in html and "60.29 million USD" in html and "Clusters" in html
    assert "synthetic grid" in drawn(html)
    assert "http" not in html and "<script" not in html


def test_a_study_in_a_cell_counts_its_places(study: Study):
    """Three places are read and drawn; the map says what the grid is."""
    html = study_html(study)
    assert "3 candidates read, 3 can be used." in html
    assert "synthetic grid" in drawn(html) and "http" not in html


def test_a_study_that_the_tables_refuse_shows_the_faults(study: Study):
    """A file that is not there is a sentence in the cell, not a traceback."""
    html = study_html(study.update({"candidates.file.path": "nowhere.csv"}))
    assert "This study is refused" in html and "nowhere.csv: file: found missing" in html


def test_names_are_text_never_markup(plan: Plan, study: Study):
    """A title and a site with tags in their names come out escaped."""
    evil = "<img src=x onerror=alert(1)>"
    named = study.update({"title": evil, "assumptions": [evil]})
    sites = plan.sites.assign(name=evil)
    told = replace(plan, study={**plan.study, "title": evil}, tables={**plan.tables, "sites": sites})
    for html in (study_html(named), plan_html(told)):
        assert evil not in html and "&lt;img src=x" in html


def test_ipython_shows_html_and_words(shell: Any, plan: Plan, study: Study):
    """Once registered, a cell that ends in a plan or a study gives both kinds; other objects are left alone."""
    register()
    for thing in (plan, study):
        data, _ = shell.display_formatter.format(thing)
        assert data["text/html"].startswith('<div class="siting">')
        assert data["text/plain"] == str(thing)
    assert "text/html" not in shell.display_formatter.format(plan.passes)[0]


def test_every_type_in_the_registry_is_there():
    """A type or function that was moved would else lose its display in silence."""
    for name in (*SHOWN, *SHOWN.values()):
        module, _, attribute = name.rpartition(".")
        assert callable(getattr(importlib.import_module(module), attribute))


def test_without_ipython_nothing_of_the_display_is_imported():
    """`import siting` and a study's words stay light."""
    code = (
        "import sys, siting; str(siting.read_study('models/tiny.toml'));"
        "late = ('IPython', 'siting.display', 'siting.report', 'altair');"
        "print([name for name in sys.modules if name.startswith(late)])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
