"""The planner's own files: every trap of a spreadsheet, all faults at once, nothing guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely

from siting.errors import InputError
from siting.places import shipped
from siting.tables.planner_files import COLUMNS, read_candidates, read_layer, read_rtt_table

HEADER = "candidate,name,lat,lon,tenure,utility_mw,usd_per_mwh,energization\n"
ROW = "abilene,Abilene TX,32.45,-99.73,own,150,62,2025-Q2\n"


def write(folder: Path, text: str, name: str = "sites.csv", encoding: str = "utf-8") -> Path:
    """A file with that text."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def faults(path: Path) -> list[str]:
    """Every fault of a candidate file as text."""
    with pytest.raises(InputError) as caught:
        read_candidates(path)
    return [str(fault) for fault in caught.value.faults]


def test_a_good_file_is_read_as_it_stands(tmp_path: Path) -> None:
    """Columns in the stated order; an empty cell is NaN or "", a column that is absent too."""
    frame = read_candidates(write(tmp_path, HEADER + ROW + "hall,,32.78,-96.80,colocation,5,,\n"))
    assert tuple(frame.columns) == COLUMNS
    assert frame["utility_mw"].tolist() == [150.0, 5.0]
    assert frame["usd_per_mwh"].isna().tolist() == [False, True]
    assert frame["it_mw"].isna().all()
    assert frame["energization"].tolist() == ["2025-Q2", ""]


def test_the_shipped_example_is_read() -> None:
    """Three places, 12, 8 and 5 MW at the meter."""
    assert read_candidates(shipped("models") / "tiny-sites.csv")["utility_mw"].tolist() == [12, 8, 5]


