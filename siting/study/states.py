"""US states and interconnections, as a study names them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

_STATES = """
AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI
SC SD TN TX UT VT VA WA WV WI WY
"""
STATES = frozenset(_STATES.split())
Interconnect = Literal["Eastern", "Western", "Texas"]


INTERCONNECTS = ("Eastern", "Western", "Texas")


def place_name(name: object, state: object) -> str:
    """`Boerne 2, TX`; a name that ends with its state is left alone."""
    return str(name) if str(name).endswith(f" {state}") or not str(state) else f"{name}, {state}"


def _known_state(text: str) -> str:
    if text in STATES:
        return text
    if text in ("PR", "GU", "VI", "AS", "MP"):
        raise ValueError("expected one of the 50 states: there is no grid, price or tax row for a territory")
    raise ValueError(f"expected a two-letter US state{_near(text)}")


def _known_where(text: str) -> str:
    if text in STATES or text in INTERCONNECTS:
        return text
    raise ValueError(f"expected a two-letter US state or one of {', '.join(INTERCONNECTS)}{_near(text)}")


def _near(text: str) -> str:
    upper = text.strip().upper()
    return f'; did you mean "{upper}"?' if upper in STATES else ""


State = Annotated[str, AfterValidator(_known_state)]
"""Two letters, upper case."""
Where = Annotated[str, AfterValidator(_known_where)]
"""A state or an interconnection."""
