"""Decisions -> the plan's tables.

Columns of the tables of every plan; parts of a study add tables and columns of their own (power units, contracts,
loans, taxes), each in a module here. Quarters are text (`2025-Q4`), money nominal musd unless a present value is said.

- sites: candidate, name, lat, lon, state, county_fips, interconnect, bus_id, tenure, open_quarter (first halls), it_mw,
  utility_mw (peak, at the meter), final_utility_mw (contracted), pue_mean, pue_peak, energization, grid_checked,
  clusters, npv_cost_musd
- modules: candidate, quarter (live), modules, it_mw
- deliveries: candidate, accelerator, quarter, pods, accelerators
- fleet: candidate, accelerator, quarter, installed, running (accelerators)
- leases: lease, provider, accelerator, quarter (start), gpus, term_quarters, usd_per_gpu_h, kind, existing, cluster
- clusters: cluster, host, tenure, accelerator, gpus, it_mw, utility_mw, by
- service: source, region, quarter, h100e_*, rtt_ms; regions: region, lat, lon, population, peak_h100e_*
- power: candidate, quarter, standing_it_mw, running_it_mw, running_utility_mw, energized_utility_mw, energy_mwh, co2_t
- cash: quarter, a column a kind of payment, total, cumulative, funding_cumulative; credits: item, musd (present value);
  after_horizon: quarter, rent, lease, existing_lease
- candidates: candidate, name, lat, lon, state, tenure, final_utility_mw, excluded_by, screen_cost_musd (present value,
  as the host of a cluster), serve_cost_musd_per_h100e, in_model
- grid_limits: kind, name, branch_id, outage_branch_id, limit_mw, base_mw, new_mw, spare_mw, no_room,
  lp_price_musd_per_mw
"""

from siting.tabulate.core import place_tables, plan_tables

__all__ = ["place_tables", "plan_tables"]
