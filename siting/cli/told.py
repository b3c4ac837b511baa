"""What a question says of itself while it is searched: one live line on a terminal, on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from siting.progress import Listener, Progress


@contextmanager
def told(*, quiet: bool = False) -> Iterator[Listener | None]:
    """Who listens on a terminal; nothing elsewhere, or where all is to be quiet."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    with console.status("reading") as status:

        def tell(progress: Progress) -> None:
            if progress.message:
                status.update(f"{progress.message}  {progress.seconds:.0f} s")

        yield tell
