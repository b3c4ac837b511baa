"""How numbers read in a report: rounded to what they are worth, with their unit, never twelve digits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

BLANK = "–"
"""Shown where a table is blank."""


def number(value: object, digits: int = 0) -> str:
    """`100,000` or `1.40`; a dash for blank. digits: after the point."""
    figure = _float(value)
    return BLANK if math.isnan(figure) else f"{figure:,.{digits}f}".replace("-0 ", "0 ")


def money(musd: object, digits: int = 2) -> str:
    """Money in words a planner uses: `6.21 billion USD` `812 million USD`, `3.4 million USD`; digits: of billions."""
    figure = _float(musd)
    if math.isnan(figure):
        return BLANK
    if abs(figure) >= 999.5:
        return f"{figure / 1000:,.{digits}f} billion USD"
    return f"{figure:,.{digits - 2 + (abs(figure) < 99.5)}f} million USD"


def megawatts(mw: object) -> str:
    """`168 MW`, `12.4 MW`."""
    figure = _float(mw)
    if math.isnan(figure):
        return BLANK
    return f"{figure:,.0f} MW" if abs(figure) >= 99.5 else f"{figure:,.1f} MW"


def in_words(name: object) -> str:
    """A tenure as it is read: `powered_shell` is a powered shell."""
    return str(name).replace("_", " ")


def in_service(site: Mapping[Any, Any]) -> str:
    """Quarter from which a site both stands and has power (labels of four-digit years sort as dates do)."""
    return max(str(site["open_quarter"]), str(site["energization"]))


def percent(share: object, digits: int = 1) -> str:
    """`0.1 %` of 0.001; what is above 0, the last digits of a number apart, and rounds to nothing says so."""
    figure = _float(share)
    if math.isnan(figure):
        return BLANK
    if figure > 1e-12 and figure * 100 < 0.5 * 10**-digits:
        return f"less than {10**-digits:.{digits}f} %"
    return f"{figure * 100:,.{digits}f} %"


def listed(words: list[str], most: int = 8, joined: str = "and") -> str:
    """`TX, OK and NM`; a long list is cut and says how many more. joined: the word before the last."""
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joined} {words[-1]}"


def _float(value: object) -> float:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return math.nan
    return float(value)  # type: ignore[arg-type]