def test_a_bom_is_stripped(tmp_path: Path) -> None:
    """Excel's UTF-8 starts with one; the first column is still `candidate`."""
    frame = read_candidates(write(tmp_path, "\ufeff" + HEADER + ROW))
    assert frame["candidate"].tolist() == ["abilene"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_by_name(tmp_path: Path, encoding: str) -> None:
    """With and without its BOM."""
    (fault,) = faults(write(tmp_path, HEADER + ROW, encoding=encoding))
    assert "UTF-16" in fault and "UTF-8" in fault


def test_latin_1_is_refused(tmp_path: Path) -> None:
    """A lone 0xFC is no UTF-8: a name silently garbled would be a duplicate unseen."""
    (fault,) = faults(write(tmp_path, HEADER + ROW.replace("Abilene TX", "Zürich"), encoding="latin-1"))
    assert "not UTF-8" in fault


def test_semicolons_with_proved_decimal_commas_are_read(tmp_path: Path) -> None:
    """`150,5` is 150.5, never 1505; in a file so proved `1,234` is 1.234."""
    text = "candidate;lat;lon;tenure;utility_mw;usd_per_mwh\na;32,45;-99,73;own;150,5;61,234\n"
    frame = read_candidates(write(tmp_path, text))
    assert frame[["lat", "lon", "utility_mw", "usd_per_mwh"]].iloc[0].tolist() == [32.45, -99.73, 150.5, 61.234]


def test_semicolons_with_decimal_points_are_read(tmp_path: Path) -> None:
    """The separator alone says nothing about the decimal mark."""
    frame = read_candidates(write(tmp_path, "candidate;lat;lon;tenure;utility_mw\na;32.45;-99.73;own;1.234\n"))
    assert frame["utility_mw"].tolist() == [1.234]


def test_a_point_in_a_decimal_comma_file_is_refused(tmp_path: Path) -> None:
    """`1.234` beside `32,45`: 1234 to its writer, 1.234 to a parser."""
    (fault,) = faults(write(tmp_path, "candidate;lat;lon;tenure;utility_mw\na;32,45;-99,73;own;1.234\n"))
    assert "row 2, utility_mw" in fault and "'1.234'" in fault and "decimal comma" in fault


def test_a_comma_that_could_be_thousands_is_refused(tmp_path: Path) -> None:
    """`1,234` beside `32.45` in a semicolon file; `1,234,567` and `1.234,5` anywhere."""
    head = "candidate;lat;lon;tenure;utility_mw\n"
    (fault,) = faults(write(tmp_path, head + "a;32.45;-99.73;own;1,234\n"))
    assert "row 2, utility_mw" in fault and "either" in fault
    for value in ("1,234,567", "1.234,5"):
        assert any(value in f for f in faults(write(tmp_path, head + f"a;32,45;-99,73;own;{value}\n")))


def test_a_quoted_decimal_comma_in_a_comma_file_is_refused(tmp_path: Path) -> None:
    """`"150,5"` must not become 1505."""
    (fault,) = faults(write(tmp_path, HEADER + ROW.replace(",150,", ',"150,5",')))
    assert "row 2, utility_mw" in fault and "150,5" in fault


def test_an_unquoted_decimal_comma_is_a_cell_too_many(tmp_path: Path) -> None:
    """Nine cells under eight columns, and the message names the likely cause."""
    (fault,) = faults(write(tmp_path, HEADER + ROW.replace(",150,", ",150,5,")))
    assert "row 2" in fault and "9 cells" in fault and "decimal comma" in fault


@pytest.mark.parametrize("word", ["NaN", "NA", "n/a", "-", "#N/A", "null", "None"])
def test_spelt_blanks_are_refused_with_row_and_column(tmp_path: Path, word: str) -> None:
    """In a number that may be blank, in one that may not, and in a text."""
    text = HEADER + ROW + f"b,B,{word},-99,own,100,{word},{word}\n"
    found = faults(write(tmp_path, text))
    assert [fault.split(": ")[1] for fault in found] == ["row 3, lat", "row 3, usd_per_mwh", "row 3, energization"]


@pytest.mark.parametrize("word", ["inf", "1e999", "12 MW", "1 234", "0x10", "12%"])
def test_what_is_no_number_is_refused(tmp_path: Path, word: str) -> None:
    """Infinity, units in cells, blanks as thousands separators."""
    (fault,) = faults(write(tmp_path, HEADER + ROW.replace(",150,", f",{word},")))
    assert "row 2, utility_mw" in fault


def test_bare_megawatts_are_refused(tmp_path: Path) -> None:
    """`mw` and `power_mw` do not say whether at the meter or at the racks."""
    for column in ("mw", "power_mw", "capacity_mw"):
        found = faults(write(tmp_path, HEADER.replace("utility_mw", column) + ROW))
        assert any(f"'{column}'" in fault and "utility_mw or it_mw" in fault for fault in found)


def test_a_misspelt_column_is_refused_with_the_nearest(tmp_path: Path) -> None:
    """`usd_per_mhw` would have dropped the planner's price in silence; a remark column is nobody's business."""
    (fault,) = faults(write(tmp_path, HEADER.replace("usd_per_mwh", "usd_per_mhw") + ROW))
    assert "usd_per_mwh?" in fault
    read_candidates(write(tmp_path, HEADER.replace("\n", ",remark\n") + ROW.replace("\n", ",nice\n")))


def test_a_column_given_twice_is_refused(tmp_path: Path) -> None:
    """Which of two prices counts?"""
    text = HEADER.replace("\n", ",Lat\n") + ROW.replace("\n", ",32\n")
    assert any("'lat'" in fault and "once" in fault for fault in faults(write(tmp_path, text)))


def test_exactly_one_kind_of_megawatts_a_row(tmp_path: Path) -> None:
    """Both, and neither."""
    text = "candidate,lat,lon,tenure,utility_mw,it_mw\na,32,-99,own,10,8\nb,33,-98,own,,\nc,34,-97,own,,8\n"
    found = faults(write(tmp_path, text))
    assert [fault.split(": ")[1] for fault in found] == ["row 2, utility_mw, it_mw", "row 3, utility_mw, it_mw"]


def test_swapped_places_and_lost_signs_are_said(tmp_path: Path) -> None:
    """The two commonest mistakes of a coordinate pair."""
    text = "candidate,lat,lon,tenure,it_mw\na,-99.73,32.45,own,8\nb,32.45,99.73,own,8\nc,,,own,8\n"
    found = faults(write(tmp_path, text))
    assert any("row 2" in fault and "swapped" in fault for fault in found)
    assert any("row 3" in fault and "west is negative" in fault for fault in found)
    assert any("row 4, lat, lon" in fault and "blank" in fault for fault in found)


def test_duplicates_after_strip_nfc_and_casefold(tmp_path: Path) -> None:
    """`Zürich` composed, decomposed and in capitals are one candidate."""
    rows = [f"{name},32,-9{i},own,8\n" for i, name in enumerate(["Z\u00fcrich", "Zu\u0308rich", " Z\u00dcRICH "])]
    found = faults(write(tmp_path, "candidate,lat,lon,tenure,it_mw\n" + "".join(rows)))
    assert [fault.split(": ")[1] for fault in found] == ["row 3, candidate", "row 4, candidate"]


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Negative power and price, tenure, state, energization, blank id: six faults of two rows, no more."""
    text = "candidate,lat,lon,state,tenure,utility_mw,usd_per_mwh,energization\n"
    text += ",32,-99,Texas,rent,-5,-1,soon\nb,33,-98,TX,own,10,,2025-05-01\n"
    found = faults(write(tmp_path, text))
    columns = {fault.split(": ")[1] for fault in found}
    assert columns == {
        "row 2, candidate", "row 2, tenure", "row 2, state", "row 2, utility_mw", "row 2, usd_per_mwh",
        "row 2, energization",
    }  # fmt: skip
    assert len(found) == 6


def test_a_quoted_line_break_keeps_the_row_numbers(tmp_path: Path) -> None:
    """A name over two lines: the next row's fault names the line an editor shows."""
    text = 'candidate,name,lat,lon,tenure,it_mw\na,"two\nlines",32,-99,own,8\nb,B,33,-98,own,-8\n'
    (fault,) = faults(write(tmp_path, text))
    assert "row 4, it_mw" in fault


def test_empty_and_missing_files_are_one_fault(tmp_path: Path) -> None:
    """No file, an empty one, a header alone, tabs."""
    assert "missing" in faults(tmp_path / "none.csv")[0]
    assert "empty" in faults(write(tmp_path, "\n"))[0]
    assert "at least one row" in faults(write(tmp_path, HEADER))[0]
    assert "tab" in faults(write(tmp_path, (HEADER + ROW).replace(",", "\t")))[0]


def collection(place: list[Any], properties: dict[str, Any], **more: Any) -> str:
    """GeoJSON of one point."""
    geometry = {"type": "Point", "coordinates": place}
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature], **more})


