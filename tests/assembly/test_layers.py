"""Vector files in any CRS: what excludes, what is required, what adds a cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from small_studies import small_study

from siting.assembly import assemble
from siting.assembly.candidates import candidate_frame
from siting.errors import InputError
from siting.tables.read import Tables


def write(folder: Path, *points: tuple[float, float], crs: str = "EPSG:5070", name: str = "layer.gpkg") -> str:
    """Points (lon, lat) in a file of another CRS; its name."""
    shapes = geopandas.GeoSeries([shapely.Point(p) for p in points], crs="EPSG:4326").to_crs(crs)
    geopandas.GeoDataFrame(geometry=shapes).to_file(folder / name)
    return name


def layered(folder: Path, tables: Tables, *layers: dict[str, Any]) -> dict[str, tuple[str, float]]:
    """Reason of exclusion and added cost of each candidate."""
    frame = candidate_frame(small_study(folder, layers=list(layers)), tables).set_index("candidate")
    return {str(name): (row["excluded_by"], row["layer_musd"]) for name, row in frame.iterrows()}


DALLAS_EAST = (-96.693, 32.78)
"""10.0 km east of the Dallas candidate (0.107 degrees x 111.32 km x cos 32.78)."""


@pytest.mark.parametrize(
    ("crs", "name"),
    [("EPSG:5070", "a.gpkg"), ("EPSG:3857", "b.gpkg"), ("EPSG:3857", "c.geojson"), ("EPSG:4269", "d.shp")],
)
def test_near_ones_are_excluded(tmp_path: Path, tables: Tables, crs: str, name: str) -> None:
    """Within 12 km of a point 10 km off: Dallas goes, the others stay; the rule and the file are named."""
    path = write(tmp_path, DALLAS_EAST, crs=crs, name=name)
    found = layered(tmp_path, tables, {"path": path, "rule": "exclude", "within_km": "12 km"})
    assert found == {"abilene": ("", 0.0), "dallas": (f"layers[0] exclude {name}", 0.0), "chicago": ("", 0.0)}


def test_a_distance_is_in_kilometres(tmp_path: Path, tables: Tables) -> None:
    """Within 9.5 km of that point there is nobody, although EPSG:3857 stretches by 1 / cos 32.78 = 1.19."""
    path = write(tmp_path, DALLAS_EAST, crs="EPSG:3857")
    found = layered(tmp_path, tables, {"path": path, "rule": "exclude", "within_km": "9.5 km"})
    assert [why for why, _ in found.values()] == ["", "", ""]


def test_nearness_is_required(tmp_path: Path, tables: Tables) -> None:
    """Within 12 km of a pipeline at Dallas or Chicago: Abilene goes."""
    path = write(tmp_path, DALLAS_EAST, (-87.63, 41.9), crs="EPSG:3857")
    found = layered(tmp_path, tables, {"path": path, "rule": "require", "within_km": "12 km"})
    assert {name: why for name, (why, _) in found.items() if why} == {"abilene": "layers[0] require layer.gpkg"}


def test_within_nothing_means_inside(tmp_path: Path, tables: Tables) -> None:
    """0 km of a polygon round Dallas: inside it, whatever its size."""
    box = geopandas.GeoSeries([shapely.box(-97, 32, -96, 33)], crs="EPSG:4326").to_crs("EPSG:5070")
    geopandas.GeoDataFrame(geometry=box).to_file(tmp_path / "box.gpkg")
    found = layered(tmp_path, tables, {"path": "box.gpkg", "rule": "exclude"})
    assert [name for name, (why, _) in found.items() if why] == ["dallas"]


def test_costs_add_up_over_layers(tmp_path: Path, tables: Tables) -> None:
    """Two layers of 3 and 4 musd at Dallas; a layer is counted once however many of its features are near."""
    here = write(tmp_path, DALLAS_EAST, DALLAS_EAST)
    layer = {"path": here, "rule": "add_cost", "within_km": "12 km"}
    found = layered(tmp_path, tables, {**layer, "cost_musd": "3 MUSD"}, {**layer, "cost_musd": "4 MUSD"})
    assert [musd for _, musd in found.values()] == [0.0, 7.0, 0.0]


def test_an_added_cost_is_paid_at_opening(tmp_path: Path, tables: Tables) -> None:
    """5 musd more in cash in every quarter in which Dallas may open, nothing at Chicago."""
    path = write(tmp_path, DALLAS_EAST)
    layer = {"path": path, "rule": "add_cost", "within_km": "12 km", "cost_musd": "5 MUSD"}
    plain = assemble(small_study(tmp_path), tables).problem.opening_cash_musd
    added = assemble(small_study(tmp_path, layers=[layer]), tables).problem.opening_cash_musd
    assert (added - plain)[1, 5:] == pytest.approx([5.0] * 7)
    assert (added == plain)[[0, 2]].all()


def test_the_first_reason_stands(tmp_path: Path, tables: Tables) -> None:
    """Excluded by the first layer, a second says nothing more."""
    path = write(tmp_path, DALLAS_EAST)
    layer = {"path": path, "rule": "exclude", "within_km": "12 km"}
    found = layered(tmp_path, tables, layer, layer)
    assert found["dallas"][0] == "layers[0] exclude layer.gpkg"


def test_layers_that_leave_nobody_are_refused(tmp_path: Path, tables: Tables) -> None:
    """Required to be near a point in Maine."""
    path = write(tmp_path, (-69.0, 45.0))
    with pytest.raises(InputError, match="layers"):
        layered(tmp_path, tables, {"path": path, "rule": "require", "within_km": "50 km"})


@pytest.mark.parametrize("stated", [True, False])
def test_a_file_without_a_crs_is_refused(tmp_path: Path, tables: Tables, stated: bool) -> None:
    """The same shapefile with and without its .prj: metres or degrees nobody knows."""
    path = write(tmp_path, DALLAS_EAST, name="layer.shp")
    layer = {"path": path, "rule": "exclude", "within_km": "12 km"}
    if stated:
        assert layered(tmp_path, tables, layer)["dallas"][0]
        return
    (tmp_path / "layer.prj").unlink()
    with pytest.raises(InputError, match="crs"):
        layered(tmp_path, tables, layer)


def test_a_missing_file_is_named(tmp_path: Path, tables: Tables) -> None:
    """With the path at which it was looked for."""
    with pytest.raises(InputError, match=r"nowhere\.gpkg"):
        layered(tmp_path, tables, {"path": "nowhere.gpkg", "rule": "exclude"})
