"""A closed console, a reader that goes away and a full disk behind a stream end no command."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from siting import run
from siting.cli.outlet import Outlet


def test_a_reader_that_goes_away_is_not_missed() -> None:
    """Written to a pipe that nobody reads: no error then, nor when the stream is flushed and closed."""
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w", buffering=1) as stream:
        outlet = Outlet(stream)
        for _ in range(3):
            assert outlet.write("a line\n") == 7
        outlet.flush()
        assert outlet.lost is None and outlet.fileno() == theirs


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_full_disk_behind_a_stream(siting, monkeypatch, name: str) -> None:
    """The answer could not be written: exit 2 and a line that says so. What is told on the way is lost: no matter."""
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, name, full)
        said = siting("data", "show", "lease_offers", "--rows", "1")
    expected = "stdout: the file: found No space left on device; expected a file that can be used\n"
    assert (said.code, said.err) == ((2, expected) if name == "stdout" else (0, ""))


def test_progress_that_cannot_be_told_ends_no_search(siting, monkeypatch) -> None:
    """stderr is a pipe that nobody reads: the search goes on after its first word; its fault is the one told."""
    ours, theirs = os.pipe()
    os.close(ours)
    gone_on = []

    def solve(study: object, *, progress: object) -> None:
        for _ in range(3):
            print("a line", file=sys.stderr, flush=True)
        gone_on.append(study)
        raise ZeroDivisionError

    monkeypatch.setattr(run, "solve", solve)
    with os.fdopen(theirs, "w", buffering=1) as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        said = siting("solve", "models/tiny.toml", "--json")
    assert len(gone_on) == 1 and (said.code, json.loads(said.out)["error"]) == (1, "our fault")


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_closed_stream_is_none_at_all(siting, monkeypatch, name: str) -> None:
    """`siting fields >&-`: Python knows no such stream then."""
    monkeypatch.setattr(sys, name, None)
    assert siting("fields", "search.gap").code == 0
