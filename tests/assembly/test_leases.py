"""Which offers stand on the day, and what one GPU of each costs, by quarter and as present value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from small_studies import H100, small_study

from siting.assembly.costs import clock_of
from siting.assembly.leases import COLUMNS, gpus_for, lease_costs, lease_frame
from siting.study import Study
from siting.tables.read import Tables


def offers(folder: Path, tables: Tables, day: str, *kinds: str, **changes: Any) -> pd.DataFrame:
    """Public H100 offers of those kinds on the day, by name."""
    study = small_study(folder, prices_on=day, leases={"public": {"kinds": list(kinds)}}, **changes)
    return lease_frame(study, tables).set_index("lease")


LAMBDA = f"public:Lambda|US list|{H100}|36|reserved"
LAMBDA_NOW = f"public:Lambda|US list|{H100}|0|on_demand"
VOLTAGE = f"public:Voltage Park|US|{H100}|0|on_demand"


def test_the_newest_offer_not_later_than_the_day(tmp_path: Path, tables: Tables) -> None:
    """Lambda on demand: 2.59 from January, 3.49 from 26 February, 2.99 from 18 November 2024."""
    for day, price in (("2024-02-25", 2.59), ("2024-02-26", 3.49), ("2024-11-18", 2.99)):
        assert offers(tmp_path, tables, day, "on_demand").loc[LAMBDA_NOW, "usd_per_gpu_h"] == price


def test_a_later_offer_is_never_used(tmp_path: Path, tables: Tables) -> None:
    """On 27 May 2024 every offer carries a date not later; of AWS's reserved list (2026) nothing is known."""
    found = offers(tmp_path, tables, "2024-05-27", "reserved", "on_demand")
    assert not any(name.startswith("public:AWS|US|") for name in found.index)
    rows = tables.lease_offers
    late = rows[(rows["date_first"] > "2024-05-27") & (rows["accelerator"] == H100)]["provider"]
    assert {"Voltage Park", "Hyperstack"} <= set(late)
    assert not {"Voltage Park", "Hyperstack"} & set(found["provider"])


def test_the_cheapest_stands_where_only_the_network_differs(tmp_path: Path, tables: Tables) -> None:
    """Voltage Park with Ethernet 1.99 and with InfiniBand 2.49 share a name: 1.99, at most the 1,016 GPUs stated."""
    found = offers(tmp_path, tables, "2026-06-30", "on_demand").loc[VOLTAGE]
    assert (found["usd_per_gpu_h"], found["gpus"]) == (1.99, 1016)


def test_a_blank_maximum_is_1024(tmp_path: Path, tables: Tables) -> None:
    """Lambda's 36 months at 1.89, 8 GPUs at least: 12 quarters, on no single fabric, any quarter of the horizon."""
    found = offers(tmp_path, tables, "2024-05-27", "reserved").loc[LAMBDA]
    assert (found["usd_per_gpu_h"], found["gpus"], found["min_gpus"]) == (1.89, 1024, 8)
    assert (found["term_quarters"], found["first_start"], found["last_start"]) == (12, 0, 11)
    assert found["single_fabric_gpus"] == 0


def test_on_demand_is_a_quarter_and_billed_by_its_share(tmp_path: Path, tables: Tables) -> None:
    """60 % of hours billed on demand; a reserved contract bills all."""
    found = offers(
        tmp_path, tables, "2024-05-27", "reserved", "on_demand", operation={"billed_share_on_demand": "60 %"}
    )
    assert found.loc[LAMBDA_NOW, ["term_quarters", "billed_share"]].tolist() == [1, 0.6]
    assert found.loc[LAMBDA, "billed_share"] == 1.0


def test_six_months_are_two_quarters(tmp_path: Path, tables: Tables) -> None:
    """DataCrunch reserved for 6 and 24 months."""
    found = offers(tmp_path, tables, "2024-05-27", "reserved")
    terms = found[found["provider"].str.startswith("DataCrunch")]["term_quarters"]
    assert sorted(terms) == [2, 8]


def test_indices_are_no_offers(tmp_path: Path, tables: Tables) -> None:
    """Nobody can lease from a market index."""
    found = offers(tmp_path, tables, "2026-12-31", "reserved", "on_demand", "spot", "capacity_block")
    assert not found["provider"].str.contains("index").any()


def test_offers_are_off_with_leasing(tmp_path: Path, tables: Tables) -> None:
    """money.lease = false: existing contracts alone."""
    money = {
        "discount_rate": "10 %/y",
        "funding": [{"quarter": "2024-Q2", "amount_musd": "9 GUSD", "status": "closed"}],
        "lease": False,
    }
    leases = {"public": {"kinds": ["reserved"]}, "existing": [EXISTING], "bilateral": [PRICED]}
    found = lease_frame(small_study(tmp_path, leases=leases, money=money), tables)
    assert found["lease"].tolist() == ["running"]


