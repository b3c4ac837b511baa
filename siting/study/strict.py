"""The base of every part of a study: frozen, no unknown keys, documented by its attribute docstrings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of a study. Unknown keys are refused; a change is a new, validated copy (`Study.update`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)