SITE = {"candidate": "a", "tenure": "own", "utility_mw": 150.5}


def test_geojson_is_wgs_84(tmp_path: Path) -> None:
    """RFC 7946: longitude first, no CRS needed."""
    frame = read_candidates(write(tmp_path, collection([-99.73, 32.45], SITE), "sites.geojson"))
    assert frame[["lat", "lon", "utility_mw"]].iloc[0].tolist() == [32.45, -99.73, 150.5]


def test_geojson_of_the_older_draft_is_reprojected_or_refused(tmp_path: Path) -> None:
    """EPSG:3857 is read as what it says; a CRS that nobody knows, or null, is refused and not taken for WGS 84."""
    web = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    path = write(tmp_path, collection([-11_100_000, 3_800_000], SITE, crs=web), "web.geojson")
    assert read_candidates(path)[["lat", "lon"]].iloc[0].tolist() == pytest.approx([32.279, -99.713], abs=1e-3)
    for crs in ({"type": "name", "properties": {"name": "our grid"}}, None):
        (fault,) = faults(write(tmp_path, collection([-99.73, 32.45], SITE, crs=crs), "odd.geojson"))
        assert "crs" in fault


def test_geojson_faults(tmp_path: Path) -> None:
    """NaN is no JSON number, a line no place, swapped coordinates no longitude, a second latitude a contradiction."""
    nan = collection([-99.73, 32.45], SITE).replace("150.5", "NaN")
    assert any("utility_mw" in fault for fault in faults(write(tmp_path, nan, "a.geojson")))
    assert any("swapped" in fault for fault in faults(write(tmp_path, collection([32.45, -99.73], SITE), "b.geojson")))
    both = collection([-99.73, 32.45], {**SITE, "lat": 33.0})
    assert any("row 1, lat" in fault for fault in faults(write(tmp_path, both, "c.geojson")))
    line = collection([[0, 0], [1, 1]], SITE).replace('"Point"', '"LineString"')
    assert any("a point" in fault for fault in faults(write(tmp_path, line, "d.geojson")))
    assert "JSON" in faults(write(tmp_path, "{", "e.geojson"))[0]


