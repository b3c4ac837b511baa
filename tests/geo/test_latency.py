"""The fitted line inside its range, and nothing outside it."""

from __future__ import annotations

import numpy as np
import pytest

from siting.geo.distance import geodesic_km
from siting.geo.latency import (
    ACROSS_SEA,
    INTERCEPT_MS,
    KM_MAX,
    KM_MIN,
    MS_PER_KM,
    P90_ADDER_MS,
    rtt_by_measured_ms,
    rtt_p95_ms,
)
from siting.places import shipped
from siting.tables.read import read_table


def test_dallas_to_memphis_is_20_4_ms() -> None:
    """0.0182 x 676.8 + 8.1 = 20.42 ms."""
    km = geodesic_km([32.78], [-96.80], [35.15], [-90.05])
    assert rtt_p95_ms(km) == pytest.approx(20.42, abs=0.01)


def test_below_275_km_the_value_at_275_km() -> None:
    """0.0182 x 275 + 8.1 = 13.105 ms, also on the spot: nearer pairs were not measured."""
    assert rtt_p95_ms([0.0, 100.0, 275.0]) == pytest.approx([13.105] * 3)
    assert rtt_p95_ms(300.0) == pytest.approx(13.56)


def test_above_4240_km_never_admissible() -> None:
    """At 4,240 km 0.0182 x 4240 + 8.1 = 85.268 ms; a metre more is infinite, no extrapolation."""
    assert rtt_p95_ms([4240.0]) == pytest.approx([85.268])
    assert np.isinf(rtt_p95_ms([4240.001, 12_000.0])).all()


def test_a_user_is_farther_than_a_backbone() -> None:
    """The access adder counts for users only, and also below 275 km."""
    assert rtt_p95_ms([0.0], "user") == pytest.approx([23.105])
    assert rtt_p95_ms([0.0], "user", access_adder_ms=4.0) == pytest.approx([17.105])
    assert rtt_p95_ms([0.0], "backbone", access_adder_ms=4.0) == pytest.approx([13.105])


def test_blank_distance_stays_blank_and_nonsense_is_refused() -> None:
    """NaN is no distance of 0; a negative one and an unknown basis are errors."""
    assert np.isnan(rtt_p95_ms([np.nan])).all()
    with pytest.raises(ValueError, match="0 km or more"):
        rtt_p95_ms([-1.0])
    with pytest.raises(ValueError, match="basis"):
        rtt_p95_ms([1.0], "dsl")  # type: ignore[arg-type]


def test_honolulu_to_los_angeles_lies_inside_the_km_range_yet_across_the_sea() -> None:
    """4,115 km is below 4,240: distance alone would admit it, so the states across the sea are named."""
    km = geodesic_km([21.31], [-157.86], [34.05], [-118.24])[0, 0]
    assert KM_MIN < km < KM_MAX
    assert {"HI", "AK", "PR"} == ACROSS_SEA


def test_the_line_is_the_one_the_table_shows_as_used() -> None:
    """Code and `rtt_fit.csv` say the same, and only one row is used."""
    fits = read_table(shipped("data") / "rtt_fit.csv")
    used = fits[fits["used"]]
    assert len(used) == 1
    row = used.iloc[0]
    columns = ["ms_per_km", "intercept_ms", "p90_adder_ms", "km_min", "km_max"]
    assert row[columns].tolist() == [MS_PER_KM, INTERCEPT_MS, P90_ADDER_MS, KM_MIN, KM_MAX]


def test_measured_medians_lie_below_the_p95_line_with_its_90_percent_adder() -> None:
    """66 measured medians: a p95 line should lie above most of them, and within 12 ms of their own line."""
    pairs = read_table(shipped("data") / "rtt_measured.csv")
    inside = pairs[(pairs["km"] >= KM_MIN) & (pairs["km"] <= KM_MAX)]
    above = rtt_p95_ms(inside["km"]) + P90_ADDER_MS >= inside["rtt_p50_ms"]
    assert len(pairs) == 66
    assert above.mean() >= 0.9
    slope, at_zero = np.polyfit(inside["km"], inside["rtt_p50_ms"], 1)
    ends = np.array([KM_MIN, KM_MAX])
    assert np.abs(slope * ends + at_zero - rtt_p95_ms(ends)).max() < 12.0


def test_measured_pairs_reach_300_km() -> None:
    """Ends 100 and 250 km away of pairs of 90 and 80 ms: the nearest counts, 90 + 1.82 ms. Beyond 300 km: never."""
    km = [[100.0, 250.0], [301.0, 299.0], [301.0, 5000.0], [np.nan, np.nan]]
    found = rtt_by_measured_ms(km, [90.0, 80.0])
    assert found.tolist() == pytest.approx([91.82, 80.0 + 0.0182 * 299.0, np.inf, np.inf])
    assert rtt_by_measured_ms([[100.0]], [90.0], basis="user", access_adder_ms=5.0).tolist() == pytest.approx([96.82])
    assert rtt_by_measured_ms(np.zeros((2, 0)), []).tolist() == [np.inf, np.inf]
