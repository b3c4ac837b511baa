"""What each tenure pays for opening and for halls, worked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_studies import small_study

from siting.assembly.costs import clock_of
from siting.assembly.tenures import first_modules, live_from, module_costs, openings, shell_rent_usd_per_kw_month


def test_opening_an_own_campus_at_signing(tmp_path: Path) -> None:
    """Line 2 x 1.5, substation 7, land 100 acres at 50,000, deposit 4, layer 1: 20 musd, signed 5 quarters before.

    It returns at the horizon: 10 x (1 - 2/80) of the connection, land 5 and deposit 4 at cost; nothing of the layer.
    """
    study = small_study(
        tmp_path,
        connection={
            "line_km": "2 km",
            "line_musd_per_km": "1.5 MUSD/km",
            "substation_musd": "7 MUSD",
            "land_acres": "100 acre",
            "land_usd_per_acre": "50000 USD/acre",
            "deposit_musd": "4 MUSD",
        },
    )
    clock = clock_of(study)
    opening = openings(study, pd.Series(["own", "colocation"]), np.array([1.0, 1.0]))
    cash, npv, lag = opening.cash_musd, opening.npv_musd(clock), opening.lag
    assert lag.tolist() == [5, 0]
    assert cash[0, 10] == pytest.approx(20.0)
    assert cash[0, :5].sum() == 0
    assert npv[0, 10] == pytest.approx(20.0 * 1.1 ** (-5.5 / 4) - (9.75 + 5 + 4) * 1.1**-3)


def test_opening_colocation_costs_what_a_layer_adds(tmp_path: Path) -> None:
    """No line, no land, no deposit; the layer's 3 musd in the quarter of the hand-over itself."""
    study = small_study(tmp_path)
    opening = openings(study, pd.Series(["colocation"]), np.array([3.0]))
    cash, npv = opening.cash_musd, opening.npv_musd(clock_of(study))
    assert cash[0].tolist() == [3.0] * 12
    assert npv[0, 6] == pytest.approx(3.0 * 1.1 ** (-6.5 / 4))


RETROFIT = {
    "construction_quarters": 1,
    "cost_musd_per_it_mw": "2 MUSD/MW",
    "purchase_musd": "30 MUSD",
    "connection_musd": "10 MUSD",
    "om_usd_per_it_kw_year": "40 USD/kW/y",
    "life_years": 10,
}
SHELL = {
    "construction_quarters": 2,
    "rent_usd_per_kw_month": "50 USD/kW/month",
    "term_years": 4,
    "escalator": "2 %/y",
    "fitout_musd_per_it_mw": "4 MUSD/MW",
    "om_usd_per_it_kw_year": "80 USD/kW/y",
}


def test_opening_a_retrofit_buys_building_and_connection(tmp_path: Path) -> None:
    """30 + 10 at signing, a quarter before, with a layer's 1; a year before the end 40 x 0.9 is left, no land."""
    opening = openings(small_study(tmp_path, retrofit=RETROFIT), pd.Series(["retrofit"]), np.array([1.0]))
    assert opening.lag.tolist() == [1]
    assert opening.cash_musd[0].tolist() == [0.0, *[41.0] * 11]
    assert opening.aged_musd[0, 8] == pytest.approx(36.0)
    assert not opening.kept_musd.any()


def test_opening_a_powered_shell_costs_what_a_layer_adds(tmp_path: Path) -> None:
    """The connection is the owner's: 3 musd of a layer, signed two quarters before the first hall."""
    opening = openings(small_study(tmp_path, powered_shell=SHELL), pd.Series(["powered_shell"]), np.array([3.0]))
    assert opening.lag.tolist() == [2]
    assert opening.cash_musd[0].tolist() == [0.0, 0.0, *[3.0] * 10]
    assert not (opening.aged_musd + opening.kept_musd).any()


def test_a_module_by_tenure(tmp_path: Path) -> None:
    """Modules of 10 MW IT, horizon 12, live in quarter 4.

    Refit 20 musd in quarter 3, 8 quarters of its 40 later 80 % left; upkeep 40 x 10,000 / 4 = 0.1 musd a quarter.
    Fit-out 40 musd in quarters 2 and 3, half of its 16 quarters left; rent 50 x 3 x 10,000 = 1.5 musd a quarter to
    quarter 19, beyond the horizon, 2 % more from quarter 8 on; upkeep 0.2.
    """
    study = small_study(tmp_path, retrofit=RETROFIT, powered_shell=SHELL)
    usable = pd.DataFrame(
        {
            "tenure": ["retrofit", "powered_shell"],
            "construction_musd_per_it_mw": [2.0, 4.0],
            "rent_usd_per_kw_month": [np.nan, 50.0],
        }
    )
    paid: dict[tuple[int, str], np.ndarray] = {}
    left = np.zeros(2)
    for cost in module_costs(study, usable):
        for i in np.flatnonzero(cost.musd).tolist():
            row = cost.musd[i] * cost.profile[4]
            paid[i, cost.item] = row
            left[i] += row.sum() * cost.left[4]
    assert set(paid) == {(0, "halls"), (0, "hall_om"), (1, "halls"), (1, "hall_om"), (1, "rent")}
    assert np.flatnonzero(paid[0, "halls"]).tolist() == [3] and paid[0, "halls"][3] == pytest.approx(20.0)
    assert paid[0, "hall_om"][4:] == pytest.approx(np.full(8, 0.1))
    assert paid[1, "halls"][:5] == pytest.approx([0, 0, 20.0, 20.0, 0])
    assert np.flatnonzero(paid[1, "rent"]).tolist() == list(range(4, 20))
    assert paid[1, "rent"][[4, 8, 19]] == pytest.approx([1.5, 1.5 * 1.02, 1.5 * 1.02**3])
    assert paid[1, "hall_om"][11] == pytest.approx(0.2)
    assert left == pytest.approx([20 * 0.8, 40 * 0.5])


def test_rent_from_the_yield_of_the_owner(tmp_path: Path) -> None:
    """12 % a year on 5 MUSD a MW: 600 USD a kW and year, 50 a month."""
    changed = {name: value for name, value in SHELL.items() if name != "rent_usd_per_kw_month"}
    study = small_study(
        tmp_path,
        powered_shell={**changed, "shell_cost_musd_per_it_mw": "5 MUSD/MW", "yield_share_per_year": "12 %/y"},
    )
    assert shell_rent_usd_per_kw_month(study) == pytest.approx(50.0)


def test_when_halls_stand_and_how_many_come_first(tmp_path: Path) -> None:
    """Own after 5 quarters with three modules, retrofit after 1, shell after 2, colocation when handed over: one."""
    study = small_study(tmp_path, retrofit=RETROFIT, powered_shell=SHELL)
    tenures = pd.Series(["own", "retrofit", "powered_shell", "colocation"])
    usable = pd.DataFrame({"tenure": tenures, "energization": float(study.start + 7)})
    assert live_from(study, usable).tolist() == [5, 1, 2, 7]
    assert first_modules(study, tenures).tolist() == [3, 1, 1, 1]
