"""Each site's own figures again, from the study and the tables: MW, dates, PUE, prices, taxes. One place at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from siting.geo.cooling import pue
from siting.geo.distance import geodesic_km
from siting.geo.places import locate
from siting.study import Study
from siting.study.cooling import HallClass
from siting.tables import catalog
from siting.tables.planner_files import ramp_steps, read_candidates, read_layer
from siting.tables.read import Tables
from siting.units import parse_quarter


@dataclass(frozen=True, kw_only=True)
class Place:
    """A candidate as the second reading sees it."""

    name: str
    lat: float
    lon: float
    state: str
    county_fips: str
    interconnect: str
    existing_it_mw: float
    """Critical IT MW of halls that stand when the study starts."""
    bus_id: int | None
    """Bus of a substation candidate or the one the planner gave; None: not known here."""
    tenure: str
    final_utility_mw: float
    pue_mean: float
    pue_peak: float
    power_from: int
    """Quarter number in which grid power flows; 0 where it did before the study."""
    flowed_before: int
    """Quarters for which it has flowed when the study starts."""
    ramp: tuple[tuple[int, float], ...]
    """The planner's own steps for this place (quarters after energization, MW at the meter); empty: the study's."""
    usd_per_mwh: float
    musd_per_it_mw: float
    """Own halls, or the refit or fit-out of a building that stands."""
    rent_usd_per_kw_month: float
    property_tax: float
    layer_musd: float
    allowed: bool
    """False when a filter, a layer or a switch rules the place out."""
    cooling: str
    """Class of its halls."""
    campus: str = ""
    """Id of the campus, for halls of a second cooling class on it."""


class Places:
    """Looks candidates up by id, each computed once."""

    def __init__(self, study: Study, tables: Tables) -> None:
        self._study, self._tables = study, tables
        self._known: dict[str, Place | None] = {}
        self._file: pd.DataFrame | None = None
        if study.candidates.file is not None:
            self._file = read_candidates(study.folder / study.candidates.file.path).set_index("candidate")

    def get(self, candidate: str) -> Place | None:
        """The place, or None when no such candidate exists in the study."""
        if candidate not in self._known:
            place = self._look_up(candidate)
            for entry in self._study.rules.existing:
                if place is not None and entry.candidate == candidate:
                    place = replace(place, existing_it_mw=entry.it_mw)
            self._known[candidate] = place
        return self._known[candidate]

    def _look_up(self, candidate: str) -> Place | None:
        for other in self._study.halls.classes:
            if candidate.endswith(f"/{other.cooling}"):
                return self._other_halls(candidate.removesuffix(f"/{other.cooling}"), other)
        if self._file is not None and candidate in self._file.index:
            return self._from_file(candidate, self._file.loc[candidate])
        prefix = "bus-" if self._study.grid.own else "sub-"
        if candidate.startswith(prefix) and self._study.candidates.grid is not None:
            subs = self._tables.stations
            found = subs[subs["sub_id"].astype(int).astype(str) == candidate.removeprefix(prefix)]
            return self._from_grid(found.iloc[0]) if len(found) else None
        if candidate.startswith("colo-") and self._study.candidates.colocation is not None:
            return self._from_market(candidate.removeprefix("colo-"))
        return None

    def _other_halls(self, campus: str, other: HallClass) -> Place | None:
        """Halls of the second class on a campus that is built: its place with another PUE and another cost."""
        place = self.get(campus)
        if place is None or place.tenure == "colocation":
            return None
        mean, peak = self._pue(place.county_fips, other.cooling)
        return replace(
            place,
            name=f"{place.name}, {other.holds} halls",
            pue_mean=mean,
            pue_peak=peak,
            musd_per_it_mw=other.cost_musd_per_it_mw,
            layer_musd=0.0,
            existing_it_mw=0.0,
            cooling=other.cooling,
            campus=campus,
        )

    def _from_grid(self, row: pd.Series) -> Place:
        wish = self._study.candidates
        assert wish.grid is not None
        hosting = float(row["hosting_n1_utility_mw"] if wish.hosting == "n1" else row["hosting_n0_utility_mw"])
        taken = wish.committed_utility_mw_by_substation.get(str(int(row["sub_id"])), 0.0)
        taken += wish.committed_utility_mw_by_county.get(str(row["county_fips"]), 0.0)
        left = max(0.0, hosting - taken)
        inside = not wish.grid.boxes or any(
            box.south <= row["lat"] <= box.north and box.west <= row["lon"] <= box.east for box in wish.grid.boxes
        )
        allowed = (
            self._study.money.own
            and inside
            and min(left, wish.largest_campus_utility_mw) >= wish.grid.min_utility_mw
            and (not wish.grid.states or row["state"] in wish.grid.states)
            and row["state"] not in wish.grid.exclude_states
            and (not wish.grid.interconnects or row["interconnect"] in wish.grid.interconnects)
        )
        return self._place(
            name=str(row["name"]),
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            state=str(row["state"]),
            county_fips=str(row["county_fips"]),
            interconnect=str(row["interconnect"]),
            tenure="own",
            bus_id=int(row["bus_id"]) if pd.notna(row["bus_id"]) else None,
            utility_mw=left,
            allowed=allowed,
        )

    def _from_file(self, candidate: str, row: pd.Series) -> Place:
        where = locate(np.array([row["lat"]], float), np.array([row["lon"]], float), self._tables.data_dir).iloc[0]
        stated = str(row["state"]).strip()
        rent = float(row["rent_usd_per_kw_month"])
        tenure = str(row["tenure"])
        if np.isnan(rent) and tenure == "colocation":
            rent = self._market(str(row["market"]), by="market")[1]
        if np.isnan(rent) and tenure == "powered_shell":
            rent = self._shell_rent()
        power = str(row["energization"]).strip()
        return self._place(
            name=str(row["name"]) or candidate,
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            state=stated if stated not in ("", "nan") else str(where["state"]),
            county_fips=str(where["county_fips"]),
            interconnect=self._nearest_interconnect(float(row["lat"]), float(row["lon"])),
            tenure=tenure,
            bus_id=int(row["bus_id"]) if pd.notna(row["bus_id"]) else None,
            utility_mw=float(row["utility_mw"]),
            it_mw=float(row["it_mw"]),
            own_usd_per_mwh=float(row["usd_per_mwh"]),
            own_power=parse_quarter(power) if power not in ("", "nan") else None,
            rent=rent,
            ramp=tuple(ramp_steps(str(row["ramp"]))),
            allowed={
                "own": self._study.money.own,
                "retrofit": self._study.money.retrofit,
                "powered_shell": self._study.money.powered_shell,
                "colocation": self._study.money.colocation,
            }[tenure],
        )

    def _shell_rent(self) -> float:
        """USD per kW and month of a bare shell: what the study states, or a twelfth of the owner's yearly return."""
        terms = self._study.powered_shell
        if terms.rent_usd_per_kw_month is not None:
            return terms.rent_usd_per_kw_month
        musd_a_year = (terms.shell_cost_musd_per_it_mw or np.nan) * (terms.yield_share_per_year or 0.0)
        return musd_a_year * 1000.0 / 12.0

    def _from_market(self, slug: str) -> Place | None:
        choice = self._study.candidates.colocation
        assert choice is not None
        row, rent = self._market(slug, by="slug")
        if row is None:
            return None
        where = locate(np.array([row["lat"]], float), np.array([row["lon"]], float), self._tables.data_dir).iloc[0]
        return self._place(
            name=str(row["market"]),
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            state=str(where["state"]),
            county_fips=str(where["county_fips"]),
            interconnect="",
            tenure="colocation",
            it_mw=choice.available_it_mw,
            own_power=choice.ready,
            rent=rent,
            allowed=self._study.money.colocation and (not choice.markets or row["market"] in choice.markets),
        )

    def _market(self, wanted: str, by: str) -> tuple[pd.Series | None, float]:
        """The wholesale row of the largest size in a market, and its rent at the study's level."""
        rents = catalog.colocation_rents_on(self._tables, self._study.price_day)
        rents = rents[(rents["tenure"] == "wholesale") & rents["lat"].notna()]
        slug = rents["market"].map(lambda market: re.sub(r"[^a-z0-9]+", "-", str(market).lower()).strip("-"))
        rows = rents[rents["market"] == wanted] if by == "market" else rents[slug == wanted]
        if not len(rows):
            return None, np.nan
        row = rows.loc[rows["size_high_mw"].fillna(-1.0).sort_values(kind="stable").index[-1]]
        low, high = float(row["usd_per_kw_month_low"]), float(row["usd_per_kw_month_high"])
        return row, {"low": low, "mid": 0.5 * (low + high), "high": high}[self._study.colocation.rent_level]

    def _nearest_interconnect(self, lat: float, lon: float) -> str:
        subs = self._tables.grid_substations
        x = (subs["lon"].to_numpy(float) - lon) * np.cos(np.radians(lat))
        y = subs["lat"].to_numpy(float) - lat
        return str(subs["interconnect"].iloc[int(np.argmin(x * x + y * y))])

    def _place(
        self,
        *,
        name: str,
        lat: float,
        lon: float,
        state: str,
        county_fips: str,
        interconnect: str,
        tenure: str,
        allowed: bool,
        bus_id: int | None = None,
        utility_mw: float = np.nan,
        it_mw: float = np.nan,
        own_usd_per_mwh: float = np.nan,
        own_power: int | None = None,
        rent: float = np.nan,
        ramp: tuple[tuple[int, float], ...] = (),
    ) -> Place:
        study = self._study
        mean, peak = self._pue(county_fips, study.halls.cooling)
        stated = utility_mw if not np.isnan(utility_mw) else it_mw * peak
        layer_musd, clear = self._layers(lat, lon)
        price = own_usd_per_mwh if not np.isnan(own_usd_per_mwh) else self._usd_per_mwh(state)
        power = own_power if own_power is not None else study.start + self._wait(state, interconnect)
        return Place(
            name=name,
            lat=lat,
            lon=lon,
            state=state,
            county_fips=county_fips,
            interconnect=interconnect,
            existing_it_mw=0.0,
            bus_id=bus_id,
            tenure=tenure,
            final_utility_mw=min(stated, study.candidates.largest_campus_utility_mw),
            pue_mean=mean,
            pue_peak=peak,
            power_from=max(power, study.start) - study.start,
            flowed_before=max(study.start - power, 0),
            ramp=ramp,
            usd_per_mwh=price + study.power.price_adder_usd_per_mwh,
            musd_per_it_mw=self._halls_musd(tenure, lat, lon),
            rent_usd_per_kw_month=rent,
            property_tax=self._property_tax(state, county_fips),
            layer_musd=layer_musd,
            allowed=allowed and clear,
            cooling=study.halls.cooling,
        )

    def _usd_per_mwh(self, state: str) -> float:
        power = self._study.power
        if power.price_column == "energy_only":
            return np.nan if power.usd_per_mwh is None else power.usd_per_mwh
        row = catalog.power_price_usd_per_mwh(self._tables, [state], self._study.price_day, power.price_column)
        return float(row["usd_per_mwh"].iloc[0])

    def _pue(self, county_fips: str, cooling: str) -> tuple[float, float]:
        climate = self._tables.county_temperature
        here = climate[climate["county_fips"] == county_fips]
        if not len(here):
            return np.nan, np.nan
        months = here[[c for c in here.columns if re.fullmatch(r"t\d\d_c", c)]].to_numpy(float)
        classes = self._tables.pue_classes
        mean, peak = pue(months, classes[classes["cooling"] == cooling].iloc[0])
        return float(mean[0]), float(peak[0])

    def _wait(self, state: str, interconnect: str) -> int:
        for row in self._study.power.time_to_power:
            if not row.where or state in row.where or interconnect in row.where:
                return int(getattr(row, f"{self._study.power.case}_quarters"))
        raise ValueError(f"no time_to_power row for {state} ({interconnect})")

    def _halls_musd(self, tenure: str, lat: float, lon: float) -> float:
        stated = {
            "retrofit": self._study.retrofit.cost_musd_per_it_mw,
            "powered_shell": self._study.powered_shell.fitout_musd_per_it_mw,
        }
        if tenure not in stated:
            return self._construction(lat, lon)
        musd = stated[tenure]
        return np.nan if musd is None else musd

    def _construction(self, lat: float, lon: float) -> float:
        halls = self._study.halls
        if halls.cost_musd_per_it_mw is not None:
            return halls.cost_musd_per_it_mw
        best = ("US", np.inf)
        for row in self._tables.construction.itertuples():
            if row.market != "US" and not pd.isna(row.lat):
                km = float(geodesic_km([lat], [lon], [row.lat], [row.lon])[0, 0])
                value = catalog.construction_musd_per_it_mw(self._tables, row.market, halls.cost_level).value
                if km <= halls.market_radius_km and km < best[1] and not np.isnan(value):
                    best = (str(row.market), km)
        return float(catalog.construction_musd_per_it_mw(self._tables, best[0], halls.cost_level).value)

    def _property_tax(self, state: str, county_fips: str) -> float:
        pct = float(catalog.property_tax_pct(self._tables, [state], [county_fips])["pct"].iloc[0])
        if not np.isnan(pct):
            return pct / 100.0
        fallback = self._study.taxes.property_tax_where_blank
        return np.nan if fallback is None else fallback

    def _layers(self, lat: float, lon: float) -> tuple[float, bool]:
        """Cost added by layers, and whether none of them rules the place out."""
        added, clear = 0.0, True
        for layer in self._study.layers:
            km = _distance_km(read_layer(self._study.folder / layer.path), lat, lon)
            near = km <= layer.within_km
            if layer.rule == "add_cost":
                added += (layer.cost_musd or 0.0) if near else 0.0
            else:
                clear &= near if layer.rule == "require" else not near
        return added, clear

    def sales_tax(self, state: str, on: Any) -> float:
        """Share of the price due as sales tax on a delivery day."""
        row = catalog.state_tax(self._tables, [state], on).iloc[0]
        if row["exemption"] == "yes" and self._study.taxes.sales_tax_exemption_claimed:
            return 0.0
        return float(row["sales_tax_pct"]) / 100.0


def _distance_km(layer: Any, lat: float, lon: float) -> float:
    import geopandas as gpd
    from shapely import Point

    flat = layer.to_crs("EPSG:5070")
    point = gpd.GeoSeries([Point(lon, lat)], crs="EPSG:4326").to_crs("EPSG:5070").iloc[0]
    return float(flat.distance(point).min()) / 1000.0
