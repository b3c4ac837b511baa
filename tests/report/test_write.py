"""The page: whole, self-contained, escaped, small, and right without a plan."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting.plan import Plan
from siting.report.map import site_map
from siting.report.sections import against_date
from siting.report.write import report_html, write_report
from siting.study import Study
from siting.tables.read import Tables

FETCHES = re.compile(r"""(?:\b(?:src|href|action|poster|srcset)\s*=|@import|url\()\s*["']?\s*(?:https?:)?//""", re.I)


@pytest.fixture(scope="module")
def page(plan: Plan, study: Study, tables: Tables) -> str:
    """The report of the made-up plan."""
    return report_html(plan, study, tables)


class Seen(HTMLParser):
    """Text outside scripts, headings in order, attributes that could fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.headings: list[str] = []
        self.fetching: list[tuple[str, str]] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "link", "img"):
            self._inside.append(tag)
        self.fetching += [(tag, value or "") for name, value in attrs if name in ("src", "href", "xlink:href", "data")]

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._inside and self._inside[-1] in ("script", "style"):
            return
        self.words.append(data.replace("\u00a0", " "))
        data = data.replace("\u00a0", " ")
        if self._inside and self._inside[-1] == "h2":
            self.headings.append(data)


def seen(page: str) -> Seen:
    """The page, parsed."""
    parser = Seen()
    parser.feed(page)
    return parser


def test_sections_stand_in_the_order_a_planner_asks(page: str):
    """The answer first, how it was made last."""
    assert seen(page).headings == [
        "The answer",
        "How far the place is decided",
        "Map",
        "Is 100 MW enough?",
        "Money against date",
        "MW and cash over time",
        "Lease against own",
        "Time to power",
        "Sources and confidence",
        "Assumptions",
        "Tables",
        "How it was made",
    ]


def test_nothing_is_fetched(page: str):
    """No element points anywhere, no style imports, no script loads from an address."""
    parsed = seen(page)
    assert [value for _, value in parsed.fetching if not value.startswith(("#", "data:"))] == []
    assert not FETCHES.search(page)
    assert "vega.github.io" not in page
    assert "cdn." not in page


def test_the_library_is_there_once_and_the_page_is_small(page: str):
    """One script of about 0.9 MB; the page stays under 4 MB."""
    assert page.count("window.vegaEmbed=") == 1
    assert 0.5e6 < len(page.encode()) < 4e6


def test_page_stays_small_with_every_substation(plan: Plan, study: Study, tables: Tables):
    """41,000 candidates on the map: under 3 MB."""
    every = tables.grid_substations
    candidates = pd.DataFrame(
        {
            "candidate": "sub-" + every["sub_id"].astype(str),
            "name": every["name"],
            "lat": every["lat"],
            "lon": every["lon"],
            "state": every["state"],
            "tenure": "own",
            "final_utility_mw": 100.0,
            "excluded_by": "",
            "screen_cost_musd": np.nan,
            "in_model": False,
        }
    )
    big = replace(plan, tables={**plan.tables, "candidates": candidates})
    assert len(report_html(big, study, tables).encode()) < 3e6


def test_key_sentences_are_on_the_page(page: str):
    """What page one must say, the words on the map, the assumption beside the open quarter."""
    words = " ".join(seen(page).words)
    for sentence in (
        "grid_check: failed",
        "Place not decided",
        "holds for the 120 screened candidates only",
        "not enough even for the critical IT",
        "mid case; assumption",
        "before income, sales and property tax",
        "3.00 billion USD, assumed",
        "Dated after the study",
        "construction, US: 2025-12-31",
        "Zürich & <b>Ōsaka</b> stay out of scope.",
    ):
        assert sentence in words, sentence
    assert "synthetic grid" in str(site_map_spec(page))


def site_map_spec(page: str) -> str:
    """The map's specification in the page."""
    found = re.search(r'\{"map":.*?\}\)\)', page, re.S)
    assert found
    return found.group(0)


def test_text_of_the_planner_is_escaped(page: str):
    """Names and titles with <, > and & are text: in the page, in its title and inside the script."""
    assert "<b>Ōsaka" not in page
    assert "Sítio &lt;Große&gt; &amp; Ōak" in page
    assert "<by>" not in page
    assert "Sítio <Große>" not in page


def test_no_number_has_twelve_digits(page: str):
    """Rounded everywhere a reader looks (hashes apart)."""
    words = [word for word in seen(page).words if not re.fullmatch(r"[0-9a-f]{64}", word.strip())]
    assert not [word for word in words if re.search(r"\d\.\d{6,}", word)]


def test_ids_of_the_charts_do_not_clash(page: str):
    """Clip paths of several charts in one page have names of their own."""
    ids = re.findall(r'<(?:clipPath|linearGradient)[^>]*\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_page_without_a_plan_says_why(infeasible: Plan, study: Study, tables: Tables):
    """The reasons, what the money carries, the map and the sources; no tables of a plan that is not there."""
    parsed = seen(report_html(infeasible, study, tables))
    words = " ".join(parsed.words)
    assert "No plan over the 120 of 35,268 candidates" in words
    assert "the cheapest way to gigafactory takes 7,250 MUSD" in words
    assert "At least 78,125 H100 SXM 80GB" in words
    assert "Map" in parsed.headings
    assert "Tables" not in parsed.headings


def test_page_of_a_plan_that_builds_nothing(leased: Plan, study: Study, tables: Tables):
    """A lease alone: no site, no grid check, the provider's MW as an estimate."""
    words = " ".join(seen(report_html(leased, study, tables)).words)
    assert "No campus is opened." in words
    assert "(the provider's power)" in words


def test_file_is_utf8_whatever_the_platform(tmp_path: Path, plan: Plan, study: Study, tables: Tables, monkeypatch):
    """Written with its encoding named: a Windows default of cp1252 could not hold Ō."""
    path = tmp_path / "Ōrt" / "report.html"
    path.parent.mkdir()
    asked: list[object] = []
    plain = Path.open

    def watch(self: Path, mode: str = "r", **how: Any) -> Any:
        if mode == "w":
            asked.append(how.get("encoding"))
        return plain(self, mode, **how)

    monkeypatch.setattr(Path, "open", watch)
    write_report(plan, study, tables, path)
    assert asked == ["utf-8"]
    assert "Ōak" in path.read_text(encoding="utf-8")
    assert '<meta charset="utf-8">' in path.read_text(encoding="utf-8")


def test_map_draws_the_states_once_and_leaves_territories_out(plan: Plan):
    """50 states and the District of Columbia, thinned to under 150 kB."""
    spec = site_map(plan)
    topology = spec["datasets"][spec["layer"][0]["data"]["name"]]
    shapes = topology["objects"]["states"]["geometries"]
    assert len(shapes) == 51
    assert all(shape["arcs"] for shape in shapes)
    assert len(str(topology)) < 250_000


def test_a_date_that_was_not_searched_is_no_date_without_a_plan(plan: Plan):
    """Proved to have none, and none found in time, are told apart; where time was left for none, a sentence says so."""
    points = plan.facts["money_against_date"]
    late = [dict(point) for point in points]
    late[2] |= {"value_musd": None, "bound_musd": None, "gap": None, "termination": "no_plan_found"}
    section = against_date(replace(plan, facts={**plan.facts, "money_against_date": late}))
    assert ">no plan<" in section and ">none in time<" in section and "none found in time" in section
    for n in (0, 3):
        late[n] = {**late[2], "shift_quarters": points[n]["shift_quarters"]}
    section = against_date(replace(plan, facts={**plan.facts, "money_against_date": late}))
    assert "left too little for other dates" in section and "<svg" not in section


def test_names_of_near_sites_do_not_cover_one_another(plan: Plan):
    """Two sites a fifth of a degree apart and one far away: the names of the two stand on different sides of their
    dots, that of the third above its own; no name is left out.
    """
    near = plan.sites.iloc[[0, 0, 0]].assign(name=["A", "B", "C"], lat=[34.0, 34.1, 45.0], lon=[-84.0, -83.8, -120.0])
    layers = site_map(replace(plan, tables={**plan.tables, "sites": near}))["layer"]
    texts = [layer for layer in layers if layer["mark"]["type"] == "text" and layer["mark"].get("color") == "#1f2933"]
    assert sorted((layer["mark"]["dx"], layer["mark"]["dy"]) for layer in texts) == [(0, -17), (0, 18)]
