"""The command line: one short function a command, heavy imports inside it, so that `--help` answers at once."""

from siting.cli.app import main

__all__ = ["main"]
