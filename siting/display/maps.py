"""Maps for a cell: those of the report, drawn coarser and still."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from siting.display.frame import picture
from siting.geo.places import STATE_OF_FIPS
from siting.printed import plural
from siting.report import html
from siting.report.map import BLUE, GOLD, PALE, RED, outlines, places_map

COARSE_DEG = 0.06
"""Outlines are thinned to what half a page shows."""
RASTERS_DEG = ((2_000, 0.1), (8_000, 0.2))
"""Up to so many candidates: dots nearer than that are one; beyond the last, FAR_DEG."""
FAR_DEG = 0.3


def places_picture(tables: Mapping[str, pd.DataFrame], network: Mapping[str, Any]) -> str:
    """Map and key of a plan's tables (`places_map`): an image inside the page."""
    candidates, regions = tables["candidates"], tables["regions"]
    sites = len(tables.get("sites", ()))
    raster = next((deg for most, deg in RASTERS_DEG if len(candidates) <= most), FAR_DEG)
    spec = places_map(tables, network, simplify_deg=COARSE_DEG, raster_deg=raster)
    grid = network["name"] if network.get("own") else "a synthetic grid, not the real one"
    told = f"Map of {plural(len(candidates), 'candidate')} and {plural(sites, 'site')} of the plan; grid: {grid}"
    marks = [(PALE, plural(len(candidates), "candidate"))]
    if inside := int(candidates["in_model"].sum()):
        marks.append((BLUE, f"{inside:,} of them searched" if sites else "places that can be used"))
    if len(regions):
        marks.append((GOLD, plural(len(regions), "demand region")))
    if sites:
        marks.append((RED, "sites of the plan"))
    key = "".join(f'<i style="background:{colour}"></i>{html.text(words)}' for colour, words in marks)
    return f'{picture(spec, told)}<p class="key note">{key}</p>'


def states(*codes: str) -> alt.Chart:
    """Outlines of the states named (two letters), else of all, as the ground of a map of one's own:
    `(states("TX") + points).project("mercator")`, or `"albersUsa"` for the whole country.
    """
    whole = outlines(COARSE_DEG)
    shapes = whole["objects"]["states"]["geometries"]
    kept = [shape for shape in shapes if not codes or STATE_OF_FIPS[str(shape["id"])] in codes]
    topology = {**whole, "objects": {"states": {"type": "GeometryCollection", "geometries": kept}}}
    data = alt.InlineData(values=topology, format=alt.TopoDataFormat(type="topojson", feature="states"))
    return alt.Chart(data).mark_geoshape(fill="#f4f5f7", stroke="#b4bac4", strokeWidth=0.6)
