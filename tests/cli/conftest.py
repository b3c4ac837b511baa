"""The command as a planner calls it: words in, exit code, stdout and stderr out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Said:
    """What a command said and left with."""

    code: int
    out: str
    err: str


@pytest.fixture
def siting(tmp_path, monkeypatch, capfd) -> Callable[..., Said]:
    """`siting(*words)` in an empty folder; what C libraries print on stdout is caught too."""
    from siting.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SITING_DEBUG", raising=False)

    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["siting", *words])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capfd.readouterr()
        assert isinstance(left.value.code, int)
        return Said(code=left.value.code, out=out, err=err)

    return run
