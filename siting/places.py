"""Where the shipped `data/` and `models/` lie: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def shipped(kind: Literal["data", "models"]) -> Path:
    """Folder of the shipped tables or studies. Raises FileNotFoundError when neither layout holds it."""
    package = Path(__file__).resolve().parent
    for folder in (package / "shipped" / kind, package.parent / kind):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"no {kind} folder beside or inside {package}")
