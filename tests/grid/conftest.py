"""The shipped grid, read once."""

from __future__ import annotations

import pandas as pd
import pytest

from siting.grid.network import BRANCHES, BUSES, SUBSTATIONS, Network, read_network
from siting.places import shipped


@pytest.fixture(scope="session")
def network() -> Network:
    """The shipped network, all three islands."""
    return read_network(shipped("data"))


@pytest.fixture(scope="session")
def substations() -> pd.DataFrame:
    """The shipped substations."""
    return pd.read_parquet(shipped("data") / SUBSTATIONS)


@pytest.fixture(scope="session")
def buses() -> pd.DataFrame:
    """The shipped buses."""
    return pd.read_parquet(shipped("data") / BUSES)


@pytest.fixture(scope="session")
def branches() -> pd.DataFrame:
    """The shipped branches."""
    return pd.read_parquet(shipped("data") / BRANCHES)
