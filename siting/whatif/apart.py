"""One run in a process of its own, ended from outside when it outlasts its limit; from a worker of any kind.

A process that runs jobs keeps a *root* (`siting.whatif.stem`): an interpreter that imports the program and reads the
tables once. It forks a *stem* for each worker thread, and a stem a child for each run. The first run waits for the
root, the others start at once. Where there is no safe fork (everywhere but Linux) every run has a new interpreter.

Measured on two cores: 4.4 s of processor time for the root, then 0.03 s a run beside the run itself.

Decision: `subprocess`, not `multiprocessing`: workers of Dask are daemonic processes, which may have no children of
multiprocessing; and a limit inside the solver is not enough, since a presolve can outlast it (HiGHS #2478).

Only the standard library is imported here: a worker stays small.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any, Literal

ATTEMPTS = 3
"""So often a run is tried whose process ends without an answer: killed by the system, most often for want of memory."""
STARTING_S = 60.0
"""Seconds that a new interpreter may take before the limit of its run counts."""
_TAIL_BYTES = 2_000

Outcome = Literal["plan", "refused", "unverified", "failed", "killed", "died"]
"""plan: the search ended, with or without a plan, and says so itself. refused: bad input that only the tables reveal.
unverified: the second reading of the plan found a fault. failed: an error of ours or of the solver. killed: outlasted
the outer limit. died: its process ended from outside."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run to do."""

    work: bytes
    """Pickle of (module, function, study)."""
    limit_s: float
    """Wall seconds after which the run is killed."""
    threads: int
    """Threads of the libraries that count for themselves (BLAS, Arrow); the solver's are in the study."""


@dataclass(frozen=True, kw_only=True)
class JobResult:
    """What came of it."""

    outcome: Outcome
    message: str = ""
    seconds: float = 0.0
    plan: bytes = b""
    """Pickle of the plan, when there is one."""
    data: str = ""
    """Digest of the tables that the run has read."""


def run_apart(job: Job) -> JobResult:
    """Do the run in a process of its own and wait. Never raises for what happens to the run."""
    began = time.perf_counter()
    answer = JobResult(outcome="died", message="stopped before it began")
    for _ in range(ATTEMPTS):
        answer = _forked(job) if sys.platform == "linux" else run_in_new_interpreter(job)
        if answer.outcome != "died" or _closing.is_set():
            break
    return replace(answer, seconds=time.perf_counter() - began)


def close_stems() -> None:
    """End the stems of this process at once, with the runs in them."""
    global _root
    _closing.set()
    with _lock:
        for stem in _stems:
            stem.close()
        _idle.clear()
        if _root is not None:
            _root.close()
            _root = None


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_stems() -> None:
    """Stems may be started again."""
    _closing.clear()


class _Root:
    """The interpreter that has loaded everything, and forks a stem for every line that it is sent."""

    def __init__(self, threads: int) -> None:
        self._made_for = (threads, tuple(sys.path))
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                _command("root", theirs.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=self._said,
                env=_environment(threads),
                pass_fds=[theirs.fileno()],
            )

    def fits(self, threads: int) -> bool:
        """Whether it lives and would be made the same way now."""
        return self._process.poll() is None and self._made_for == (threads, tuple(sys.path))

    def stem(self) -> _Stem:
        """A new one. Raises OSError when the root is gone."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"s"], [theirs.fileno()])
        return _Stem(ours)

    def last_words(self) -> str:
        """How it ended and the end of what it wrote; nothing while it lives."""
        code = self._process.poll()
        if code is None:
            return ""
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - _TAIL_BYTES))
        return f" with code {code}: {_last_line(self._said.read())}"

    def close(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()
        self._said.close()

    def forget(self) -> None:
        """Let go of it in a copy of this process: it goes on for the original."""
        self._control.close()
        self._said.close()


class _Stem:
    """A process that waits for jobs, and forks a child for each."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._messages: Connection[Any, Any] = Connection(os.dup(line.fileno()))

    def alive(self) -> bool:
        return not self._messages.poll()  # nothing comes unasked but the end

    def do(self, job: Job) -> JobResult | None:
        """None: the stem is gone."""
        try:
            self._messages.send_bytes(pickle.dumps((job.work, job.limit_s)))
            answer: JobResult = pickle.loads(self._messages.recv_bytes())
        except (OSError, EOFError):
            return None
        return answer

    def close(self) -> None:
        """End it, also from another thread than that which waits for it. A child that is at work ends with it."""
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        self._messages.close()
        self._line.close()


_lock, _closing = threading.Lock(), threading.Event()
_root: _Root | None = None
_stems: list[_Stem] = []
_idle: list[_Stem] = []


def _forked(job: Job) -> JobResult:
    root, stem = _take(job.threads)
    answer = None if stem is None else stem.do(job)
    with _lock:
        if answer is not None and stem is not None and not _closing.is_set():
            _idle.append(stem)
        elif stem is not None:
            _stems.remove(stem)
            stem.forget()
    if answer is None:
        return JobResult(outcome="died", message=f"the process that runs are forked from ended{root.last_words()}")
    return answer


def _take(threads: int) -> tuple[_Root, _Stem | None]:
    """An idle stem that lives, else a new one; None where the root ends before it gives one."""
    global _root
    with _lock:
        if _root is None or not _root.fits(threads):
            if _root is not None:
                _root.close()
            _root = _Root(threads)
            _drop(_idle)
        while _idle:
            stem = _idle.pop()
            if stem.alive():
                return _root, stem
            _drop([stem])
        try:
            stem = _root.stem()
        except OSError:
            return _root, None
        _stems.append(stem)
        return _root, stem


def _drop(stems: list[_Stem]) -> None:
    for stem in tuple(stems):
        stem.close()
        stem.forget()
        _stems.remove(stem)
        if stem in _idle:
            _idle.remove(stem)


def run_in_new_interpreter(job: Job) -> JobResult:
    """The run in an interpreter of its own, about two seconds slower than from a stem."""
    with subprocess.Popen(
        _command("once"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(job.threads),
    ) as process:
        try:
            content, said = process.communicate(job.work, timeout=STARTING_S + job.limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return killed(job.limit_s)
        except BaseException:
            process.kill()
            raise
    if process.returncode or not content:
        why = f"the process of the run ended with code {process.returncode}: {_last_line(said)}"
        return JobResult(outcome="died", message=why)
    answer: JobResult = pickle.loads(content)
    return answer


def killed(limit_s: float) -> JobResult:
    """The answer of a run that outlasted its limit."""
    return JobResult(outcome="killed", message=f"killed after {limit_s:g} s: it outlasted the limit of a run")


def _last_line(said: bytes) -> str:
    text = said.decode("utf-8", "replace").strip()
    return text.splitlines()[-1] if text else "it wrote nothing"


def _command(how: str, line: int = 0) -> list[str]:
    """The interpreter of this worker, looking for modules where this one does."""
    program = f"import sys; sys.path[:] = {sys.path!r}; from siting.whatif.stem import main; main({how!r}, {line})"
    return [sys.executable, "-c", program]


def _environment(threads: int) -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}


def _forget() -> None:
    """A forked worker has no part in the stems of the process that it is a copy of."""
    global _lock, _root
    _lock = threading.Lock()
    for stem in _stems:
        stem.forget()
    if _root is not None:
        _root.forget()
    _root = None
    _stems.clear()
    _idle.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
atexit.register(close_stems)
