"""What a place of several rows carries, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.assembly.shared import shared_places


def test_a_place_carries_the_most_that_one_row_states() -> None:
    """Rows a and c are one place of 30 MW, not 50; b stands alone by a name of its own, d without a name.

    Flowing: a's 10 first, c's 20 from quarter 1 on.
    """
    usable = pd.DataFrame({"place": ["works", "mill", "works", None], "final_utility_mw": [30.0, 9.0, 20.0, 8.0]})
    flowing = np.array([[10.0, 10.0], [9.0, 9.0], [0.0, 20.0], [8.0, 8.0]])
    shared = shared_places(usable, flowing)
    assert shared is not None
    assert shared.place.tolist() == [0, -1, 0, -1]
    assert shared.standing_mw.tolist() == [30.0, 9.0, 30.0, 8.0]
    assert shared.energized_mw.tolist() == [[10.0, 20.0], [9.0, 9.0], [10.0, 20.0], [8.0, 8.0]]
    assert flowing[2].tolist() == [0.0, 20.0]


def test_nobody_shares() -> None:
    """Every row alone: no part."""
    usable = pd.DataFrame({"place": ["works", ""], "final_utility_mw": [30.0, 9.0]})
    assert shared_places(usable, np.ones((2, 3))) is None
