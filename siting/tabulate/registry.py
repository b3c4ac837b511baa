"""Tables of the parts that a study may leave out: one function a part, registered here."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from siting.tabulate.cooling import conversions_table
from siting.tabulate.curtailable import connections_table
from siting.tabulate.finance import debt_table
from siting.tabulate.income_tax import income_tax_table
from siting.tabulate.onsite import onsite_tables
from siting.tabulate.parts import Parts
from siting.tabulate.shells import shells_table
from siting.tabulate.supply import large_load_table, supply_tables
from siting.tabulate.water import water_table

MAKERS: tuple[Callable[[Parts], dict[str, pd.DataFrame]], ...] = (
    debt_table,
    supply_tables,
    connections_table,
    water_table,
    onsite_tables,
    large_load_table,
    income_tax_table,
    conversions_table,
    shells_table,
)
"""Each gives the tables of its part by name; none when the study does not use it."""


def part_tables(parts: Parts) -> dict[str, pd.DataFrame]:
    """All tables of the parts in use."""
    return {name: frame for make in MAKERS for name, frame in make(parts).items()}
