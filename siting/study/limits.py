"""Limits of the planner's own, beside those that the study knows by name."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from siting.study.expressions import Expression, parse_expression
from siting.study.strict import Strict


def _readable(text: str) -> str:
    parse_expression(text)
    return text


class Limit(Strict):
    """One linear limit on named quantities of the plan."""

    name: Annotated[str, Field(min_length=1, pattern=r"\S")]
    """Named in the report where it binds, and in faults."""
    expr: Annotated[str, AfterValidator(_readable)]
    """E.g. `sum(it_mw[state=TX]) <= 500 MW`; quantities, filters and grammar: `siting.study.expressions`.

    A least energy or spending may be met by accelerators that run for nobody, a least spending never by paying for
    energy that is not owed."""

    @property
    def expression(self) -> Expression:
        """The expression read."""
        return parse_expression(self.expr)
