"""The processes that runs are forked from: they have imported the program and read the tables, and start no solver.

The root forks a stem for every worker thread; a stem does jobs one after the other, a forked child each. All of them
end when the process of the worker is gone, however it ended: their sockets are closed. By themselves they end when no
job comes for a minute.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import multiprocessing
import os
import pickle
import signal
import socket
import sys
import time
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from siting.whatif.apart import JobResult, killed

if TYPE_CHECKING:
    from siting.tables.read import Tables

IDLE_S = 60.0
FORK: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
"""Only Linux forks here; elsewhere nothing but `once` is asked for."""
_PR_SET_PDEATHSIG = 1
"""Number of the call in Linux's prctl.h by which a process asks for a signal when its parent dies."""


def main(how: str, line: int) -> None:
    """`root`: fork a stem for every socket that comes in by the socket `line`. `once`: one job, all of stdin."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's business; it ends us
    if how == "root":
        _fork_stems(socket.socket(fileno=line))
        return
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print stays apart from the answer
    answers.write(pickle.dumps(_answer(sys.stdin.buffer.read(), _tables())))
    answers.flush()


def _fork_stems(control: socket.socket) -> None:
    tables = _tables()
    _warm(tables)
    while (ready := wait([control], timeout=IDLE_S)) or multiprocessing.active_children():
        if not ready:
            continue
        message, lines, _, _ = socket.recv_fds(control, 1, 1)
        if not message:  # the worker is gone
            return
        multiprocessing.active_children()  # buries those that have ended
        FORK.Process(target=_serve, args=(control, lines[0], tables)).start()
        os.close(lines[0])


def _serve(control: socket.socket, line: int, tables: Tables) -> None:
    """A stem: jobs one after the other, until the worker is gone or has had none for a while."""
    control.close()
    jobs: Connection[Any, Any] = Connection(line)
    with contextlib.suppress(EOFError, OSError):
        while wait([jobs], timeout=IDLE_S):
            work, limit_s = pickle.loads(jobs.recv_bytes())
            receive, send = FORK.Pipe(duplex=False)
            child = FORK.Process(target=_child, args=(work, tables, send, os.getpid()))
            child.start()
            send.close()
            ready = wait([receive, jobs], timeout=limit_s)
            content = pickle.dumps(killed(limit_s))
            if receive in ready:
                content = _received(receive, child)
            child.kill()  # it has answered, or it never will
            child.join()
            receive.close()
            if jobs in ready:  # nothing comes unasked but the end
                return
            jobs.send_bytes(content)


def _received(receive: Connection[Any, Any], child: Any) -> bytes:
    try:
        return receive.recv_bytes()
    except EOFError:
        child.join()
        return pickle.dumps(
            JobResult(outcome="died", message=f"the process of the run ended with code {child.exitcode}")
        )


def _child(work: bytes, tables: Tables, send: Connection[Any, Any], parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        return
    send.send_bytes(pickle.dumps(_answer(work, tables)))


def _answer(work: bytes, tables: Tables) -> JobResult:
    """The run itself. Every error becomes an answer."""
    from siting.errors import InputError, VerificationError
    from siting.whatif.freshness import data_digest

    began = time.perf_counter()
    try:
        module, function, study = pickle.loads(work)
        plan = getattr(importlib.import_module(module), function)(study, tables=tables)
        return JobResult(
            outcome="plan",
            plan=pickle.dumps(plan),
            seconds=time.perf_counter() - began,
            data=data_digest(tables.data_dir),
        )
    except InputError as error:
        return JobResult(outcome="refused", message=str(error))
    except VerificationError as error:
        return JobResult(outcome="unverified", message=str(error))
    except Exception as error:
        return JobResult(outcome="failed", message=f"{type(error).__name__}: {error}")


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
