"""Faults of different stages come in one error."""

from __future__ import annotations

import pytest

from siting.assembly import assemble
from siting.errors import InputError
from siting.study import read_study


def test_blank_prices_of_accelerators_and_of_power_are_reported_together(tables):
    """In 2022 neither an H100 nor a MWh has a price yet: two keys in one refusal."""
    study = read_study("models/template.toml").update(
        {
            "accelerators.0.price_usd": None,
            "prices_on": "2022-01-01",
            "candidates.grid.states": ["OK"],
        }
    )
    with pytest.raises(InputError) as refused:
        assemble(study, tables)
    keys = [fault.key for fault in refused.value.faults]
    assert any(key.startswith("H100 SXM 80GB") for key in keys)
    assert any(key.startswith("state OK") for key in keys)
