"""Grid tables from the synthetic US system in `powersimdata`, and places from the polygons in `us-atlas`.

What is known to be wrong in the source, and what is done about it (figures measured on version 0.5.5):

- `rateA` = 0 on 22,052 branches means unlimited: kept in B, never monitored. `rateB`, `rateC` are 0 everywhere.
- `baseKV` = 1 marks 2,400 star points of three-winding transformers (1,558 negative reactances): no load is put there.
- `status` = 0 on 2,944 units (158.6 GW): they do not run and have nothing to spare.
- Pg > Pmax on 2,632 units: spare is clipped at 0.
- `dcline.Pf` is not the operating point. The ties are read off the recorded flows instead: where generation less load
  less the flows that leave is out by more than 1 MW (18 buses), that is the tie's injection.
- the zone's state is wrong for some substations: state and county are taken by polygon.
- some substations lie at sea: more than 2 km outside the nation they are dropped, nearer they get the nearest county.
- voltage classes are not where the real ones are: no column carries them; they only choose the bus of a substation.
"""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely

from siting.geo.places import COUNTIES, locate
from siting.grid.hosting import Hosting, hosting, outage_pairs
from siting.grid.network import BRANCHES, BUSES, SUBSTATIONS, FloatArray, Network
from siting.grid.powerflow import flows_mw

GRID = "powersimdata-0.5.5-py3-none-any.whl"
ATLAS = "us-atlas-3.0.1.tgz"
TIE_MW = 1.0
"""Imbalance at a bus above this is a tie; the rest is rounding of the recorded flows."""
STAR_POINT_KV = 1.0
OUTSIDE_KM = 2.0


@dataclass(frozen=True)
class Source:
    """The package's tables, as they are."""

    bus: pd.DataFrame
    branch: pd.DataFrame
    plant: pd.DataFrame
    sub: pd.DataFrame
    bus2sub: pd.DataFrame


def rebuild_grid(packages: Path, out: Path, *, n1: bool = True) -> None:
    """Write the three grid tables and the county polygons into `out`. Raises FileNotFoundError, InputError."""
    nation = write_counties(packages / ATLAS, out)
    source = read_source(packages / GRID)
    buses = bus_table(source)
    branches = branch_table(source, buses)
    substations = place(substation_table(source, buses), nation, out)
    network = as_network(buses, branches)
    for name in network.island_names:
        print(f"hosting capacity of {name} ...", flush=True)
        fill_hosting(substations, network.part(name), name, n1=n1)
    write(buses, out / BUSES)
    write(branches, out / BRANCHES)
    write(substations, out / SUBSTATIONS)


def read_source(wheel: Path) -> Source:
    """Tables of the wheel, unpacked in memory."""
    with zipfile.ZipFile(wheel) as archive:
        return Source(
            *(
                pd.read_csv(io.BytesIO(archive.read(f"powersimdata/network/usa_tamu/data/{name}.csv")))
                for name in ("bus", "branch", "plant", "sub", "bus2sub")
            )
        )


def write_counties(package: Path, out: Path) -> shapely.Geometry:
    """Copy the county polygons into `out`, byte for byte; return the nation's polygon in EPSG:5070."""
    with tarfile.open(package) as archive, tempfile.TemporaryDirectory() as folder:
        for name, target in (
            ("counties-10m.json", out / COUNTIES),
            ("nation-10m.json", Path(folder) / "nation.topo.json"),
        ):
            member = archive.extractfile(f"package/{name}")
            if member is None:
                raise FileNotFoundError(f"{package} holds no {name}")
            with target.open("wb") as file:
                shutil.copyfileobj(member, file)
        nation = geopandas.read_file(Path(folder) / "nation.topo.json").set_crs("EPSG:4326", allow_override=True)
    return nation.geometry.make_valid().to_crs("EPSG:5070").union_all()


