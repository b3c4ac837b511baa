"""A sweep of 40 runs whose workers and whose main process are killed: no finished run is lost, the rest made up for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from small_studies import small_study

import siting

PROGRAM = """
import sys
from pathlib import Path
from small_studies import small_study
import siting
folder = Path(sys.argv[1])
study = small_study(folder, grid={"joint": "off"})
siting.sweep(study, {"money.discount_rate": [f"{n} %/y" for n in range(1, 41)]}, folder=folder / "sweep", workers=2)
"""
RATES = {"money.discount_rate": [f"{n} %/y" for n in range(1, 41)]}


def test_nothing_finished_is_lost_whoever_is_killed(tmp_path):
    """SIGKILL for a worker after 3 runs: the sweep goes on. For the main process after 10: what has ended stays, file
    by file, and no process is left. A second start on a pool of one process, which is killed too, hands back what it
    has; the third computes exactly what is missing, and every plan costs more at a lower rate of discount."""
    folder = tmp_path / "sweep"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    main = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], env=environment)
    _wait(lambda: len(_records(folder)) >= 3)
    (root,) = _children(main.pid)
    os.kill(_children(root)[0], signal.SIGKILL)
    at_kill = len(_records(folder))
    _wait(lambda: len(_records(folder)) >= max(10, at_kill + 3))
    below = [*_descendants(main.pid)]
    main.kill()
    main.wait()
    _wait(lambda: not any(map(_runs, below)))
    finished = _records(folder)
    assert 10 <= len(finished) < 40

    study = small_study(tmp_path, grid={"joint": "off"})
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        told = []

        def kill_one(progress: siting.whatif.runner.SweepProgress) -> None:
            told.append(progress)
            if progress.done == len(finished) + 3:
                worker = next(pid for pid in _children(os.getpid()) if "spawn_main" in _command(pid))
                os.kill(worker, signal.SIGKILL)

        broken = siting.sweep(study, RATES, folder=folder, executor=pool, progress=kill_one)
    assert told[0].reused == len(finished)
    assert {run.status for run in broken} == {"done", "not_run"}
    assert any("executor broke" in run.message for run in broken)
    kept = _records(folder)
    assert finished.items() <= kept.items() and len(kept) == sum(run.status == "done" for run in broken)

    last: list[siting.whatif.runner.SweepProgress] = []
    whole = siting.sweep(study, RATES, folder=folder, progress=last.append)
    assert last[0].reused == len(kept) and len(last) == 1 + 40 - len(kept)
    assert kept.items() <= _records(folder).items()
    values = whole.frame["value_musd"].tolist()
    assert [run.status for run in whole] == ["done"] * 40 and values == sorted(values)
    assert len(whole.plans) == 40 and whole.plans["7 %/y"].npv_cost_musd == whole["7 %/y"].value_musd


def _records(folder: Path) -> dict[str, tuple[int, int]]:
    """Finished records, with what changes when a file is written again."""
    found = {}
    for path in (folder / "runs").glob("[!.]*.json") if folder.exists() else ():
        status = path.stat()
        found[path.name] = (status.st_ino, status.st_mtime_ns)
    return found


def _wait(until: Callable[[], bool], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        time.sleep(0.02)


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _descendants(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _descendants(child)


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")


def _runs(pid: int) -> bool:
    """Whether the process is there and no corpse."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
