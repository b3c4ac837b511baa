"""The same sweep on a real Dask scheduler with two worker processes, one of which is killed."""

from __future__ import annotations

import os
import signal

import pytest
from small_studies import small_study

import siting

distributed = pytest.importorskip("distributed")


@pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed|dask|tornado")
def test_a_dask_worker_that_is_killed_costs_no_run(tmp_path):
    """Of six runs one has ended when a worker is killed: all six end, each recorded once, as `siting sweep` would."""
    study = small_study(tmp_path, grid={"joint": "off"})
    told = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        workers = [*client.run(os.getpid).values()]

        def kill_one(progress: siting.whatif.runner.SweepProgress) -> None:
            told.append(progress)
            if progress.done == 1:
                os.kill(workers[0], signal.SIGKILL)

        found = siting.sweep(
            study,
            {"money.discount_rate": [f"{n} %/y" for n in range(5, 11)]},
            folder=tmp_path / "sweep",
            executor=client.get_executor(),
            progress=kill_one,
        )
    assert [run.status for run in found] == ["done"] * 6
    assert sorted(message.run.name for message in told if message.run) == sorted(run.name for run in found)
    assert siting.read_sweep(tmp_path / "sweep").runs == found.runs