def tie_injection_mw(source: Source) -> FloatArray:
    """MW that DC ties bring to each bus (row of `source.bus`), from the recorded operating point."""
    position = pd.Index(source.bus["bus_id"])
    n, branch = len(position), source.branch
    leaving = np.bincount(position.get_indexer(branch["from_bus_id"]), branch["Pf"], n)
    leaving += np.bincount(position.get_indexer(branch["to_bus_id"]), branch["Pt"], n)
    missing = leaving - (_by_bus(source, source.plant["Pg"]) - source.bus["Pd"].to_numpy())
    return np.where(np.abs(missing) > TIE_MW, missing, 0.0)


def bus_table(source: Source) -> pd.DataFrame:
    """Buses with the balanced lossless injection: running generation scaled to load less ties, by interconnect."""
    bus, tie = source.bus, tie_injection_mw(source)
    generation, load = _by_bus(source, source.plant["Pg"]), bus["Pd"].to_numpy(dtype=np.float64)
    injection = np.zeros(len(bus))
    for name in bus["interconnect"].unique():
        here = (bus["interconnect"] == name).to_numpy()
        scale = (load[here].sum() - tie[here].sum()) / generation[here].sum()
        injection[here] = scale * generation[here] - load[here] + tie[here]
    spare = _by_bus(source, (source.plant["Pmax"] - source.plant["Pg"]).clip(lower=0.0))
    substation = source.bus2sub.set_index("bus_id")["sub_id"]
    return pd.DataFrame(
        {
            "bus_id": bus["bus_id"].astype("int32"),
            "sub_id": bus["bus_id"].map(substation).astype("int32"),
            "interconnect": bus["interconnect"].astype("str"),
            "inj_mw": injection,
            "spare_gen_mw": spare.astype("float32"),
            "is_star_point": (bus["baseKV"] == STAR_POINT_KV).to_numpy(),
        }
    )


def branch_table(source: Source, buses: pd.DataFrame) -> pd.DataFrame:
    """Branches with the tap folded into x, the base flow of the lossless DC power flow, and what is monitored."""
    branch = source.branch
    tap = branch["ratio"].where(branch["ratio"] != 0, 1.0)  # MATPOWER: ratio 0 is a line, 1
    table = pd.DataFrame(
        {
            "branch_id": branch["branch_id"].astype("int32"),
            "from_bus_id": branch["from_bus_id"].astype("int32"),
            "to_bus_id": branch["to_bus_id"].astype("int32"),
            "x_pu": (branch["x"] * tap).astype("float32"),
            "shift_deg": branch["angle"].astype("float32"),
            "rate_mw": branch["rateA"].astype("float32"),
            "base_flow_mw": np.float32(0.0),
            "monitored": branch["rateA"] > 0,
        }
    )[(branch["status"] == 1).to_numpy()].reset_index(drop=True)
    flow = flows_mw(as_network(buses, table))
    table["base_flow_mw"] = flow.astype("float32")
    table["monitored"] = table["monitored"] & (np.abs(flow) <= table["rate_mw"])
    return table


def substation_table(source: Source, buses: pd.DataFrame) -> pd.DataFrame:
    """Substations with load, generation, spare, and the bus where new load is put.

    That bus: highest voltage, no star point; then the largest sum of ratings that meet there (a tie inside the
    substation carries none), then the lowest number.
    """
    branch, bus = source.branch, source.bus
    ends = pd.concat([branch.set_index("from_bus_id")["rateA"], branch.set_index("to_bus_id")["rateA"]])
    choice = pd.DataFrame(
        {
            "bus_id": buses["bus_id"],
            "sub_id": buses["sub_id"],
            "kv": bus["baseKV"].where(~buses["is_star_point"], -1.0),
            "rating": bus["bus_id"].map(ends.groupby(level=0).sum()).fillna(0.0),
        }
    ).sort_values(["kv", "rating", "bus_id"], ascending=[False, False, True])
    sums = (
        pd.DataFrame(
            {
                "load_mw": bus["Pd"],
                "gen_mw": _by_bus(source, source.plant["Pmax"]),
                "spare_gen_mw": buses["spare_gen_mw"].astype("float64"),
            }
        )
        .groupby(buses["sub_id"])
        .sum()
    )
    table = source.sub[["sub_id", "name", "lat", "lon", "interconnect"]].copy()
    table["bus_id"] = table["sub_id"].map(choice.groupby("sub_id")["bus_id"].first()).astype("int32")
    for column in sums:
        table[column] = table["sub_id"].map(sums[column]).astype("float32")
    return table.astype({"sub_id": "int32", "name": "str", "interconnect": "str"})


