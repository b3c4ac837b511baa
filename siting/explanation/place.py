"""Which candidate a planner means: an id, a name, a point, or a county."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.assembly import Assembled
from siting.assembly.campus import is_annex
from siting.assembly.places import NO_GRID, hosting_mw
from siting.errors import Fault, InputError
from siting.geo.distance import geodesic_km
from siting.geo.places import STATE_OF_FIPS, county_names, locate
from siting.study import Study
from siting.tables.checks import same_id
from siting.tables.read import Tables

FILTERED = "candidates.grid"
"""`excluded_by` of a substation that the filters of the study leave out."""
_POINT = re.compile(r"^\s*([-+]?\d+(?:\.\d+)?)\s*,\s*([-+]?\d+(?:\.\d+)?)\s*$")
_COUNTY = re.compile(r"^\s*(.+?)\s*,\s*([A-Za-z]{2})\s*$")
_KIND = re.compile(r"\s+(county|parish|borough|census area|municipality|city)$", re.IGNORECASE)
FIRST_CITY = 510
"""County codes from here on are independent cities (FIPS 6-4)."""
COLUMNS = ["candidate", "name", "lat", "lon", "state", "county_fips", "utility_mw", "excluded_by"]


@dataclass(frozen=True, kw_only=True)
class Spot:
    """What was asked for, and the candidate that stands for it."""

    asked: str
    candidate: str | None
    """Id, of a substation that was left out too; None where no place of the study is near or in it."""
    name: str = ""
    km: float | None = None
    """From the point asked for to the candidate."""
    outside: str = ""
    """Why the point is no place of the study; "" where it may be one."""
    county: str = ""
    """Name of the county asked for."""
    there: int = 0
    """Candidates and substations left out that are in the county."""
    usable: int = 0
    """Of these, candidates that can be used."""


def all_places(study: Study, tables: Tables, a: Assembled) -> pd.DataFrame:
    """Every candidate read, and every substation that the study's filters leave out (excluded_by: FILTERED)."""
    read = a.candidates[~is_annex(a.candidates)].rename(columns={"final_utility_mw": "utility_mw"})[COLUMNS]
    if study.candidates.grid is None or not study.money.own:
        return read.reset_index(drop=True)
    subs = tables.stations
    left_out = pd.DataFrame(
        {
            "candidate": ("bus-" if study.grid.own else "sub-") + subs["sub_id"].astype(int).astype(str),
            **{column: subs[column].astype(str) for column in ("name", "state", "county_fips")},
            **{column: subs[column].astype(float) for column in ("lat", "lon")},
            "utility_mw": hosting_mw(study, tables),
            "excluded_by": FILTERED,
        }
    )
    left_out = left_out[~left_out["candidate"].isin(read["candidate"])]
    return pd.concat([read, left_out[COLUMNS]], ignore_index=True)


def find_place(asked: str, study: Study, tables: Tables, a: Assembled, rank_musd: pd.Series) -> Spot:
    """The candidate meant. rank_musd: by candidate that can be used, what orders those of a county, least first; where
    none can be used, the one with most MW stands for the county. Raises InputError where nothing has such a name, or
    several have it."""
    places = all_places(study, tables, a)
    if (named := _named(asked, places)) is not None:
        return Spot(asked=asked, candidate=str(named["candidate"]), name=str(named["name"]))
    if point := _POINT.match(asked):
        return _nearest(asked, float(point[1]), float(point[2]), tables, places)
    counties = county_names(tables.data_dir)
    found = counties[counties["county_fips"] == asked.strip()]
    if found.empty and (match := _COUNTY.match(asked)):
        folded = counties["county"].map(_plain_county)
        found = counties[(folded == _plain_county(match[1])) & (counties["state"] == match[2].upper())]
        found = _county_or_city(asked, match[1], found)
    if len(found):
        return _in_county(asked, found, places, rank_musd)
    raise InputError([_unknown(asked, places, counties)])


def _county_or_city(asked: str, name: str, found: pd.DataFrame) -> pd.DataFrame:
    """The one that is meant, where a county and an independent city have one name (Baltimore, Fairfax, St. Louis)."""
    if len(found) < 2:
        return found
    city = found["county_fips"].str[2:].astype(int) >= FIRST_CITY
    if kind := _KIND.search(name):
        return found[city == (kind[1].lower() == "city")]
    codes = " or ".join(found["county_fips"])
    expected = f"{name} County or {name} city, or the FIPS code {codes}"
    raise InputError([Fault(file="the question", key="place", value=repr(asked), expected=expected)])


