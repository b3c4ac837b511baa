"""The command line: one short function a command, heavy imports inside it, so that `--help` answers at once."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `siting` command; Ctrl-C while it is loading is no traceback either."""
    from siting.cli.outlet import outlets
    from siting.cli.stop import Stopped, stoppable, stopped

    with outlets():
        try:
            with stoppable():
                from siting.cli.app import main as run

                run()
        except Stopped as stop:
            raise SystemExit(stopped(stop.number)) from None


__all__ = ["main"]