def frame_of(crs: str | None) -> geopandas.GeoDataFrame:
    """One candidate near Abilene, in that CRS."""
    point = geopandas.GeoSeries([shapely.Point(-99.73, 32.45)], crs="EPSG:4326")
    place = point.to_crs(crs) if crs else point.set_crs(None, allow_override=True)
    return geopandas.GeoDataFrame(SITE, index=[0], geometry=list(place), crs=crs)


def test_other_vector_files_need_their_crs(tmp_path: Path) -> None:
    """UTM 14 N is reprojected; a shapefile without .prj is refused, as candidates and as a layer."""
    frame_of("EPSG:32614").to_file(tmp_path / "utm.gpkg")
    frame = read_candidates(tmp_path / "utm.gpkg")
    assert frame[["lat", "lon"]].iloc[0].tolist() == pytest.approx([32.45, -99.73], abs=1e-9)
    frame_of("EPSG:4326").to_file(tmp_path / "bare.shp")
    (tmp_path / "bare.prj").unlink()
    assert "crs: found missing" in faults(tmp_path / "bare.shp")[0]
    with pytest.raises(InputError, match="crs: found missing"):
        read_layer(tmp_path / "bare.shp")


def test_a_layer_comes_in_wgs_84_valid_and_without_empty_shapes(tmp_path: Path) -> None:
    """A bow tie in Web Mercator is made valid; a row without geometry is dropped."""
    tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    geopandas.GeoDataFrame({"n": [1, 2]}, geometry=[tie, None], crs="EPSG:3857").to_file(tmp_path / "l.gpkg")
    layer = read_layer(tmp_path / "l.gpkg")
    assert layer.crs == "EPSG:4326"
    assert layer["n"].tolist() == [1]
    assert layer.geometry.is_valid.all()


def test_a_layer_that_is_none_is_refused(tmp_path: Path) -> None:
    """Missing, no vector file, no geometry at all."""
    with pytest.raises(InputError, match="missing"):
        read_layer(tmp_path / "none.gpkg")
    with pytest.raises(InputError, match="a vector file"):
        read_layer(write(tmp_path, "not a geopackage", "x.gpkg"))
    geopandas.GeoDataFrame({"n": [1]}, geometry=[None], crs="EPSG:4326").to_file(tmp_path / "e.gpkg")
    with pytest.raises(InputError, match="at least one geometry"):
        read_layer(tmp_path / "e.gpkg")


def test_rtt_table(tmp_path: Path) -> None:
    """Pairs with their ms, decimal commas when proved."""
    frame = read_rtt_table(write(tmp_path, "candidate;region;rtt_ms\na;Dallas TX;12,5\na;Chicago IL;20\n"))
    assert frame["rtt_ms"].tolist() == [12.5, 20.0]
    assert frame["rtt_ms"].dtype == np.float64


def test_rtt_faults_all_at_once(tmp_path: Path) -> None:
    """A repeated pair (whatever its case), 0 ms, a blank, a spelt blank: four faults."""
    text = "candidate,region,rtt_ms\na,Dallas TX,12\nA,dallas tx ,13\nb,Dallas TX,0\nc,Dallas TX,\nd,Dallas TX,NA\n"
    with pytest.raises(InputError) as caught:
        read_rtt_table(write(tmp_path, text))
    keys = [fault.key for fault in caught.value.faults]
    assert sorted(keys) == ["row 3, candidate, region", "row 4, rtt_ms", "row 5, rtt_ms", "row 6, rtt_ms"]
    with pytest.raises(InputError, match="no rtt_ms"):
        read_rtt_table(write(tmp_path, "candidate,region,ms\na,b,1\n"))
