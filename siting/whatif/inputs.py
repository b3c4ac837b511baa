"""How the inputs of plans differ: fields of their studies in the units of a study file, tables, programs."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from siting.plan import Plan

ABSENT = "-"
"""Of a field that one of the studies does not have."""
MANY = 3
"""Fields of a part from which on they are one row."""
LONGEST = 41
"""Letters of a value that are shown."""
SHORT = 12
"""Digits of a hash that are shown."""
NOT_ASKED = ("name", "title", "assumptions")
"""Fields that change no plan."""


def flat(tree: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of every field that says something, entries of a list by number from 0: as `Study.update`
    takes them."""
    if isinstance(tree, Mapping) and tree:
        for name, inner in tree.items():
            yield from flat(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(tree, list | tuple) and any(isinstance(inner, Mapping) for inner in tree):
        for n, inner in enumerate(tree):
            yield from flat(inner, f"{key}.{n}")
    elif tree not in ([], (), {}, None):
        yield key, tree


def inputs_that_differ(plans: Sequence[Plan], names: Sequence[str]) -> pd.DataFrame:
    """Columns key and one a plan, all text: a row for every field of a study that is not the same in all, for the
    places where these are not, then for every table (`data NAME`, the beginning of its hash) and program. Where nothing
    that may change a plan differs so, a row for all that was decided about, if that does: prices and dates of places in
    the planner's own files."""
    columns = [
        {key: _text(value) for key, value in flat(dict(plan.study))}
        | {"places": _places(plan)}
        | {f"data {name}": str(digest)[:SHORT] for name, digest in plan.data_hashes.items()}
        | {f"version {name}": str(value) for name, value in plan.versions.items()}
        for plan in plans
    ]
    keys = list(dict.fromkeys(key for column in columns for key in column))
    rows = [(key, *(column.get(key, ABSENT) for column in columns)) for key in keys]
    differ = [row for row in rows if len(set(row[1:])) > 1]
    digests = [str(plan.facts.get("problem_digest", ""))[:SHORT] for plan in plans]
    if all(_asks_nothing(row[0]) for row in differ) and len(set(digests)) > 1:
        differ.append(("figures in the planner's own files", *digests))
    order = sorted(differ, key=lambda row: row[0].startswith(("data ", "version ")))
    return pd.DataFrame(order, columns=["key", *names], dtype=object)


def shortened(inputs: pd.DataFrame) -> pd.DataFrame:
    """`inputs_that_differ` as a table that is read: of assumptions how many there are and how many no other plan has;
    of other text its beginning and its end. Fields of one part that the same plans do not state, and the others alike,
    are one row: `leases.bilateral.0.*`."""
    rows: list[tuple[str, ...]] = []
    for part, group in itertools.groupby(inputs.itertuples(index=False, name=None), _part):
        together = list(group)
        if part and len(together) >= MANY:
            stated = [ABSENT if text == ABSENT else f"{len(together)} fields" for text in together[0][1:]]
            rows.append((f"{part[0]}.*", *stated))
        else:
            rows += [(key, *(_counted(texts) if key == "assumptions" else _cut(texts))) for key, *texts in together]
    return pd.DataFrame(rows, columns=inputs.columns, dtype=object)


def _part(row: Sequence[str]) -> tuple[str, tuple[bool, ...]] | None:
    """The part of a study whose field the row is, and which plans do not state it; None where others differ in it."""
    key, *texts = row
    absent = tuple(text == ABSENT for text in texts)
    alike = any(absent) and len(set(texts)) == 2
    return (key.rpartition(".")[0], absent) if alike and "." in key else None


def _counted(texts: Sequence[str]) -> list[str]:
    each: list[list[str]] = [[] if text == ABSENT else json.loads(text) for text in texts]
    all_of_them = Counter(said for one in each for said in set(one))
    return [f"{len(one)}, {sum(all_of_them[said] == 1 for said in one)} of its own" for one in each]


def _cut(texts: Sequence[str]) -> Sequence[str]:
    """What differs in the middle alone stays whole."""
    half = (LONGEST - 1) // 2
    cut = [text if len(text) <= LONGEST else f"{text[:half]}…{text[-half:]}" for text in texts]
    return cut if len(set(cut)) == len(set(texts)) else texts


def asked_alike(inputs: pd.DataFrame) -> bool:
    """Whether nothing that may change a plan differs."""
    return all(map(_asks_nothing, inputs["key"]))


def _asks_nothing(key: str) -> bool:
    return key in NOT_ASKED or key.startswith("search.")


def _places(plan: Plan) -> str:
    """How many were read and can be used, and a hash: files of the planner's own leave no other trace."""
    frame = plan.tables["candidates"]
    seen = frame[["candidate", "lat", "lon", "state", "tenure", "final_utility_mw", "excluded_by"]]
    digest = hashlib.sha256(seen.to_csv(index=False, float_format="%.9g").encode()).hexdigest()
    return f"{len(frame):,} read, {int((frame['excluded_by'] == '').sum()):,} usable ({digest[:SHORT]})"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
