"""On which input a decision depends, as far as runs tell: a value, a threshold or a range of one key of the variations.

A key tells when it separates the runs that take the decision from those that do not. Values with an order (numbers,
quarters, text with a unit) separate by a threshold or by one range; others by the values themselves.

Where every run has a value of its own (a drawn sample) and several keys vary, almost anything separates few runs: a
threshold of n values separates k of them by luck in 2 of C(n, k) cases. It is told where that is rare. Where no key
separates all runs, the threshold that is right for most is told with its count, from a dozen runs on.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siting.units import parse_quarter

LUCK = 0.05
"""A threshold that separates drawn values by luck in more cases than this is not told."""
ENOUGH = 12
"""Fewest runs of which a threshold that is right for most of them is told."""
WRONG = 0.2
"""Most runs, as a share, for which such a threshold is wrong."""
FEW = 6
"""Values that are listed."""
_NUMBER = re.compile(r"\s*([-+]?[\d._]+(?:[eE][-+]?\d+)?)\s*(\D.*?)?\s*")


def depends_on(has: Collection[str], edits: Mapping[str, Mapping[str, Any]]) -> str:
    """What tells the runs that take a decision from the others, keys joined by "; "; empty where nothing does.

    edits: of every run by name, value by key; a key without a value is as in the study.
    """
    inside = [run in has for run in edits]
    if all(inside) or not any(inside):
        return ""
    values = {key: [edit.get(key) for edit in edits.values()] for key in _keys(edits)}
    varied = {key: found for key, found in values.items() if len(set(map(_text, found))) > 1}
    told = [said for key, found in varied.items() if (said := _separated(key, found, inside, alone=len(varied) == 1))]
    return "; ".join(told) or _mostly(varied, inside)


def _keys(edits: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for edit in edits.values() for key in edit if key != "name"))


def _separated(key: str, values: Sequence[Any], inside: Sequence[bool], alone: bool) -> str:
    """How the key separates the runs; empty where it does not, or by luck."""
    texts = list(map(_text, values))
    with_it, without = (
        {text for text, here in zip(texts, inside, strict=True) if here is side} for side in (True, False)
    )
    if with_it & without:
        return ""
    order, drawn = _ordered(values), len(set(texts)) == len(texts)
    if order is None:
        return f"{key} = {_either(sorted(with_it))}" if alone or not drawn else ""
    ranked = sorted(set(zip(order, texts, inside, strict=True)))
    runs = [list(group) for _, group in itertools.groupby(ranked, key=lambda one: one[2])]
    if drawn and not alone and (len(runs) > 2 or 2 / math.comb(len(texts), sum(inside)) > LUCK):
        return ""
    if len(with_it) == 1 and not drawn:
        return f"{key} = {with_it.pop()}"
    if len(runs) == 2:
        return f"{key} {_threshold(runs[0][-1][1], runs[1][0][1], below=runs[0][0][2])}"
    ranges = [f"{group[0][1]} to {group[-1][1]}" if len(group) > 1 else group[0][1] for group in runs if group[0][2]]
    return f"{key} = {_either(ranges)}"


def _mostly(varied: Mapping[str, Sequence[Any]], inside: Sequence[bool]) -> str:
    """The threshold of a key that is right for most runs; empty where none is."""
    if len(inside) < ENOUGH:
        return ""
    cuts = [cut for key, values in varied.items() for cut in _cuts(key, values, inside)]
    best = min(cuts, key=lambda cut: cut.wrong, default=None)
    some = min(sum(inside), len(inside) - sum(inside))
    if best is None or best.wrong > WRONG * len(inside) or 2 * best.wrong > some:
        return ""
    return f"{best.said}, in {len(inside) - best.wrong} of {len(inside)} runs"


@dataclass(frozen=True)
class _Cut:
    said: str
    wrong: int


def _cuts(key: str, values: Sequence[Any], inside: Sequence[bool]) -> Iterator[_Cut]:
    """Every threshold of a key between two of its values, either way."""
    order = _ordered(values)
    if order is None:
        return
    ranked = sorted(zip(order, map(_text, values), inside, strict=True))
    for n in range(1, len(ranked)):
        if ranked[n - 1][0] == ranked[n][0]:
            continue
        wrong = sum(not here for *_, here in ranked[:n]) + sum(here for *_, here in ranked[n:])
        for below, count in ((True, wrong), (False, len(ranked) - wrong)):
            said = _threshold(ranked[n - 1][1], ranked[n][1], below=below)
            yield _Cut(f"{key} {said.partition(' (')[0]}", count)


def _threshold(low: str, high: str, *, below: bool) -> str:
    """`<= 2.6 USD (not >= 9.6 USD)` between two neighbouring values, in as few digits as keep them apart."""
    for digits in (3, 4, 5, 6, 9):
        shown = _short(low, digits), _short(high, digits)
        if shown[0] != shown[1]:
            break
    return f"<= {shown[0]} (not >= {shown[1]})" if below else f">= {shown[1]} (not <= {shown[0]})"


def _ordered(values: Sequence[Any]) -> list[float] | None:
    """The values as numbers of one kind, so that they have an order; None where they have none."""
    if any(isinstance(value, bool) for value in values):
        return None
    if all(isinstance(value, (int, float)) for value in values):
        return [float(value) for value in values]
    if not all(isinstance(value, str) for value in values):
        return None
    try:
        return [float(parse_quarter(value)) for value in values]
    except ValueError:
        pass
    found = [_NUMBER.fullmatch(value) for value in values]
    if any(match is None for match in found) or len({match.group(2) for match in found if match}) > 1:
        return None
    try:
        return [float(match.group(1).replace("_", "")) for match in found if match]
    except ValueError:
        return None


def _short(text: str, digits: int) -> str:
    """A number with its unit in so many digits; any other text as it is."""
    if _ordered([text]) is None or _is_quarter(text):
        return text
    match = _NUMBER.fullmatch(text)
    assert match is not None
    number = float(match.group(1).replace("_", ""))
    whole = max(digits, len(str(int(abs(number)))))  # no digit before the point is left out
    shown = f"{number:,.{whole}g}"
    return f"{shown} {match.group(2)}" if match.group(2) else shown


def _is_quarter(text: str) -> bool:
    try:
        parse_quarter(text)
    except ValueError:
        return False
    return True


def _either(values: Sequence[str]) -> str:
    more = f" or {len(values) - FEW} more" if len(values) > FEW else ""
    return " or ".join(values[:FEW]) + more


def _text(value: Any) -> str:
    if value is None:
        return "as in the study"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