def place(substations: pd.DataFrame, nation: shapely.Geometry, data_dir: Path) -> pd.DataFrame:
    """Drop what lies more than 2 km outside the nation; state and county of the rest by polygon."""
    points = geopandas.points_from_xy(substations["lon"], substations["lat"], crs="EPSG:4326").to_crs("EPSG:5070")
    km = shapely.distance(np.asarray(points), nation) / 1000.0
    kept = substations[km <= OUTSIDE_KM].reset_index(drop=True)
    where = locate(kept["lat"], kept["lon"], data_dir)
    lost = where["state"].isna()
    if lost.any():
        raise ValueError(f"no county for substations {kept.loc[lost, 'sub_id'].tolist()}")
    kept.insert(4, "state", where["state"])
    kept.insert(5, "county_fips", where["county_fips"])
    kept.insert(6, "county", where["county"])
    return kept


def fill_hosting(substations: pd.DataFrame, network: Network, name: str, *, n1: bool) -> None:
    """Add the hosting columns for the substations of one interconnect, in place."""
    here = np.flatnonzero(substations["interconnect"] == name)
    bus = network.bus_position(substations["bus_id"].to_numpy()[here])
    found: Hosting = hosting(network, bus, outage_pairs(network) if n1 else None)
    index = substations.index[here]
    for column, mw in (("hosting_n0_utility_mw", found.n0_mw), ("hosting_n1_utility_mw", found.n1_mw)):
        if column not in substations:
            substations[column] = np.float32(np.nan)
        substations.loc[index, column] = mw.astype("float32")
    for column, line in (
        ("binding_branch_id_n0", found.n0_line),
        ("binding_branch_id_n1", found.n1_line),
        ("binding_outage_id_n1", found.n1_outage),
    ):
        if column not in substations:
            substations[column] = pd.array([pd.NA] * len(substations), dtype="Int32")
        named = line >= 0
        substations.loc[index[named], column] = network.branch_id[line[named]].astype("int32")


def as_network(buses: pd.DataFrame, branches: pd.DataFrame) -> Network:
    """The tables as a Network, without a detour over files."""
    names = sorted(buses["interconnect"].unique())
    index = pd.Index(buses["bus_id"])
    return Network(
        bus_id=buses["bus_id"].to_numpy(dtype=np.int64),
        injection_mw=buses["inj_mw"].to_numpy(dtype=np.float64, copy=True),
        spare_gen_mw=buses["spare_gen_mw"].to_numpy(dtype=np.float64),
        island=buses["interconnect"].map({n: i for i, n in enumerate(names)}).to_numpy(dtype=np.int64),
        island_names=tuple(names),
        branch_id=branches["branch_id"].to_numpy(dtype=np.int64),
        from_bus=index.get_indexer(branches["from_bus_id"]).astype(np.int64),
        to_bus=index.get_indexer(branches["to_bus_id"]).astype(np.int64),
        x_pu=branches["x_pu"].to_numpy(dtype=np.float64),
        shift_deg=branches["shift_deg"].to_numpy(dtype=np.float64),
        rate_mw=branches["rate_mw"].to_numpy(dtype=np.float64),
        monitored=branches["monitored"].to_numpy(dtype=bool, copy=True),
    )


def write(table: pd.DataFrame, path: Path) -> None:
    """Parquet, zstd, no index."""
    table.to_parquet(path, index=False, compression="zstd", compression_level=19)
    print(f"{path.name}: {len(table)} rows, {path.stat().st_size / 1e6:.2f} MB", flush=True)


def _by_bus(source: Source, mw: pd.Series) -> FloatArray:
    """Sum of a column of running plants at each row of `source.bus`."""
    runs = source.plant["status"] == 1
    at = pd.Index(source.bus["bus_id"]).get_indexer(source.plant.loc[runs, "bus_id"])
    return np.bincount(at, mw[runs], len(source.bus)).astype(np.float64)
