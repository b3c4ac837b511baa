"""The map: state outlines, every candidate, the candidates in the model, demand regions and the plan's sites."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
from shapely import LineString

from siting.places import shipped
from siting.plan import Plan
from siting.report.charts import plain
from siting.report.numbers import in_words, megawatts, money, number
from siting.study.states import place_name

STATES = "us_counties.topo.json"
"""us-atlas 3 (US Census outlines, public domain), TopoJSON; its object `states` is drawn."""
OUTLINES, DOTS = "outlines", "dots"
"""Names of the data sets that are put in last."""
SIMPLIFY_DEG, ROUND_DEG = 0.02, 2
"""Outlines are thinned to what 900 pixels can show."""
RASTER_DEG = 0.05
"""Candidates nearer than this to one another are drawn as one dot."""
DOT_PX, DENSE_DOT_PX, DENSE = 1.1, 0.6, 8_000
"""Radius of the dots of all candidates; of more than DENSE candidates."""
OUTSIDE = {"60", "66", "69", "72", "78"}
"""FIPS of territories that the projection does not show."""
WIDTH, HEIGHT = 940, 560
SIDES = (("center", 0, -17), ("center", 0, 18), ("left", 12, 0), ("right", -12, 0))
"""Where a site's name may stand: align, dx and dy in pixels. Above, below, to the right, to the left."""
PX_BY_DEG, PX_BY_LETTER = (16.0, 21.0), 7.5
"""Pixels of a degree of longitude and latitude in the middle of the map, and of a bold letter."""
Box = tuple[float, float, float, float]
INK, PALE, BLUE, RED, GOLD = "#1f2933", "#b4bfcb", "#2f6db3", "#c8322b", "#a8741a"


def site_map(plan: Plan) -> dict[str, Any]:
    """The map of a plan as Vega-Lite; without a plan the candidates and regions alone."""
    return places_map(plan.tables, plan.facts.get("network") or {})


def places_map(
    tables: Mapping[str, pd.DataFrame],
    network: Mapping[str, Any],
    *,
    simplify_deg: float = SIMPLIFY_DEG,
    raster_deg: float = RASTER_DEG,
) -> dict[str, Any]:
    """`candidates`, `regions` and, where there are any, `sites` of a plan's tables, as Vega-Lite. Says "synthetic grid"
    where the network is the shipped one. simplify_deg, raster_deg: how coarse outlines and dots may be.

    The outlines join the specification last: as part of the chart each of their 10,000 points would be checked and
    copied at every step.
    """
    data: dict[str, Any] = {OUTLINES: outlines(simplify_deg)}
    if dots := _dots(tables["candidates"], raster_deg):
        data[DOTS] = [dots]
    spec = plain(_layers(tables, network, dots=bool(dots)))
    return {**spec, "datasets": {**spec.get("datasets", {}), **data}}


def _layers(tables: Mapping[str, pd.DataFrame], network: Mapping[str, Any], *, dots: bool) -> alt.LayerChart:
    """Outlines and dots by the name of their data, all else with it."""
    states = alt.NamedData(name=OUTLINES, format=alt.TopoDataFormat(type="topojson", feature="states"))
    outline = alt.Chart(states).mark_geoshape(fill="#f4f5f7", stroke="#b4bac4", strokeWidth=0.6)
    candidates, regions = tables["candidates"], tables["regions"]
    layers: list[Any] = [outline]
    if dots:
        layers.append(alt.Chart(alt.NamedData(name=DOTS)).mark_geoshape(fill=PALE, stroke=None))
    inside = candidates[candidates["in_model"].astype(bool)]
    if len(inside):
        layers.append(_points(_told(inside)).mark_circle(color=BLUE, size=26, opacity=0.75))
    if len(regions):
        layers.append(_points(_region_rows(regions)).mark_point(shape="diamond", color=GOLD, size=46, strokeWidth=1.4))
    sites = tables.get("sites", pd.DataFrame())
    if len(sites):
        rows = _site_rows(sites)
        layers.append(
            _points(rows).mark_point(shape="circle", size=190, fill=RED, stroke="white", strokeWidth=1.6, opacity=1)
        )
        beside = _sides(rows)
        for side, (align, dx, dy) in enumerate(SIDES):
            if not (beside == side).any():
                continue
            label = alt.Chart(rows[beside == side]).encode(longitude="lon:Q", latitude="lat:Q", text="what:N")
            font: dict[str, Any] = {"align": align, "dx": dx, "dy": dy, "fontSize": 13, "fontWeight": "bold"}
            layers.append(label.mark_text(**font, color="white", stroke="white", strokeWidth=4, opacity=0.85))
            layers.append(label.mark_text(**font, color=INK))
    layers.append(_corner(network))
    return (
        alt.layer(*layers)
        .properties(width=WIDTH, height=HEIGHT)
        .project(type="albersUsa", pointRadius=DENSE_DOT_PX if len(candidates) > DENSE else DOT_PX)
    )


def _points(rows: pd.DataFrame) -> alt.Chart:
    return alt.Chart(rows).encode(
        longitude="lon:Q",
        latitude="lat:Q",
        tooltip=[alt.Tooltip("what:N", title=" "), alt.Tooltip("note:N", title="  ")],
    )


def _told(inside: pd.DataFrame) -> pd.DataFrame:
    notes = [
        f"{megawatts(c['final_utility_mw'])} at the meter, screen cost {money(c['screen_cost_musd'])}"
        for _, c in inside.iterrows()
    ]
    return _frame(inside, _names(inside), notes)


