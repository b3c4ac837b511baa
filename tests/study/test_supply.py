"""Contracts of energy in a study: what is refused, and where it says so."""

from __future__ import annotations

from typing import Any

import pytest

from siting.errors import InputError
from siting.study import Study, read_study
from siting.study.supply import PowerContract, contract_quarters

PPA = {"name": "wind", "kind": "ppa", "price_usd_per_mwh": "30 USD/MWh", "ppa_mw_max": "2 MW", "term_years": 4}


def with_contracts(*contracts: dict[str, Any]) -> Study:
    return read_study("models/tiny.toml").update({"power.contracts": list(contracts)})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "grid"}, "name: found 'grid'"),
        ({"kind": "index"}, "prices: found nothing"),
        ({"prices": {"2024": "30 USD/MWh"}}, "price_usd_per_mwh: found both"),
        ({"price_usd_per_mwh": None}, "price_usd_per_mwh: found neither"),
        ({"price_usd_per_mwh": None, "prices": {"24": "30 USD/MWh"}}, "expected a calendar year"),
        ({"min_share": "60 %", "max_share": "50 %"}, "min_share: found 60%; expected at most max_share, 50%"),
        ({"ppa_mw_max": None, "term_years": None}, "term_years: found nothing; expected stated for a ppa"),
        ({"kind": "tariff"}, "ppa_mw_max: found 2; expected nothing: it belongs to a ppa"),
        ({"resale_usd_per_mwh": "31 USD/MWh"}, "at most the price, 30 USD/MWh"),
        ({"start": "2028-Q1"}, "contracts[0].start: found 2028-Q1; expected a quarter of the horizon"),
        ({"states": ["TEXAS"]}, "expected a two-letter US state"),
    ],
)
def test_one_wrong_field_is_named(changes: dict[str, Any], said: str) -> None:
    """A contract that is right but for one thing."""
    with pytest.raises(InputError) as refused:
        with_contracts({**PPA, **changes})
    assert said in str(refused.value)


def test_a_price_path_covers_every_year_in_which_the_contract_binds() -> None:
    """The index needs 2024 to 2027, the horizon; a PPA of four years from 2024-Q2 needs 2028 too."""
    path = dict.fromkeys(("2024", "2025", "2026", "2027"), "30 USD/MWh")
    index = {"name": "hub", "kind": "index", "prices": path}
    assert with_contracts(index).power.contracts[0].dated
    dated = {**PPA, "price_usd_per_mwh": None, "prices": path}
    with pytest.raises(InputError, match=r"power.contracts\[0\].prices: .*a price for 2028 too"):
        with_contracts(dated)
    del path["2026"]
    with pytest.raises(InputError, match="a price for 2026 too"):
        with_contracts(index)


def test_contracts_leave_room_for_one_another() -> None:
    """Least shares of 60 and 50 % everywhere do not fit; nor do two contracts of one name."""
    shares = [{**PPA, "min_share": "60 %"}, {**PPA, "name": "sun", "min_share": "50 %"}]
    with pytest.raises(InputError, match="min_share 110% together"):
        with_contracts(*shares)
    with pytest.raises(InputError, match=r"contracts\[1\].name: found 'wind'; expected a name"):
        with_contracts(PPA, PPA)


def test_only_a_ppa_outlives_the_horizon() -> None:
    """Quarters 10 to 18 of a study that ends at 14: four years of a PPA to 26, of a tariff to 14."""
    ppa = PowerContract.model_validate(PPA)
    assert contract_quarters(ppa, 10, 14) == range(10, 26)
    tariff = PowerContract.model_validate({**PPA, "kind": "tariff", "ppa_mw_max": None})
    assert contract_quarters(tariff, 10, 14) == range(10, 14)


def test_contracts_read_back_the_same() -> None:
    """Written into a plan and read again, the study has the same digest."""
    study = with_contracts(PPA, {"name": "hub", "kind": "tariff", "price_usd_per_mwh": "40 USD/MWh"})
    assert Study.model_validate(study.model_dump(mode="json")).digest() == study.digest()
