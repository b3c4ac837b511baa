"""Public MATPOWER cases as pandapower solves them, an independent DC power flow."""

from __future__ import annotations

import warnings

import numpy as np

from siting.grid.network import Network


def peer_case(name: str):
    """A MATPOWER case of pandapower, one transformer given a phase shift, solved; (our network, its arrays)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower
        import pandapower.networks

        net = getattr(pandapower.networks, name)()
        if len(net.trafo):
            net.trafo.loc[net.trafo.index[-1], "shift_degree"] = 4.0
            net.trafo.loc[net.trafo.index[0], "shift_degree"] = -7.0
        pandapower.rundcpp(net, numba=False)
    solved = net._ppc["internal"]
    bus, generation, branch = (np.real(solved[k]) for k in ("bus", "gen", "branch"))
    injection = -bus[:, 2] - bus[:, 4] + np.bincount(generation[:, 0].astype(int), generation[:, 1], len(bus))
    slack = int(np.flatnonzero(bus[:, 1] == 3)[0])
    injection[slack] -= injection.sum()  # in case its generator is not written back
    tap = np.where(branch[:, 8] == 0, 1.0, branch[:, 8])
    ours = Network(
        bus_id=bus[:, 0].astype(np.int64),
        injection_mw=injection,
        spare_gen_mw=np.eye(len(bus))[slack] * 1e4,
        island=np.zeros(len(bus), dtype=np.int64),
        island_names=("case",),
        branch_id=np.arange(len(branch)),
        from_bus=branch[:, 0].astype(np.int64),
        to_bus=branch[:, 1].astype(np.int64),
        x_pu=branch[:, 3] * tap * 100.0 / solved["baseMVA"],
        shift_deg=branch[:, 9].copy(),
        rate_mw=branch[:, 5].copy(),
        monitored=branch[:, 5] > 0,
    )
    return ours, solved, slack
