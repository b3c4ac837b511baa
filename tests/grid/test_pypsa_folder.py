"""PyPSA CSV folders: flows as pypsa finds them, taps, shifts and links among them; defaults; faults all at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_networks import two_bus_folder

from siting.errors import InputError
from siting.grid.hosting import hosting
from siting.grid.powerflow import base_flows_mw
from siting.grid.pypsa_folder import read_pypsa

FOUR = {
    "snapshots": ",snapshot\n0,a\n1,b\n",
    "buses": "name,v_nom,carrier\nB0,380,AC\nB1,380,\nB2,220,AC\nB3,220,AC\nH,1,hydrogen\n",
    "lines": (
        "name,bus0,bus1,x,s_nom,s_max_pu,active\nl01,B0,B1,20,500,1,True\nl01b,B0,B1,30,400,0.7,True\n"
        "l23,B2,B3,15,300,1,True\noff,B2,B3,15,300,1,False\n"
    ),
    "transformers": (
        "name,bus0,bus1,x,s_nom,tap_ratio,phase_shift\nt02,B0,B2,0.1,400,1.05,3\nt13,B1,B3,0.12,500,0.97,0\n"
    ),
    "links": "name,bus0,bus1,efficiency,p_set\nel,B3,H,0.7,30\ndc,B0,B3,0.9,20\n",
    "generators": "name,bus,p_nom,p_set\ng0,B0,1000,\ng2,B2,300,100\n",
    "generators-p": ",g0,g2\n0,304,100\n1,402,100\n",
    "generators-p_max_pu": ",g2\n0,0.8\n1,0.9\n",
    "storage_units": "name,bus,p_nom\ns1,B1,100\n",
    "storage_units-p_set": ",s1\n0,-20\n1,15\n",
    "loads": "name,bus,p_set\nd3,B3,250\nd1,B1,102\ndh,H,21\n",
    "loads-p_set": ",d3\n0,250\n1,383\n",
}
PEER = {
    "a": [185.28443949708821, 123.5229596647255, 75.19260083818625, -24.80739916181372, 186.8073991618137],
    "b": [217.67068027080674, 145.11378684720452, 119.21553288198865, 19.21553288198868, 275.7844671180112],
}
"""p0 of l01, l01b, l23, t02, t13 that pypsa 1.4.0 `Network.lpf` finds for FOUR at its two snapshots."""


def folder(path: Path, **changes: str | None) -> Path:
    """FOUR as a folder, with files changed, or left out where None."""
    for name, text in (FOUR | {key.replace("__", "-"): text for key, text in changes.items()}).items():
        if text is not None:
            (path / f"{name}.csv").write_text(text)
    return path


@pytest.mark.parametrize("snapshot", ["a", "b"])
def test_flows_against_pypsa(tmp_path: Path, snapshot: str):
    """Two voltages, a tap, a shift of 3 degrees, two links, storage, dispatch over p_set: flows as pypsa has them."""
    own = read_pypsa(folder(tmp_path), snapshot)
    np.testing.assert_allclose(base_flows_mw(own.network), PEER[snapshot], atol=1e-6)
    assert own.bus_name == ("B0", "B1", "B2", "B3")
    assert own.branch_name == ("line l01", "line l01b", "line l23", "transformer t02", "transformer t13")
    assert own.notes == ("1 buses of other carriers than AC are dropped with what stands on them",)
    assert (hosting(own.network, np.arange(4)).n0_mw > 0).all()


def test_spare_and_ratings(tmp_path: Path):
    """1000 - 402 MW and 0.9 x 300 - 100 MW are spare at b; 0.7 x 400 MVA is the rating of l01b."""
    network = read_pypsa(folder(tmp_path), "b").network
    np.testing.assert_allclose(network.spare_gen_mw, [598, 0, 170, 0])
    np.testing.assert_allclose(network.rate_mw, [500, 280, 300, 400, 500])


def test_defaults_of_missing_files_and_columns(tmp_path: Path):
    """One snapshot, a line, a unit, a load: buses are numbered by name, at 1 kV x = 0.001 ohm is 0.1 on 100 MVA."""
    own = read_pypsa(two_bus_folder(tmp_path))
    assert own.network.bus_id.tolist() == [7, 5]
    np.testing.assert_allclose((own.network.x_pu, base_flows_mw(own.network)), [[0.1], [20]])
    assert own.network.monitored.tolist() == [False]
    assert own.notes == (f"generation of {tmp_path.stem} times 0.6667, so that it equals load without losses",)


def test_optimised_capacity_of_what_was_extendable(tmp_path: Path):
    """g0 came out at 500 MW and was extendable, g2 was not: 500 - 402 and 270 - 100 MW are spare."""
    given = "name,bus,p_nom,p_nom_extendable,p_nom_opt\ng0,B0,0,True,500\ng2,B2,300,False,0\n"
    network = read_pypsa(folder(tmp_path, generators=given), "b").network
    np.testing.assert_allclose(network.spare_gen_mw, [98, 0, 170, 0])


def test_a_snapshot_must_be_named(tmp_path: Path):
    """Two snapshots and none named, or one that is not there."""
    for name in (None, "c"):
        with pytest.raises(InputError, match="expected one of a, b"):
            read_pypsa(folder(tmp_path), name)


def test_faults_come_together(tmp_path: Path):
    """An unknown bus, a word for a number, a transformer without s_nom, a unit twice, a series that is too short."""
    bad = {
        "lines": "name,bus0,bus1,x\nl01,B0,B9,20\nl23,B2,B3,long\n",
        "transformers": "name,bus0,bus1,x\nt02,B0,B2,0.1\n",
        "generators": "name,bus,p_nom\ng0,B0,1000\ng0,B0,1000\n",
        "loads__p_set": ",d3\n0,250\n",
    }
    with pytest.raises(InputError) as caught:
        read_pypsa(folder(tmp_path, **bad), "b")
    found = {(fault.file.split("/")[1], fault.key, fault.value) for fault in caught.value.faults}
    assert found == {
        ("lines.csv", "bus1 of l01", "B9"),
        ("lines.csv", "x of l23", "long"),
        ("transformers.csv", "s_nom of t02", "0"),
        ("generators.csv", "name", "g0"),
        ("loads-p_set.csv", "rows", "too few"),
    }
    assert len(caught.value.faults) == 5


def test_a_type_without_x_is_refused(tmp_path: Path):
    """PyPSA writes x of a line type once it has computed with it; before that there is none."""
    typed = "name,bus0,bus1,type,length\nl01,B0,B1,Al/St 240/40 4-bundle 380.0,10\n"
    with pytest.raises(InputError, match="reactance of branches: found line l01"):
        read_pypsa(folder(tmp_path, lines=typed), "a")


def test_what_is_no_folder(tmp_path: Path):
    """A netCDF file is told how to become a folder; an empty folder has no buses; a path may not exist."""
    file = tmp_path / "network.nc"
    file.write_bytes(b"CDF")
    with pytest.raises(InputError, match="export_to_csv_folder"):
        read_pypsa(file)
    with pytest.raises(InputError, match="nothing there"):
        read_pypsa(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no buses"):
        read_pypsa(tmp_path / "empty")


def test_a_shunt_takes_its_mw(tmp_path: Path):
    """2 siemens at 1 kV are 2 MW beside a load of 20: 22 MW flow."""
    (two_bus_folder(tmp_path) / "shunt_impedances.csv").write_text("name,bus,g\ns,5,2\n")
    np.testing.assert_allclose(base_flows_mw(read_pypsa(tmp_path).network), [22])
