"""Functions that stand in for the solver in runs of a sweep: some hang, some fail, some end their own process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from siting.errors import VerificationError
from siting.plan import Plan
from siting.run import solve
from siting.study import Study


def odd_ends(study: Study, *, tables: Any) -> Plan:
    """What the study's title asks for; any other title is solved."""
    if study.title == "hang":
        Path(study.assumptions[0]).write_text(str(os.getpid()))  # where the test looks for what is left of it
        time.sleep(600)
    if study.title == "fail":
        raise VerificationError("a limit does not hold")
    if study.title == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return solve(study, tables=tables)
