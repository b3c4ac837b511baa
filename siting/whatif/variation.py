"""A variation: named edits of a study's fields. It changes nothing in place; what it makes is validated again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from siting.study import Study


@dataclass(frozen=True, kw_only=True)
class Variation:
    """One what-if change, under a name that people read."""

    name: str
    edits: Mapping[str, Any]
    """Value by dotted key, in the units of a study file: `{"clusters.0.by": "2026-Q3"}`."""

    def of(self, study: Study) -> Study:
        """The study with the edits. Raises as `Study.update` does."""
        return study.update(dict(self.edits))
