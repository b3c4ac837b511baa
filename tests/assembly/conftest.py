"""The shipped tables, read once."""

from __future__ import annotations

import pytest

from siting.tables.read import Tables, read_tables


@pytest.fixture(scope="session")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()
