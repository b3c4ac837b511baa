"""PUE by class and climate: by hand, and against the campuses that the classes were held against."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from siting.geo.cooling import pue
from siting.places import shipped
from siting.tables.read import read_table

ROW = {
    "mean_ref_pue": 1.2, "mean_ref_c": 10.0, "mean_tilt_per_c": 0.01, "mean_min_pue": 1.1, "mean_max_pue": 1.3,
    "peak_ref_pue": 1.3, "peak_ref_c": 20.0, "peak_tilt_per_c": 0.02, "peak_min_pue": 1.2, "peak_max_pue": 1.5,
}  # fmt: skip


def test_mean_is_the_average_of_bounded_months_and_peak_is_the_warmest() -> None:
    """6 months at 0 C (1.10) and 6 at 25 C (1.35, bounded to 1.30): mean 1.20; peak 1.3 + 0.02 x 5 = 1.40."""
    mean, peak = pue([[0.0] * 6 + [25.0] * 6], ROW)
    assert mean == pytest.approx([1.20])
    assert peak == pytest.approx([1.40])


def test_peak_stays_within_its_range_and_never_below_the_mean() -> None:
    """40 C: 1.7 bounded to 1.5; a cold place whose peak bound lies below the mean takes the mean."""
    assert pue([[40.0] * 12], ROW)[1] == pytest.approx([1.5])
    assert pue([[10.0] * 12], {**ROW, "peak_min_pue": 1.0, "peak_ref_pue": 1.05})[1] == pytest.approx([1.2])


def test_a_blank_month_blanks_the_place_alone() -> None:
    """One month missing: both figures NaN there, the next place untouched."""
    mean, peak = pue([[np.nan] + [10.0] * 11, [10.0] * 12], ROW)
    assert np.isnan(mean[0]) and np.isnan(peak[0])
    assert mean[1] == pytest.approx(1.2)


def test_the_wrong_shape_is_refused() -> None:
    """Twelve months are due."""
    with pytest.raises(ValueError, match="12"):
        pue([[10.0] * 11], ROW)


@pytest.mark.parametrize(
    ("cooling", "county_fips", "disclosed", "within"),
    [("air", "32029", 1.33, 0.02), ("air", "48441", 1.40, 0.02), ("liquid", "36063", 1.17, 0.02)],
)
def test_classes_give_the_disclosed_peaks(cooling: str, county_fips: str, disclosed: float, within: float) -> None:
    """Peak PUE of Storey NV 1.33, Abilene TX (Taylor county) 1.40 and Lake Mariner NY (Niagara county) 1.17."""
    data = shipped("data")
    rows = read_table(data / "pue_classes.csv").set_index("cooling")
    counties = read_table(data / "county_temperature.csv").set_index("county_fips")
    _, peak = pue([counties.loc[county_fips, [f"t{m:02d}_c" for m in range(1, 13)]].to_numpy(float)], rows.loc[cooling])
    assert peak == pytest.approx([disclosed], abs=within)


def test_the_evaporative_class_peaks_at_the_median_of_58_campuses() -> None:
    """1.30 at 26 C in the warmest month (13 C over the year)."""
    rows = read_table(shipped("data") / "pue_classes.csv").set_index("cooling")
    mean, peak = pue([[0.0] * 6 + [26.0] * 6], rows.loc["evaporative"])
    assert mean == pytest.approx([1.20])
    assert peak == pytest.approx([1.30])


def test_every_county_gets_a_sane_pue_from_every_class() -> None:
    """All 3,142 counties but Falls Church: 1.05 <= mean <= peak <= 1.52, and air above evaporative above liquid."""
    data = shipped("data")
    temperature = read_table(data / "county_temperature.csv")
    months = temperature[[f"t{m:02d}_c" for m in range(1, 13)]].to_numpy()
    means, peaks = {}, {}
    for row in read_table(data / "pue_classes.csv").to_dict("records"):
        means[row["cooling"]], peaks[row["cooling"]] = pue(months, row)
        mean, peak = means[row["cooling"]], peaks[row["cooling"]]
        assert temperature.loc[np.isnan(peak), "county_fips"].tolist() == ["51610"]
        known = ~np.isnan(peak)
        assert ((mean[known] >= 1.05) & (mean[known] <= peak[known]) & (peak[known] <= 1.52)).all()
    lower_48 = ~pd.Series(temperature["county_fips"]).str[:2].isin(["02", "15"]).to_numpy() & ~np.isnan(peaks["air"])
    assert (peaks["air"] > peaks["evaporative"])[lower_48].mean() > 0.5
    assert (peaks["evaporative"] > peaks["liquid"])[lower_48].all()
    assert (means["air"] > means["evaporative"])[lower_48].all()
    assert (means["evaporative"] > means["liquid"])[lower_48].all()
