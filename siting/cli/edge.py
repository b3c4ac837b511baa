"""The edge of the program: exit codes, what an error looks like, JSON on stdout."""

from __future__ import annotations

import json
import math
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siting.errors import Fault
    from siting.plan import Plan
    from siting.study import Study
    from siting.tables.read import Tables

EXIT_FAULT_OF_OURS, EXIT_BAD_INPUT, EXIT_GAP, EXIT_INFEASIBLE, EXIT_NO_PLAN, EXIT_VERIFICATION = 1, 2, 3, 4, 5, 6

TABLES_WITHOUT_ONE = ("candidates",)
TABLES_OF_A_PLAN = (
    *TABLES_WITHOUT_ONE,
    *("sites", "leases", "clusters", "power", "cash", "credits", "deliveries", "service", "regions"),
)
"""Without these nothing can be said of a plan; that others are there is for `siting verify` to say."""


def guarded(command: Callable[..., Any]) -> None:
    """Run the command and leave with its exit code; every exception becomes one message and a code, never a traceback
    (SITING_DEBUG=1 shows the one of a fault of ours). With --json the message is an object on stdout too.
    """
    from siting.errors import Fault, InputError, VerificationError

    try:
        code = command(standalone_mode=False)
        sys.stdout.flush()
        if lost := getattr(sys.stdout, "lost", None):
            raise OSError(lost.errno, lost.strerror, "stdout")
    except InputError as error:
        _refuse(error.faults)
        code = EXIT_BAD_INPUT
    except VerificationError as error:
        _say(str(error), {"error": "verification failed", "faults": str(error).splitlines()})
        code = EXIT_VERIFICATION
    except Exception as error:
        if hasattr(error, "format_message"):  # what click raises for a wrong option or argument
            code = _refuse_usage(error)
        elif isinstance(error, OSError) and error.filename:
            found, expected = str(error.strerror or error), "a file that can be used"
            _refuse((Fault(file=str(error.filename), key="the file", value=found, expected=expected),))
            code = EXIT_BAD_INPUT
        else:
            code = _confess(error)
    sys.exit(code if isinstance(code, int) else 0)


def _refuse(faults: tuple[Fault, ...]) -> None:
    rows = [{"file": f.file, "key": f.key, "value": f.value, "expected": f.expected} for f in faults]
    _say("\n".join(map(str, faults)), {"error": "bad input", "faults": rows})


def _refuse_usage(error: Any) -> int:
    """A wrong option or argument; `siting` alone prints its help."""
    param = getattr(error, "param", None)
    key = getattr(error, "option_name", None) or (param.opts[0] if param else "arguments")
    row = {"file": "command line", "key": key, "value": " ".join(sys.argv[1:]), "expected": error.format_message()}
    error.show()
    if as_json():
        print_json({"error": "bad input", "faults": [row]})
    return EXIT_BAD_INPUT


def _confess(error: Exception) -> int:
    """One line that says what to report."""
    if os.environ.get("SITING_DEBUG"):
        traceback.print_exc()
    what = f"{type(error).__name__}: {error}".replace("\n", " ")
    _say(
        f"siting failed: {what} - our fault, not yours: please report it with the study and the output of the same "
        "command under SITING_DEBUG=1",
        {"error": "our fault", "message": what},
    )
    return EXIT_FAULT_OF_OURS


def _say(message: str, content: dict[str, Any]) -> None:
    print(message, file=sys.stderr)
    if as_json():
        print_json(content)


def as_json() -> bool:
    """Whether the command asks for JSON; also known when the command could not be read."""
    return "--json" in sys.argv[1:]


def print_json(content: dict[str, Any]) -> None:
    """One JSON object on stdout; what is not a number in JSON becomes null. Escaped where the console is not UTF-8."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(_plain(content), ensure_ascii=not utf8, indent=1, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return None if str(value) in ("<NA>", "NaT") else str(value)


def json_or_text(text: str) -> Any:
    """What the text says in JSON, or the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_saved(folder: Path) -> tuple[Plan, Study]:
    """A saved plan and the study inside it. Raises InputError when either cannot be read."""
    from siting.errors import Fault, raise_if_any
    from siting.plan import read_plan
    from siting.run import study_of

    plan, file = read_plan(folder), str(folder / "plan.json")
    needed = TABLES_OF_A_PLAN if plan.npv_cost_musd is not None else TABLES_WITHOUT_ONE
    lost = [name for name in needed if name not in plan.tables]
    raise_if_any([Fault(file=file, key=f"tables.{name}", value="nothing", expected="a table") for name in lost])
    return plan, study_of(plan, file)


def read_verified(folder: Path) -> tuple[Plan, Study]:
    """As `read_saved`, of a plan that is asked about: its value and limits are recomputed first, since what costs more
    than a value that was altered is not known. Raises VerificationError too.

    A plan without a value is left to what answers. Raises InputError where its inputs are others by now.
    """
    from siting.errors import VerificationError, raise_if_any
    from siting.run import other_inputs
    from siting.tables.read import read_tables

    (plan, study), tables = read_saved(folder), read_tables()
    raise_if_any(other_inputs(plan, study, tables))
    if faults := recomputed(folder, plan, study, tables):
        raise VerificationError("\n".join(faults))
    return plan, study


def recomputed(folder: Path, plan: Plan, study: Study, tables: Tables) -> list[str]:
    """What differs from the plan when its value and limits are computed again, a line each that names the folder. Lines
    that it overloads and says it does (`grid.rounds` ended its search) are no news."""
    from siting.verification import verify

    if plan.npv_cost_musd is None:
        return []
    found = verify(plan, study, tables)
    if found.only_grid and plan.facts.get("grid", {}).get("overloads"):
        return []
    return [f"{folder}: {fault}" for fault in found.faults]


def refuse_file(out: Path) -> None:
    """What cannot be written is said before it is computed. Raises InputError."""
    from siting.errors import Fault, raise_if_any
    from siting.writing import unwritable

    raise_if_any(unwritable(out, "--out", into=False))
    if out.is_dir() or not out.parent.is_dir():
        found = "a folder" if out.is_dir() else "no such folder"
        raise_if_any([Fault(file=str(out), key="--out", value=found, expected="a file in a folder")])


def show_table(name: str, rows: int) -> int:
    """Print a shipped table; raises InputError for an unknown name."""
    import difflib
    from dataclasses import fields

    import pandas as pd

    from siting.errors import Fault, InputError
    from siting.tables.read import read_tables

    tables = read_tables()
    known = [f.name for f in fields(tables) if isinstance(getattr(tables, f.name), pd.DataFrame)]
    wanted = name.removesuffix(".csv").removesuffix(".parquet")
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=1)
        expected = f"{near[0]!r}?" if near else f"one of {', '.join(known)}"
        raise InputError([Fault(file="data", key="TABLE", value=name, expected=expected)])
    frame: pd.DataFrame = getattr(tables, wanted)
    with pd.option_context("display.width", 200, "display.max_columns", 40, "display.max_colwidth", 40):
        print(frame.head(rows).to_string(index=False))
    if len(frame) > rows:
        print(f"... {len(frame) - rows:,} more rows (--rows N)")
    return 0
