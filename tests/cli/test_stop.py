"""Ctrl-C and SIGTERM: one message, the exit code of a shell, nothing half written."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_studies import small_study

from siting import run
from siting.stops import held_back
from siting.whatif.apart import Job, JobResult
from siting.whatif.decided import place_decided

WORDS = ("solve", "models/tiny.toml", "--json")
DEAF = """
import hashlib, sys
import siting.run
from siting.cli import main, stop
stop.PATIENCE_S = 0.2
def deaf(*_, **__):
    print("begun", file=sys.stderr, flush=True)
    hashlib.pbkdf2_hmac("sha256", b"a", b"b", 1_000_000_000)  # minutes, without a look at signals
siting.run.solve = deaf
main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_search_leaves_one_object(siting, monkeypatch, number, code):
    """Stopped while it searches: the message, one object, no traceback, nothing written; handlers are as before."""
    before = signal.getsignal(number)
    monkeypatch.setattr(run, "solve", lambda *_, **__: signal.raise_signal(number))
    said = siting(*WORDS)
    assert (said.code, json.loads(said.out)) == (code, {"error": "stopped"})
    assert said.err.splitlines()[-1] == "stopped; nothing was written" and "Traceback" not in said.err
    assert list(Path().iterdir()) == [] and signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_library_that_does_not_look_up_is_left(tmp_path, number):
    """A call that lasts for minutes and never returns to Python: gone after the patience, with message and object."""
    with subprocess.Popen(
        [sys.executable, "-c", DEAF, *WORDS], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        while "begun" not in process.stderr.readline():
            pass
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, json.loads(out)) == (128 + number, {"error": "stopped"})
    assert err == "stopped; nothing was written\n" and list(tmp_path.iterdir()) == []


def test_a_stop_inside_is_passed_on_at_the_end(monkeypatch):
    """Two stops while a library is at work: it is told of both, and one is raised when it is done."""
    done = []
    with pytest.raises(KeyboardInterrupt), held_back() as stops:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append(len(stops))
    assert done == [2] and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_trials_that_wait_are_not_begun_after_a_stop(tmp_path, monkeypatch):
    """Eight trials in four pieces on two workers: Ctrl-C does not wait for the pieces that have not begun."""
    begun: list[Job] = []

    def slow(job: Job) -> JobResult:
        begun.append(job)
        time.sleep(0.3)
        return JobResult(outcome="died")

    def stopped(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("siting.whatif.decided.run_apart", slow)
    monkeypatch.setattr("siting.whatif.decided.as_completed", stopped)
    with pytest.raises(KeyboardInterrupt):
        place_decided(small_study(tmp_path), runs=7, workers=2)
    assert len(begun) <= 2
