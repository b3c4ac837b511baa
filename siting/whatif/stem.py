"""The process that runs are forked from: it has imported the program and read the tables, and starts no solver itself.

It reads jobs from stdin one after the other, forks a child for each, and writes each answer to stdout. It ends with the
child when its worker is gone (stdin is closed), and by itself when no job comes for a minute.
"""

from __future__ import annotations

import ctypes
import importlib
import multiprocessing
import os
import pickle
import signal
import sys
import time
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, BinaryIO

from siting.whatif.apart import Answer, killed, read_message, write_message

if TYPE_CHECKING:
    from siting.tables.read import Tables

IDLE_S = 60.0
_PR_SET_PDEATHSIG = 1
"""Number of the call in Linux's prctl.h by which a process asks for a signal when its parent dies."""


def main(how: str) -> None:
    """`stem`: serve jobs until stdin is closed. `once`: one job, all of stdin, in this process."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print stays apart from the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's business; it ends us
    if how == "once":
        answers.write(pickle.dumps(_answer(sys.stdin.buffer.read(), _tables())))
        answers.flush()
        return
    _serve(os.fdopen(0, "rb", buffering=0, closefd=False), answers)


def _serve(jobs: BinaryIO, answers: BinaryIO) -> None:
    tables = _tables()
    _warm(tables)
    context = multiprocessing.get_context("fork")
    while wait([jobs.fileno()], timeout=IDLE_S) and (message := read_message(jobs)) is not None:
        work, limit_s = pickle.loads(message)
        receive, send = context.Pipe(duplex=False)
        child = context.Process(target=_child, args=(work, tables, send, os.getpid()))
        child.start()
        send.close()
        ready = wait([receive, jobs.fileno()], timeout=limit_s)
        content = pickle.dumps(killed(limit_s))
        if receive in ready:
            content = _received(receive, child)
        elif ready:  # the worker is gone
            child.kill()
            return
        child.kill()  # it has answered, or it never will
        child.join()
        receive.close()
        write_message(answers, content)


def _received(receive: Connection[Any, Any], child: Any) -> bytes:
    try:
        return receive.recv_bytes()
    except EOFError:
        child.join()
        return pickle.dumps(Answer(outcome="died", message=f"the process of the run ended with code {child.exitcode}"))


def _child(work: bytes, tables: Tables, send: Connection[Any, Any], parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        return
    send.send_bytes(pickle.dumps(_answer(work, tables)))


def _answer(work: bytes, tables: Tables) -> Answer:
    """The run itself. Every error becomes an answer."""
    from siting.errors import InputError, VerificationError
    from siting.whatif.freshness import data_digest

    began = time.perf_counter()
    try:
        module, function, study = pickle.loads(work)
        plan = getattr(importlib.import_module(module), function)(study, tables=tables)
        return Answer(
            outcome="plan",
            plan=pickle.dumps(plan),
            seconds=time.perf_counter() - began,
            data=data_digest(tables.data_dir),
        )
    except InputError as error:
        return Answer(outcome="refused", message=str(error))
    except VerificationError as error:
        return Answer(outcome="unverified", message=str(error))
    except Exception as error:
        return Answer(outcome="failed", message=f"{type(error).__name__}: {error}")


def _tables() -> Tables:
    from siting.tables.read import read_tables

    return read_tables()


def _warm(tables: Tables) -> None:
    """What every run would load for itself: libraries, units, the network."""
    import siting.run  # noqa: F401
    from siting.assembly import assemble
    from siting.grid.chosen import study_network
    from siting.grid.powerflow import base_flows_mw
    from siting.places import shipped
    from siting.study import read_study
    from siting.whatif.freshness import data_digest

    data_digest(tables.data_dir)
    study = read_study(shipped("models") / "tiny.toml")
    assemble(study, tables)
    base_flows_mw(study_network(study, tables.data_dir).network)
