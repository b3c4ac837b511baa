"""Which offers are lost together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.assembly.lease_regions import region_numbers

EAST, WEST = (39.04, -77.49), (45.84, -119.7)


def test_a_name_or_a_place_makes_a_region() -> None:
    """The public offer and the one at its place go together, with it another of that name elsewhere; a blank place and
    no name stands alone, twice."""
    rows = [
        ("AWS us-east-1", *EAST),
        ("", *EAST),
        (" aws US-east-1", *WEST),
        ("", np.nan, np.nan),
        ("", np.nan, np.nan),
        ("Nebius eu-north1", np.nan, np.nan),
    ]
    numbers = region_numbers(pd.DataFrame(rows, columns=["region", "lat", "lon"])).tolist()
    assert numbers[0] == numbers[1] == numbers[2]
    assert len(set(numbers)) == 4


def test_no_lease_no_region() -> None:
    """A study without leases."""
    assert len(region_numbers(pd.DataFrame({"region": [], "lat": [], "lon": []}))) == 0
