"""Maps for a cell: those of the report, drawn coarser and still."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from siting.display.frame import picture
from siting.report import html
from siting.report.map import BLUE, GOLD, PALE, RED, places_map
from siting.report.numbers import plural

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