EXISTING: dict[str, Any] = {
    "name": "running", "accelerator": H100, "gpus": 100, "usd_per_gpu_h": "2 USD/GPU/h", "ends": "2024-Q4"
}  # fmt: skip
BILATERAL: dict[str, Any] = {
    "name": "offer", "accelerator": H100, "gpus": 1000, "term_quarters": 4, "deliver_from": "2024-Q4"
}  # fmt: skip

PRICED = {**BILATERAL, "usd_per_gpu_h": "1 USD/GPU/h"}


def made(folder: Path, tables: Tables, **lease: Any) -> tuple[Study, pd.DataFrame, np.ndarray, np.ndarray]:
    """A bilateral offer in a study of 6 quarters without discounting, its cash and present value."""
    return _made(folder, tables, {"bilateral": [{**BILATERAL, **lease}]})


def _made(folder: Path, tables: Tables, leases: dict[str, Any], rate: str = "0 %/y") -> Any:
    money = {
        "discount_rate": rate,
        "funding": [{"quarter": "2024-Q2", "amount_musd": "9 GUSD", "status": "closed"}],
    }
    clusters = [{"name": "first", "gpus": 1024, "accelerators": [H100], "by": "2025-Q3"}]
    study = small_study(folder, quarters=6, leases=leases, money=money, clusters=clusters)
    frame = lease_frame(study, tables)
    assert frame.columns.tolist() == COLUMNS
    return study, frame, *lease_costs(study, frame, clock_of(study))


def test_a_contract_pays_for_the_hours_of_its_quarters(tmp_path: Path, tables: Tables) -> None:
    """2 USD/GPU/h from 2024-Q4: 2,208, 2,160, 2,184, 2,208 h."""
    _, frame, cash, npv = made(tmp_path, tables, usd_per_gpu_h="2 USD/GPU/h")
    assert frame[["first_start", "last_start", "min_gpus"]].to_numpy().tolist() == [[2, 5, 1000]]
    assert cash[0, 2] * 1e6 == pytest.approx([0, 0, 4416, 4320, 4368, 4416])
    assert npv[0, 2] * 1e6 == pytest.approx(17_520)
    assert (cash[0, :2] == 0).all()


def test_a_leap_quarter_has_a_day_more(tmp_path: Path, tables: Tables) -> None:
    """2028-Q1 bills 2,184 h, 24 more than 2027-Q1."""
    item = {**BILATERAL, "usd_per_gpu_h": "1 USD/GPU/h", "deliver_from": "2027-Q1", "term_quarters": 8}
    study = small_study(tmp_path, quarters=20, leases={"bilateral": [item]})
    cash, _ = lease_costs(study, lease_frame(study, tables), clock_of(study))
    assert cash[0, 11, [11, 15]] * 1e6 == pytest.approx([2160, 2184])


def test_payments_after_the_horizon_count_in_the_value_alone(tmp_path: Path, tables: Tables) -> None:
    """Started in the last quarter, 2025-Q3: 2,208 h in cash, 2,208 + 2,160 + 2,184 more in the value."""
    _, _, cash, npv = made(tmp_path, tables, usd_per_gpu_h="1 USD/GPU/h")
    assert cash[0, 5].sum() * 1e6 == pytest.approx(2208)
    assert npv[0, 5] * 1e6 == pytest.approx(2208 + 2208 + 2160 + 2184)


def test_they_are_discounted_at_their_own_quarter(tmp_path: Path, tables: Tables) -> None:
    """21 %/y: quarter 5 + n at 1.21^-((5.5 + n) / 4)."""
    _, _, _, npv = _made(tmp_path, tables, {"bilateral": [PRICED]}, rate="21 %/y")
    hours = [2208, 2208, 2160, 2184]
    assert npv[0, 5] * 1e6 == pytest.approx(sum(h * 1.21 ** (-(5.5 + n) / 4) for n, h in enumerate(hours)))


def test_prepayment_moves_a_share_to_the_first_quarter(tmp_path: Path, tables: Tables) -> None:
    """25 % of 8,760 h: 2,190 at once, three quarters of each bill as it runs; the sum is the same."""
    _, _, cash, npv = made(tmp_path, tables, usd_per_gpu_h="1 USD/GPU/h", prepay="25 %")
    assert cash[0, 2, 2:] * 1e6 == pytest.approx([2190 + 1656, 1620, 1638, 1656])
    assert npv[0, 2] * 1e6 == pytest.approx(8760)


