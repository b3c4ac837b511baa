"""The command line: one short function a command, heavy imports inside it, so that `--help` answers at once."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `siting` command; Ctrl-C while it is loading is no traceback either."""
    try:
        from siting.cli.app import main as run
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run()


__all__ = ["main"]
