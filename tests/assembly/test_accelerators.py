"""What may be bought, at which price: catalogue against study, parts taken once, blanks listed together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_studies import H100, small_study

from siting.assembly import assemble
from siting.assembly.accelerators import Bought, bought_accelerators
from siting.errors import InputError
from siting.tables.read import Tables
from siting.units import parse_quarter

ALL = ["accelerator", "server", "network", "storage"]


def bought(folder: Path, tables: Tables, *items: dict[str, Any], **changes: Any) -> list[Bought]:
    """Those accelerators, asked by inference alone."""
    return bought_accelerators(
        small_study(folder, accelerators=list(items), **{"clusters": [], **ASKED, **changes}), tables
    )


ASKED: dict[str, Any] = {
    "inference": {
        "peak_h100e_bf16": 100,
        "first_quarter": "2025-Q4",
        "rtt_target_ms": "100 ms",
        "rtt_basis": "backbone",
    }
}


def faults(folder: Path, tables: Tables, *items: dict[str, Any], **changes: Any) -> list[str]:
    """Every fault as text."""
    with pytest.raises(InputError) as caught:
        bought(folder, tables, *items, **changes)
    return [str(fault) for fault in caught.value.faults]


def test_figures_come_from_the_catalogue(tmp_path: Path, tables: Tables) -> None:
    """1.40 kW with network, 1 H100e, pods of 256; the all-in price of May 2024, 48,000 USD, on a day after it."""
    (h100,) = bought(tmp_path, tables, {"name": H100}, prices_on="2024-05-27")
    assert (h100.it_kw, h100.h100e, h100.pod_accelerators) == (1.4, 1.0, 256)
    assert h100.price_musd == pytest.approx(0.048)
    assert "accelerator_prices" in h100.origin and "2024-05-01" in h100.origin
    assert h100.available == parse_quarter("2022-Q3")


def test_the_newest_price_counts_but_never_a_later_one(tmp_path: Path, tables: Tables) -> None:
    """The all-in row of August 2024 says 49,000 USD; on 31 July nobody knew it."""
    (before,) = bought(tmp_path, tables, {"name": H100}, prices_on="2024-07-31")
    (after,) = bought(tmp_path, tables, {"name": H100}, prices_on="2024-08-01")
    assert (before.price_musd, after.price_musd) == (pytest.approx(0.048), pytest.approx(0.049))


def test_the_study_wins_over_the_catalogue(tmp_path: Path, tables: Tables) -> None:
    """Every stated figure, an allotment of the vendor and a lead of three quarters."""
    own = {
        "price_usd": "30 kUSD",
        "price_includes": ALL,
        "it_kw": "1.5 kW",
        "h100e_bf16": 1.1,
        "pod_accelerators": 512,
        "available": "2025-Q2",
        "lead_quarters": 3,
        "supply_per_quarter": 4096,
    }
    (h100,) = bought(tmp_path, tables, {"name": H100, **own})
    assert h100 == Bought(
        name=H100,
        price_musd=0.03,
        it_kw=1.5,
        h100e=1.1,
        pod_accelerators=512,
        available=parse_quarter("2025-Q2"),
        released=parse_quarter("2022-Q3"),
        lead_quarters=3,
        inference_h100e=1.1,
        supply=(4096.0,) * 12,
        life_quarters=10**6,
        origin="study",
    )


def test_what_does_not_fill_a_pod_is_not_delivered(tmp_path: Path, tables: Tables) -> None:
    """16,000 a quarter are 62 pods of 256 and 128 that wait for nobody; less than a pod is nothing."""
    for stated, whole in ((16000, 62 * 256), (255, 0), (512, 512)):
        (h100,) = bought(
            tmp_path,
            tables,
            {"name": H100, "pod_accelerators": 256, "supply_per_quarter": stated},
            prices_on="2024-05-27",
        )
        assert set(h100.supply) == {whole}


def test_network_and_storage_are_added_once(tmp_path: Path, tables: Tables) -> None:
    """A server price of 33,625 plus 4,000 of network and no storage: 37,625 USD."""
    item = {"name": H100, "price_usd": "33625 USD", "price_includes": ["accelerator", "server"]}
    (h100,) = bought(tmp_path, tables, {**item, "network_usd": "4000 USD", "storage_usd": "0 USD"})
    assert h100.price_musd == pytest.approx(0.037625)


def test_a_part_taken_twice_is_refused(tmp_path: Path, tables: Tables) -> None:
    """Network within the price and beside it; an adder of nothing is no double count."""
    item = {"name": H100, "price_usd": "48000 USD", "price_includes": ALL}
    (fault,) = faults(tmp_path, tables, {**item, "network_usd": "4000 USD", "storage_usd": "0 USD"})
    assert "accelerators[0].network_usd" in fault and "taken twice" in fault


def test_a_part_left_out_is_refused(tmp_path: Path, tables: Tables) -> None:
    """A server price says nothing of network and storage: both are asked for at once."""
    item = {"name": H100, "price_usd": "33625 USD", "price_includes": ["accelerator", "server"]}
    network, storage = faults(tmp_path, tables, item)
    assert "network_usd" in network and "leaves it out" in network
    assert "storage_usd" in storage


def test_a_price_of_the_card_alone_is_refused(tmp_path: Path, tables: Tables) -> None:
    """An accelerator without its server runs nowhere."""
    item = {"name": H100, "price_usd": "30 kUSD", "price_includes": ["accelerator", "network", "storage"]}
    (fault,) = faults(tmp_path, tables, item)
    assert "a price that includes the server" in fault


def test_a_price_without_its_parts_is_refused(tmp_path: Path, tables: Tables) -> None:
    """48,000 USD of what?"""
    (fault,) = faults(tmp_path, tables, {"name": H100, "price_usd": "48 kUSD"})
    assert "accelerators[0].price_includes" in fault


def test_all_blanks_are_listed_at_once(tmp_path: Path, tables: Tables) -> None:
    """MI325X has neither power nor price in the catalogue, a new name has nothing: six faults, each with its key."""
    found = faults(tmp_path, tables, {"name": "MI325X"}, {"name": "Own chip"})
    keys = ["[0].it_kw", "[0].price_usd", "[1].it_kw", "[1].h100e_bf16", "[1].pod_accelerators", "[1].price_usd"]
    assert len(found) == len(keys)
    assert all(f"accelerators{key}" in text for key, text in zip(keys, found, strict=True))


def test_a_lease_only_accelerator_has_no_price(tmp_path: Path, tables: Tables) -> None:
    """Nobody sells Trainium2: it is admitted without a price, and no campus of one's own ever gets it."""
    trainium = {"name": "Trainium2", "it_kw": "1 kW", "pod_accelerators": 64}
    study = small_study(tmp_path, accelerators=[trainium, {"name": H100}], prices_on="2024-05-27")
    problem = assemble(study, tables).problem
    assert np.isnan(bought_accelerators(study, tables)[0].price_musd)
    assert problem.deliver_from.tolist() == [12, 1]


