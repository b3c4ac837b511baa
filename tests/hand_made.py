"""One problem with round numbers, every limit in it, to be changed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from siting.problem import Problem


def hand_made(**changes: Any) -> Problem:
    """Two candidates, two quarters, one accelerator, one offer, one cluster, two regions; musd.

    Candidate 0: live from quarter 0, PUE 1.25, 20 then 25 MW at the meter, reaches both regions, opening 12, a module
    5 + 0.5 + 0.25 a quarter. Candidate 1: live from quarter 1, opening 20 paid a quarter before, PUE 1.5, 40 MW,
    reaches region 0 alone, a module 6. Modules of 10 MW IT, 2 to 4 a site. A pod: 2 MW IT, 64 accelerators, 100 H100e,
    2 musd and 2.5 % a quarter, sales tax 10 % at candidate 0; two pods a quarter are shipped. Offer: 16 to 100 GPUs
    for two quarters at 0.01, 0.5 H100e each, region 0. Cluster: 6 pods or 24 GPUs in both quarters.
    """
    upper = np.triu(np.ones((2, 2)))
    values: dict[str, Any] = {
        "quarters": 2,
        "module_it_mw": 10.0,
        "candidate_id": np.array(["c0", "c1"], dtype=object),
        "pue_peak": np.array([1.25, 1.5]),
        "modules_max": np.array([4, 4]),
        "modules_first": np.array([2, 2]),
        "live_from": np.array([0, 1]),
        "energized_mw": np.array([[20.0, 25.0], [0.0, 40.0]]),
        "reach": np.array([[True, True], [True, False]]),
        "mwh_per_it_mw": np.full((2, 2), 2000.0),
        "usd_per_mwh": np.array([[50.0, 50.0], [25.0, 25.0]]),
        "co2_t_per_mwh": np.array([0.4, 0.5]),
        "npv_open_musd": np.array([[11.0, 10.0], [0.0, 18.0]]),
        "npv_module_musd": np.array([[5.0, 4.5], [0.0, 5.5]]),
        "npv_pod_musd": np.array([[[2.0, 1.9]], [[0.0, 1.7]]]),
        "npv_run_musd": np.array([[[0.2, 0.18]], [[0.1, 0.09]]]),
        "opening_cash_musd": np.array([[12.0, 12.0], [20.0, 20.0]]),
        "opening_lag": np.array([0, 1]),
        "module_cash_factor": np.array([[5.0, 0.5, 0.25], [6.0, 0.0, 0.0]]),
        "module_cash_profile": np.stack([np.eye(2), upper, upper]),
        "pod_price_musd": np.array([2.0]),
        "sales_tax": np.array([[0.1, 0.1], [0.0, 0.0]]),
        "property_tax": np.zeros(2),
        "pod_cash_profile": np.stack([np.eye(2)[None], 0.05 * upper[None], upper[None]]),
        "accelerator": np.array(["chip"], dtype=object),
        "pod_accelerators": np.array([64]),
        "pod_it_mw": np.array([2.0]),
        "pod_h100e": np.array([100.0]),
        "pod_serve": np.array([100.0]),
        "deliver_from": np.array([0]),
        "pod_life": np.array([2]),
        "supply": np.array([[128.0, 128.0]]),
        "lease_id": np.array(["offer"], dtype=object),
        "lease_h100e": np.array([0.5]),
        "lease_serve": np.array([0.5]),
        "lease_min": np.array([16.0]),
        "lease_max": np.array([100.0]),
        "lease_term": np.array([2]),
        "lease_start": np.array([[True, True]]),
        "lease_forced": np.array([False]),
        "lease_reach": np.array([[True, False]]),
        "npv_lease_musd": np.array([[0.02, 0.03]]),
        "lease_cash_musd": np.array([[[0.01, 0.01], [0.0, 0.01]]]),
        "cluster": np.array(["k0"], dtype=object),
        "cluster_pods": np.array([[6]]),
        "cluster_lease_gpus": np.array([[24]]),
        "cluster_from": np.array([0]),
        "cluster_until": np.array([1]),
        "region": np.array(["town", "coast"], dtype=object),
        "demand_h100e": np.array([[40.0, 60.0], [0.0, 30.0]]),
        "serve_factor": 0.8,
        "discount": np.array([1.0, 0.9]),
        "funding_musd": np.array([500.0, 900.0]),
    }
    return Problem(**{**values, **changes})
