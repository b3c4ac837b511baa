"""The same sweep on a real Dask scheduler with two worker processes, one of which is killed."""

from __future__ import annotations

import json
import os
import signal

import pytest
import tomlkit
from small_studies import small_study

import siting
from siting.cli.sweep import run_sweep

MORE = """
name = "more"
study = "study.toml"
grid = { "money.discount_rate" = ["5 %/y", "6 %/y", "7 %/y", "8 %/y", "9 %/y", "10 %/y", "11 %/y"] }
"""
distributed = pytest.importorskip("distributed")


@pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed|dask|tornado")
def test_a_dask_worker_that_is_killed_costs_no_run(tmp_path, capsys):
    """Of six runs one has ended when a worker is killed: all six end, each recorded once. `siting sweep --scheduler`
    then finds them, and has the workers compute a seventh."""
    study = small_study(tmp_path, grid={"joint": "off"})
    (tmp_path / "study.toml").write_text(tomlkit.dumps(study.model_dump(mode="json", exclude_unset=True)))
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
        (tmp_path / "more.toml").write_text(MORE)
        said = run_sweep(
            tmp_path / "more.toml",
            tmp_path / "sweep",
            workers=None,
            scheduler=cluster.scheduler_address,
            limit_s=None,
            as_json=True,
        )
    answer = json.loads(capsys.readouterr().out)
    assert (said, answer["ended"]) == (0, {"done": 7})
    assert [row["value_musd"] for row in answer["runs"]][:6] == found.frame["value_musd"].tolist()
    assert [run.status for run in found] == ["done"] * 6
    assert sorted(message.run.name for message in told if message.run) == sorted(run.name for run in found)
