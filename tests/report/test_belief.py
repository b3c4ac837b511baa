"""MW from chips against the belief that 100 MW will do."""

from __future__ import annotations

import pytest

from siting.plan import Plan
from siting.report.belief import belief, cluster_megawatts
from siting.study import Study
from siting.tables.read import Tables


def test_hundred_thousand_h100_take_140_mw_it(plan: Plan, study: Study, tables: Tables):
    """100,096 x 1.40 kW = 140.1 MW IT, x 1.2 = 168.2 MW; 100 MW / (1.4 kW x 1.2) = 59,500."""
    rows = cluster_megawatts(plan, study, tables)
    assert rows["it_mw"].tolist() == pytest.approx([140.1344])
    assert rows["utility_mw"].tolist() == pytest.approx([168.16128])
    sentence = belief(rows)
    assert "140 MW of critical IT" in sentence
    assert "168 MW at the meter" in sentence
    assert "100 MW is not enough even for the critical IT" in sentence
    assert "about 59,500" in sentence


def test_leased_cluster_is_an_estimate_of_the_providers_power(leased: Plan, study: Study, tables: Tables):
    """On a lease 100,000 x 1.40 kW x the liquid class's peak 1.2 = 168 MW, labelled estimate."""
    rows = cluster_megawatts(leased, study, tables)
    assert rows["utility_mw"].tolist() == pytest.approx([168.0])
    assert "the provider's power" in rows["basis"].iloc[0]


def test_small_cluster_fits_100_mw(plan: Plan, study: Study, tables: Tables):
    """2,048 GPUs draw 3.4 MW: 100 MW is enough."""
    small = plan.tables["clusters"].assign(gpus=2048, it_mw=2.8672, utility_mw=3.44064)
    rows = cluster_megawatts(_with_clusters(plan, small), study, tables)
    assert "100 MW at the meter is enough" in belief(rows)


def _with_clusters(plan: Plan, clusters):
    from dataclasses import replace

    return replace(plan, tables={**plan.tables, "clusters": clusters})