def _plain_county(name: str) -> str:
    """Without the word for its kind, as names are compared."""
    return same_id(_KIND.sub("", name))


def _named(asked: str, places: pd.DataFrame) -> pd.Series | None:
    wanted = same_id(asked)
    by_id = places[places["candidate"].map(same_id) == wanted]
    found = by_id if len(by_id) else places[places["name"].map(same_id) == wanted]
    if len(found) > 1:
        ids = ", ".join(f"{row.candidate} ({row.state})" for row in found.head(8).itertuples())
        expected = f"the id of one of the {len(found):,} places of that name: {ids}"
        raise InputError([Fault(file="the question", key="place", value=repr(asked), expected=expected)])
    return None if found.empty else found.iloc[0]


def _nearest(asked: str, lat: float, lon: float, tables: Tables, places: pd.DataFrame) -> Spot:
    if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):
        swapped = abs(lon) <= 90.0 and abs(lat) <= 180.0
        hint = f"; did you mean {lon:g},{lat:g}?" if swapped else ""
        expected = f"latitude and longitude in degrees, such as 32.45,-99.73{hint}"
        raise InputError([Fault(file="the question", key="place", value=repr(asked), expected=expected)])
    where = locate([lat], [lon], tables.data_dir).iloc[0]
    outside = ""
    if pd.isna(where["state"]):
        outside = f"it lies {where['km_outside_us']:,.0f} km outside the United States"
        turned = locate([lon], [lat], tables.data_dir).iloc[0]["state"] if abs(lon) <= 90.0 else None
        if not pd.isna(turned):
            outside += f" ({lon:g},{lat:g} lies in {turned}: latitude comes first)"
    elif where["state"] in NO_GRID:
        outside = f"it lies in {where['state']}, outside the three interconnections"
    if places.empty:
        return Spot(asked=asked, candidate=None, outside=outside)
    km = geodesic_km([lat], [lon], places["lat"].to_numpy(float), places["lon"].to_numpy(float))[0]
    best = places.iloc[int(km.argmin())]
    return Spot(
        asked=asked, candidate=str(best["candidate"]), name=str(best["name"]), km=float(km.min()), outside=outside
    )


def _in_county(asked: str, found: pd.DataFrame, places: pd.DataFrame, rank_musd: pd.Series) -> Spot:
    here = places[places["county_fips"].isin(found["county_fips"])]
    county = f"{found['county'].iloc[0]}, {found['state'].iloc[0]}"
    usable = here[here["excluded_by"] == ""]
    if here.empty:
        return Spot(asked=asked, candidate=None, county=county)
    cost = usable["candidate"].map(rank_musd).fillna(np.inf)
    best = usable.loc[cost.idxmin()] if len(usable) else here.loc[here["utility_mw"].fillna(0.0).idxmax()]
    return Spot(
        asked=asked,
        candidate=str(best["candidate"]),
        name=str(best["name"]),
        county=county,
        there=len(here),
        usable=len(usable),
    )


def _unknown(asked: str, places: pd.DataFrame, counties: pd.DataFrame) -> Fault:
    match = _COUNTY.match(asked)
    if match and match[2].upper() in STATE_OF_FIPS.values():
        known = counties.loc[counties["state"] == match[2].upper(), "county"].tolist()
        near = difflib.get_close_matches(match[1].title(), known, n=1)
    else:
        names = [*places["candidate"].tolist(), *places["name"].unique().tolist()]
        near = difflib.get_close_matches(asked, names, n=1)
    hint = f"; the nearest is {near[0]!r}" if near else ""
    same = counties[counties["county"].map(_plain_county) == _plain_county(asked)]
    if len(same):
        hint += f"; a county of that name is in {', '.join(sorted(set(same['state'])))}: say which"
    expected = f"the id or the name of a candidate, a point such as 32.45,-99.73, or a county such as Taylor, TX{hint}"
    return Fault(file="the question", key="place", value=repr(asked), expected=expected)
