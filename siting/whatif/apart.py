"""One run in a process of its own, ended from outside when it outlasts its limit; from a worker of any kind.

A worker that runs a job keeps a *stem* (`siting.whatif.stem`): an interpreter that has imported the program and read
the tables once, and forks a child for every run. The first run of a worker waits for its stem, the others start at
once. Where there is no safe fork (everywhere but Linux) every run has a new interpreter.

Decision: `subprocess`, not `multiprocessing`: workers of Dask are daemonic processes, which may have no children of
multiprocessing; and a limit inside the solver is not enough, since a presolve can outlast it (HiGHS #2478).

Only the standard library is imported here: a worker stays small.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal

ATTEMPTS = 3
"""So often a run is tried whose process ends without an answer: killed by the system, most often for want of memory."""
STARTING_S = 60.0
"""Seconds that a new interpreter may take before the limit of its run counts."""
_LENGTH = struct.Struct("!Q")
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
class Answer:
    """What came of it."""

    outcome: Outcome
    message: str = ""
    seconds: float = 0.0
    plan: bytes = b""
    """Pickle of the plan, when there is one."""
    data: str = ""
    """Digest of the tables that the run has read."""


def run_apart(job: Job) -> Answer:
    """Do the run in a process of its own and wait. Never raises for what happens to the run."""
    began = time.perf_counter()
    answer = Answer(outcome="died", message="stopped before it began")
    for _ in range(ATTEMPTS):
        answer = _forked(job) if sys.platform == "linux" else run_in_new_interpreter(job)
        if answer.outcome != "died" or _closing.is_set():
            break
    return replace(answer, seconds=time.perf_counter() - began)


def close_stems() -> None:
    """End every stem of this process at once, with the runs in them."""
    _closing.set()
    with _lock:
        for stem in _idle:
            _stems.remove(stem)
            stem.last_words()
        for stem in _stems:
            stem.kill()
        _stems.clear()
        _idle.clear()


def open_stems() -> None:
    """Stems may be started again."""
    _closing.clear()


def write_message(stream: BinaryIO, content: bytes) -> None:
    """Length, then content."""
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def read_message(stream: BinaryIO) -> bytes | None:
    """The next message; None when the other side is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    size = _LENGTH.unpack(head)[0]
    content = stream.read(size)
    return content if len(content) == size else None


class _Stem:
    """The process that forks, seen from the worker."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            _command("stem"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=_environment(threads),
            bufsize=0 if sys.platform == "win32" else -1,
        )

    def alive(self) -> bool:
        return self._process.poll() is None

    def do(self, job: Job) -> Answer | None:
        """None: the stem is gone."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            write_message(self._process.stdin, pickle.dumps((job.work, job.limit_s)))  # type: ignore[arg-type]
            content = read_message(self._process.stdout)  # type: ignore[arg-type]
        except (OSError, ValueError):  # a broken pipe, or one that close_stems has closed
            return None
        answer: Answer | None = None if content is None else pickle.loads(content)
        return answer

    def kill(self) -> None:
        """A child that is at work ends with its stem."""
        self._process.kill()

    def last_words(self) -> str:
        """The end of what it wrote to stderr, on one line."""
        self._process.kill()
        code = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # what could not be sent any more
                    stream.close()
        end = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, end - _TAIL_BYTES))
        text = self._said.read().decode("utf-8", "replace").strip()
        self._said.close()
        last = text.splitlines()[-1] if text else "it wrote nothing"
        return f"the process of the run ended with code {code}: {last}"


_lock, _closing = threading.Lock(), threading.Event()
_stems: list[_Stem] = []
_idle: list[_Stem] = []


def _forked(job: Job) -> Answer:
    stem = _take(job.threads)
    answer = stem.do(job)
    if answer is None:
        with _lock:
            if stem in _stems:
                _stems.remove(stem)
        return Answer(outcome="died", message=stem.last_words())
    with _lock:
        if stem in _stems:
            _idle.append(stem)
    return answer


def _take(threads: int) -> _Stem:
    """An idle stem that lives, else a new one."""
    with _lock:
        while _idle:
            stem = _idle.pop()
            if stem.threads == threads and stem.alive():
                return stem
            _stems.remove(stem)
            stem.last_words()
        stem = _Stem(threads)
        _stems.append(stem)
        return stem


def run_in_new_interpreter(job: Job) -> Answer:
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
        text = said.decode("utf-8", "replace").strip()
        last = text.splitlines()[-1] if text else "it wrote nothing"
        return Answer(outcome="died", message=f"the process of the run ended with code {process.returncode}: {last}")
    answer: Answer = pickle.loads(content)
    return answer


def killed(limit_s: float) -> Answer:
    """The answer of a run that outlasted its limit."""
    return Answer(outcome="killed", message=f"killed after {limit_s:g} s: it outlasted the limit of a run")


def _command(how: str) -> list[str]:
    """The interpreter of this worker, looking for modules where this one does."""
    program = f"import sys; sys.path[:] = {sys.path!r}; from siting.whatif.stem import main; main({how!r})"
    return [sys.executable, "-c", program]


def _environment(threads: int) -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}


def _forget() -> None:
    """A forked worker has no part in the stems of the process it came from."""
    global _lock
    _lock = threading.Lock()
    _stems.clear()
    _idle.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
atexit.register(close_stems)
