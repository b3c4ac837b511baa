"""From what a study says of accelerators over time to arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_studies import H100, small_study

from siting.assembly import assemble
from siting.errors import InputError
from siting.tables.read import Tables

CHIP: dict[str, Any] = {
    "name": H100,
    "price_usd": "40000 USD",
    "price_includes": ["accelerator", "server", "network", "storage"],
}


def test_allocation_caps_the_quarters_it_names(tmp_path: Path, tables: Tables) -> None:
    """512 in 2025-Q1, quarter 3 of the study, 256 in quarter 5; the quarters between and around bring none."""
    allocation = [{"quarter": "2025-Q1", "accelerators": 512}, {"quarter": "2025-Q3", "accelerators": 256}]
    own = {**CHIP, "name": "own", "it_kw": "1 kW", "h100e_bf16": 1, "pod_accelerators": 64}
    study = small_study(tmp_path, accelerators=[{**CHIP, "allocation": allocation}, own])
    supply = assemble(study, tables).problem.supply
    assert supply[0].tolist() == [0, 0, 0, 512, 0, 256, 0, 0, 0, 0, 0, 0]
    assert np.isinf(supply[1]).all()


def test_serving_has_a_factor_of_its_own(tmp_path: Path, tables: Tables) -> None:
    """An accelerator of 1 H100e that serves 1.5: a pod of 256 serves 384, a rented one 1.5."""
    lease = {"name": "old", "accelerator": H100, "gpus": 64, "usd_per_gpu_h": "2 USD/GPU/h", "ends": "2025-Q1"}
    study = small_study(tmp_path, accelerators=[{**CHIP, "inference_h100e": 1.5}], leases={"existing": [lease]})
    p = assemble(study, tables).problem
    assert (p.pod_serve.tolist(), p.pod_h100e.tolist()) == ([384.0], [256.0])
    assert (p.lease_serve.tolist(), p.lease_h100e.tolist()) == ([1.5], [1.0])


def test_serving_is_by_h100e_unless_stated(tmp_path: Path, tables: Tables) -> None:
    """Nothing stated: one scale for both."""
    p = assemble(small_study(tmp_path), tables).problem
    assert p.pod_serve.tolist() == p.pod_h100e.tolist()


def test_eight_bit_counts_by_its_own_column(tmp_path: Path, tables: Tables) -> None:
    """Gaudi 3 is 1.696 H100e in BF16 and half of it in 8 bit: a cluster of 1,000 H100e takes 590 or 1,180, in pods of
    64 so 10 or 19 pods.
    """
    gaudi = {**CHIP, "name": "Gaudi 3 (OAM)", "it_kw": "1 kW", "pod_accelerators": 64}
    found = {}
    for basis in ("bf16", "8bit"):
        cluster = {"name": "first", f"h100e_{basis}": 1000, "by": "2025-Q4"}
        study = small_study(tmp_path, accelerators=[gaudi], clusters=[cluster], compute_basis=basis)
        p = assemble(study, tables).problem
        found[basis] = (round(float(p.pod_h100e[0]) / 64, 3), int(p.cluster_pods[0, 0]))
    assert found == {"bf16": (1.696, 10), "8bit": (0.848, 19)}


def test_a_blank_of_the_basis_is_asked_for(tmp_path: Path, tables: Tables) -> None:
    """The A100 has no 8-bit figure in the catalogue."""
    ask = {"accelerators": [{**CHIP, "name": "A100 SXM 80GB"}], "compute_basis": "8bit"}
    cluster = {"name": "first", "gpus": 256, "accelerators": ["A100 SXM 80GB"], "by": "2025-Q4"}
    with pytest.raises(InputError, match="h100e_8bit"):
        assemble(small_study(tmp_path, clusters=[cluster], **ask), tables)