def test_delivery_waits_for_the_lead_and_for_the_first_shipment(tmp_path: Path, tables: Tables) -> None:
    """Study from 2024-Q2: a lead of 2 is quarter 2; first shipped in 2025-Q1 is quarter 3, whichever is later."""
    item = {"name": H100, "price_usd": "40 kUSD", "price_includes": ALL, "lead_quarters": 2}
    for available, first in (("2022-Q3", 2), ("2025-Q1", 3), ("2029-Q1", 12)):
        study = small_study(tmp_path, accelerators=[{**item, "available": available}])
        assert assemble(study, tables).problem.deliver_from.tolist() == [first]


def test_a_cluster_takes_whole_pods(tmp_path: Path, tables: Tables) -> None:
    """1,000 GPUs are 4 pods of 256; 1,000 H100e of a chip of 2.5 are 400 GPUs, 2 pods."""
    chip = {"name": "chip", "price_usd": "40 kUSD", "price_includes": ALL, "it_kw": "1 kW", "pod_accelerators": 256}
    clusters = [
        {"name": "a", "gpus": 1000, "accelerators": ["chip"], "by": "2025-Q4"},
        {"name": "b", "h100e_bf16": 1000, "by": "2025-Q4"},
    ]
    study = small_study(tmp_path, accelerators=[{**chip, "h100e_bf16": 2.5}], clusters=clusters)
    assert assemble(study, tables).problem.cluster_pods.tolist() == [[4], [2]]
