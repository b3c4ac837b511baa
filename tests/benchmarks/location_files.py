"""Public instances of facility location, as their publishers write them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

FORMATS = ("orlib-cap", "holmberg", "delmaire", "pmed", "spopt-csv")


@dataclass(frozen=True, kw_only=True, eq=False)
class Instance:
    """M sites, N customers."""

    fixed: np.ndarray
    """(M,) cost of an open site; 0 where the format has none."""
    capacity: np.ndarray
    """(M,) demand that a site serves; infinity where the format has none."""
    demand: np.ndarray
    """(N,)"""
    cost: np.ndarray
    """(M, N) of serving all of a customer's demand; NaN for a pair that is not in the file."""
    distance: np.ndarray | None = None
    """(M, N), where the format has distances: `cost` is demand x distance then."""
    p: int | None = None
    """Sites to open, where the format says so."""


def read_instance(path: Path, form: str, capacity: float | None = None) -> Instance:
    """The instance of a file. `capacity` stands for the word in place of a number (capa, capb, capc).

    Raises ValueError for an unknown format, for numbers that are missing, and for a word without a `capacity`.
    """
    readers = {
        "orlib-cap": lambda: _orlib(path, capacity),
        "holmberg": lambda: _holmberg(path),
        "delmaire": lambda: _delmaire(path),
        "pmed": lambda: _pmed(path),
        "spopt-csv": lambda: _spopt(path),
    }
    if form not in readers:
        raise ValueError(f"expected one of {', '.join(FORMATS)}, found {form!r}")
    return readers[form]()


class _Numbers:
    """Numbers of a text in order."""

    def __init__(self, path: Path, word: float | None = None) -> None:
        self._words: Iterator[str] = iter(path.read_text(encoding="utf-8").split())
        self._path, self._word = path, word

    def take(self, count: int) -> np.ndarray:
        found = []
        for _ in range(count):
            text = next(self._words, None)
            if text is None:
                raise ValueError(f"{self._path}: numbers are missing")
            if text == "capacity" and self._word is None:
                raise ValueError(f"{self._path}: states no capacity of a site, give one")
            found.append(self._word if text == "capacity" else float(text))
        return np.array(found, dtype=float)

    def count(self) -> int:
        return int(self.take(1)[0])


def _orlib(path: Path, capacity: float | None) -> Instance:
    """m n; m x (capacity, fixed); n x (demand, m costs)."""
    numbers = _Numbers(path, capacity)
    m, n = numbers.count(), numbers.count()
    sites = numbers.take(2 * m).reshape(m, 2)
    customers = numbers.take(n * (m + 1)).reshape(n, m + 1)
    return Instance(
        capacity=sites[:, 0], fixed=sites[:, 1], demand=customers[:, 0], cost=np.ascontiguousarray(customers[:, 1:].T)
    )


def _holmberg(path: Path) -> Instance:
    """m n; m x (capacity, fixed); n demands; m blocks of n costs of all the demand."""
    numbers = _Numbers(path)
    m, n = numbers.count(), numbers.count()
    sites = numbers.take(2 * m).reshape(m, 2)
    return Instance(
        capacity=sites[:, 0], fixed=sites[:, 1], demand=numbers.take(n), cost=numbers.take(m * n).reshape(m, n)
    )


def _delmaire(path: Path) -> Instance:
    """n m; n x m costs; n demands; m fixed costs; m capacities."""
    numbers = _Numbers(path)
    n, m = numbers.count(), numbers.count()
    cost = np.ascontiguousarray(numbers.take(n * m).reshape(n, m).T)
    demand, fixed = numbers.take(n), numbers.take(m)
    return Instance(capacity=numbers.take(m), fixed=fixed, demand=demand, cost=cost)


def _pmed(path: Path) -> Instance:
    """n edges p; edges (i, j, cost), undirected, of a repeated one the last counts. Every node is customer and site."""
    numbers = _Numbers(path)
    n, edges, p = numbers.count(), numbers.count(), numbers.count()
    length = {}
    for i, j, cost in numbers.take(3 * edges).reshape(edges, 3):
        length[int(min(i, j)) - 1, int(max(i, j)) - 1] = cost
    ends = np.array(list(length), dtype=int)
    graph = csr_array((np.array(list(length.values())), (ends[:, 0], ends[:, 1])), shape=(n, n))
    distance = shortest_path(graph, directed=False)
    none = np.zeros(n)
    return Instance(fixed=none, capacity=np.full(n, np.inf), demand=np.ones(n), cost=distance, distance=distance, p=p)


def _spopt(path: Path) -> Instance:
    """distance, name (site), DestinationName (customer, matched as a number), demand; a row a pair."""
    table = pd.read_csv(path)
    table["customer"] = table["DestinationName"].astype(float)
    wide = table.pivot(index="name", columns="customer", values="distance")
    demand = table.drop_duplicates("customer").set_index("customer")["demand"].reindex(wide.columns).to_numpy(float)
    distance = wide.to_numpy(float)
    m = len(distance)
    return Instance(
        fixed=np.zeros(m),
        capacity=np.full(m, np.inf),
        demand=demand,
        cost=distance * demand,
        distance=distance,
    )


def uncapacitated(instance: Instance) -> Instance:
    """The same with sites that serve everybody."""
    return replace(instance, capacity=np.full(len(instance.fixed), np.inf))
