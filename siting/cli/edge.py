"""The edge of the program: exit codes, what an error looks like, JSON on stdout."""

from __future__ import annotations

import json
import math
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

EXIT_FAULT_OF_OURS, EXIT_BAD_INPUT, EXIT_GAP, EXIT_INFEASIBLE, EXIT_NO_PLAN, EXIT_VERIFICATION = 1, 2, 3, 4, 5, 6


def guarded(command: Callable[[], Any]) -> None:
    """Run the command; every exception becomes one message and an exit code. SITING_DEBUG=1 shows tracebacks."""
    from siting.errors import Fault, InputError, VerificationError

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a letter must not stop a plan
    try:
        command()
    except InputError as error:
        _refuse(error.faults)
        sys.exit(EXIT_BAD_INPUT)
    except VerificationError as error:
        print(error, file=sys.stderr)
        if "--json" in sys.argv:
            print_json({"error": "verification failed", "faults": str(error).splitlines()})
        sys.exit(EXIT_VERIFICATION)
    except OSError as error:
        where = str(error.filename or "a file")
        _refuse(
            (Fault(file=where, key="the file", value=str(error.strerror or error), expected="a file that can be used"),)
        )
        sys.exit(EXIT_BAD_INPUT)
    except Exception as error:
        if os.environ.get("SITING_DEBUG"):
            traceback.print_exc()
        print(
            f"siting failed: {type(error).__name__}: {error}\nThis is our fault, not yours. Please report it "
            "with the study and the output of the same command with SITING_DEBUG=1.",
            file=sys.stderr,
        )
        sys.exit(EXIT_FAULT_OF_OURS)


def _refuse(faults: tuple[Any, ...]) -> None:
    for fault in faults:
        print(fault, file=sys.stderr)
    if "--json" in sys.argv:
        rows = [{"file": f.file, "key": f.key, "value": f.value, "expected": f.expected} for f in faults]
        print_json({"error": "bad input", "faults": rows})


def print_json(content: dict[str, Any]) -> None:
    """One JSON object on stdout; what is not a number in JSON becomes null."""
    print(json.dumps(_plain(content), ensure_ascii=False, indent=1))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


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