def _region_rows(regions: pd.DataFrame) -> pd.DataFrame:
    """Metros; regions on other continents lie outside the map."""
    regions = regions[regions["population"].notna()]
    peak = next((c for c in ("peak_h100e_bf16", "peak_h100e_8bit") if c in regions), None)
    notes = [
        f"{number(r['population'])} people" + (f", peak {number(r[peak])} H100e" if peak else "")
        for _, r in regions.iterrows()
    ]
    return _frame(regions, regions["region"].astype(str).tolist(), notes)


def _site_rows(sites: pd.DataFrame) -> pd.DataFrame:
    notes = [
        f"{in_words(s['tenure'])}, {megawatts(s['it_mw'])} IT, {megawatts(s['utility_mw'])} at the meter, "
        f"{s['open_quarter']}"
        for _, s in sites.iterrows()
    ]
    return _frame(sites, _names(sites), notes)


def _sides(rows: pd.DataFrame) -> pd.Series[int]:
    """On which of SIDES the name of each site stands: the first on which it covers no other name and no other site, as
    far as pixels by degree tell; above where none is free."""
    x, y = (rows[name].to_numpy(float) * scale for name, scale in (("lon", PX_BY_DEG[0]), ("lat", -PX_BY_DEG[1])))
    taken = [(px - 8.0, py - 8.0, px + 8.0, py + 8.0) for px, py in zip(x, y, strict=True)]
    found = []
    for n, name in enumerate(rows["what"]):
        wide = PX_BY_LETTER * len(str(name))
        boxes = []
        for align, dx, dy in SIDES:
            left = x[n] + dx - {"center": wide / 2.0, "left": 0.0, "right": wide}[align]
            boxes.append((left, y[n] + dy - 8.0, left + wide, y[n] + dy + 8.0))
        others = taken[:n] + taken[n + 1 :]
        free = [side for side, box in enumerate(boxes) if not any(_meet(box, other) for other in others)]
        found.append(free[0] if free else 0)
        taken.append(boxes[found[-1]])
    return pd.Series(found, index=rows.index, dtype=int)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _names(places: pd.DataFrame) -> list[str]:
    return [place_name(name, state) for name, state in zip(places["name"], places["state"], strict=True)]


def _frame(places: pd.DataFrame, what: list[str], note: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lat": places["lat"].astype(float).round(3).tolist(),
            "lon": places["lon"].astype(float).round(3).tolist(),
            "what": what,
            "note": note,
        }
    )


def _corner(network: Mapping[str, Any]) -> alt.Chart:
    """The words that must be read with the map."""
    shipped_grid = "synthetic grid: a model of the US system, not the real one"
    text = pd.DataFrame({"t": [f"grid: {network['name']}" if network.get("own") else shipped_grid]})
    return (
        alt.Chart(text)
        .mark_text(align="center", fontSize=14, fontStyle="italic", color="#5b6570")
        .encode(x=alt.value(WIDTH * 0.58), y=alt.value(12), text="t:N")
    )


def _dots(candidates: pd.DataFrame, raster_deg: float) -> dict[str, Any] | None:
    """All candidates as one GeoJSON MultiPoint: one mark, whatever their number."""
    near = (candidates[["lon", "lat"]].astype(float) / raster_deg).round().drop_duplicates() * raster_deg
    if not len(near):
        return None
    points = near.round(2).to_numpy().tolist()
    return {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPoint", "coordinates": points}}


def outlines(simplify_deg: float = SIMPLIFY_DEG) -> dict[str, Any]:
    """State outlines as TopoJSON, object `states`, ids by FIPS; territories left out. Shared: copy before changing."""
    return _states(shipped("data") / STATES, simplify_deg)


@functools.cache
def _states(path: Path, simplify_deg: float) -> dict[str, Any]:
    """The states of a TopoJSON file, arcs simplified one by one so that neighbours still meet; rings that vanish go."""
    whole = json.loads(path.read_text(encoding="utf-8"))
    (kx, ky), (dx, dy) = whole["transform"]["scale"], whole["transform"]["translate"]
    old: dict[int, int] = {}
    arcs: list[list[list[float]]] = []

    def take(index: int) -> int:
        """Position of the arc in the thinned list; a negative index is an arc run backwards (~i)."""
        forward = index if index >= 0 else ~index
        if forward not in old:
            old[forward] = len(arcs)
            points, x, y = [], 0, 0
            for step_x, step_y in whole["arcs"][forward]:
                x, y = x + step_x, y + step_y
                points.append((x * kx + dx, y * ky + dy))
            line = LineString(points).simplify(simplify_deg) if len(points) > 2 else LineString(points)
            arcs.append([[round(px, ROUND_DEG), round(py, ROUND_DEG)] for px, py in line.coords])
        return old[forward] if index >= 0 else ~old[forward]

    shapes = []
    for shape in whole["objects"]["states"]["geometries"]:
        if str(shape["id"]) in OUTSIDE:
            continue
        polygons = [[[take(a) for a in ring] for ring in polygon] for polygon in _polygons(shape)]
        kept = [polygon for polygon in polygons if sum(len(_arc(arcs, a)) - 1 for a in polygon[0]) >= 4]
        shapes.append({"type": "MultiPolygon", "arcs": kept, "id": shape["id"], "properties": {}})
    return {
        "type": "Topology",
        "objects": {"states": {"type": "GeometryCollection", "geometries": shapes}},
        "arcs": arcs,
    }


def _polygons(shape: dict[str, Any]) -> Iterator[list[list[int]]]:
    yield from shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]


def _arc(arcs: list[list[list[float]]], index: int) -> list[list[float]]:
    return arcs[index if index >= 0 else ~index]