def test_a_contract_sum_is_spread_evenly(tmp_path: Path, tables: Tables) -> None:
    """40 MUSD for 1,000 GPUs and 4 quarters: 0.01 MUSD a GPU and quarter, whatever its hours."""
    _, _, cash, npv = made(tmp_path, tables, total_musd="40 MUSD")
    assert cash[0, 2] == pytest.approx([0, 0, 0.01, 0.01, 0.01, 0.01])
    assert npv[0, 5] == pytest.approx(0.04)


def test_capacity_after_the_horizon_has_the_value_stated(tmp_path: Path, tables: Tables) -> None:
    """0.50 USD/GPU/h off for 2,208 + 2,160 + 2,184 h after the horizon; cash is untouched."""
    leases = {
        "bilateral": [PRICED],
        "value_after_horizon_usd_per_gpu_h": "0.5 USD/GPU/h",
    }
    _, _, cash, npv = _made(tmp_path, tables, leases)
    assert npv[0, 5] * 1e6 == pytest.approx(8760 - 0.5 * 6552)
    assert cash[0, 5].sum() * 1e6 == pytest.approx(2208)
    assert npv[0, 2] * 1e6 == pytest.approx(8760)


def test_an_existing_contract_runs_from_the_start_to_its_end(tmp_path: Path, tables: Tables) -> None:
    """To the end of 2024-Q4: 3 quarters of 2,184, 2,208, 2,208 h at 2 USD; it cannot start later."""
    _, frame, cash, _ = _made(tmp_path, tables, {"existing": [EXISTING]})
    assert frame[["first_start", "last_start", "term_quarters", "existing"]].to_numpy().tolist() == [[0, 0, 3, True]]
    assert cash[0, 0] * 1e6 == pytest.approx([4368, 4416, 4416, 0, 0, 0])


def test_what_an_existing_contract_prepaid_is_spent(tmp_path: Path, tables: Tables) -> None:
    """Half prepaid: half of each bill is left, and no sum at the start."""
    _, _, cash, npv = _made(tmp_path, tables, {"existing": [{**EXISTING, "prepay": "50 %"}]})
    assert cash[0, 0] * 1e6 == pytest.approx([2184, 2208, 2208, 0, 0, 0])
    assert npv[0, 0] * 1e6 == pytest.approx(6600)


def test_an_existing_contract_may_outlive_the_horizon(tmp_path: Path, tables: Tables) -> None:
    """To 2026-Q1, two quarters after the horizon: 2,208 + 2,160 h in the value alone."""
    _, _, cash, npv = _made(tmp_path, tables, {"existing": [{**EXISTING, "ends": "2026-Q1"}]})
    assert (npv[0, 0] - cash[0, 0].sum()) * 1e6 == pytest.approx(2 * (2208 + 2160))


def test_the_window_of_an_offer(tmp_path: Path, tables: Tables) -> None:
    """From 2024-Q4 until 2025-Q1; an end after the horizon is its last quarter; an offer after it is refused."""
    windows = {"2025-Q1": [[2, 3]], "2030-Q1": [[2, 5]]}
    for until, window in windows.items():
        _, frame, _, _ = made(tmp_path, tables, usd_per_gpu_h="1 USD/GPU/h", start_until=until)
        assert frame[["first_start", "last_start"]].to_numpy().tolist() == window
    with pytest.raises(ValidationError, match=r"deliver_from: found 2026-Q1; expected a quarter before"):
        made(tmp_path, tables, usd_per_gpu_h="1 USD/GPU/h", deliver_from="2026-Q1")


@pytest.mark.parametrize(
    ("gpus", "h100e", "each", "found"), [(1000, None, 2.5, 1000), (None, 1001, 2.5, 401), (None, 1000, 2.5, 400)]
)
def test_gpus_of_a_cluster(gpus: int | None, h100e: float | None, each: float, found: int) -> None:
    """A count stands; H100-equivalents are rounded up to whole GPUs."""
    assert gpus_for(gpus, h100e, each) == found


def test_a_contract_keeps_the_price_of_its_start(tmp_path: Path, tables: Tables) -> None:
    """-19 %/y: started after two quarters at 0.9 of today's 1 USD for all its quarters, also for one price in all."""
    offer = {"bilateral": [PRICED], "price_escalator": "-19 %/y"}
    _, _, cash, npv = _made(tmp_path, tables, offer)
    assert cash[0, 2] * 1e6 == pytest.approx([0, 0, 0.9 * 2208, 0.9 * 2160, 0.9 * 2184, 0.9 * 2208])
    assert npv[0, 4] == pytest.approx(0.81 * (2184 + 2208 + 2208 + 2160) / 1e6)
    whole = {"bilateral": [{**BILATERAL, "total_musd": "8 MUSD"}], "price_escalator": "-19 %/y"}
    assert _made(tmp_path, tables, whole)[2][0, 4, 4] == pytest.approx(0.81 * 8 / 4 / 1000)
