"""Rules of the plan: how many sites, how many in a group, forced ones, none too near another."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo

from siting.geo.distance import geodesic_km
from siting.problem import BoolArray, Problem


def add_rules(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""Z_i = Z_i,T-1: open at the end of the horizon. No variable of its own.

    min <= sum_i Z_i <= max;    sum_{i in group n} Z_i <= most_n;    V_i,by >= forced modules_i
    V_it = existing modules_i until new ones can stand, >= from then on
    sum_{i in clique q} Z_i <= 1   for cliques that cover every pair nearer than the least distance

    A site never closes, so the last quarter says it for every quarter. Cliques instead of pairs: each row is
    at least as strong as the rows of its pairs together, and there are fewer of them. Halls of a second cooling class
    are no site of their own; what is forced counts them.
    """
    if p.rules is None:
        return
    rules, last = p.rules, p.quarters - 1
    opened = {i: m.Z[i, last] for i in range(len(p.candidate_id)) if (i, last) in m.A and p.campus[i] == i}

    def at_least(found: object, least: float) -> object:
        return pyo.Constraint.Infeasible if isinstance(found, int) else found >= least  # type: ignore[operator]

    if rules.min_sites:
        m.fewest_sites = pyo.Constraint(expr=at_least(sum(opened.values()), rules.min_sites))
    if rules.max_sites is not None and opened:
        m.most_sites = pyo.Constraint(expr=sum(opened.values()) <= rules.max_sites)
    members: dict[int, list[int]] = {}
    for kind, i in np.argwhere(rules.group >= 0).tolist():
        members.setdefault(int(rules.group[kind, i]), []).append(i)
    crowded = {n: [i for i in rows if i in opened] for n, rows in members.items()}
    m.RG = pyo.Set(initialize=[n for n, rows in sorted(crowded.items()) if len(rows) > rules.group_most[n]])

    @m.Constraint(m.RG)
    def most_in_group(m: pyo.ConcreteModel, n: int) -> object:
        return sum(opened[i] for i in crowded[n]) <= int(rules.group_most[n])

    m.RF = pyo.Set(initialize=np.flatnonzero(rules.forced_modules).tolist())

    @m.Constraint(m.RF)
    def forced_site(m: pyo.ConcreteModel, i: int) -> object:
        by = int(rules.forced_by[i])
        halls = [m.V[at, by] for at in (i, p.annexes.get(i)) if (at, by) in m.A]
        return at_least(sum(halls), float(rules.forced_modules[i]))

    m.RE = pyo.Set(dimen=2, initialize=[(i, t) for i, t in m.A if rules.existing_modules[i]])

    @m.Constraint(m.RE)
    def existing_site(m: pyo.ConcreteModel, i: int, t: int) -> object:
        stands = int(rules.existing_modules[i])
        return m.V[i, t] == stands if t < rules.extended_from[i] else m.V[i, t] >= stands

    cliques = [] if rules.min_distance_km is None else cliques_of(_near(p, sorted(opened)))
    rows = sorted(opened)
    m.RD = pyo.Set(initialize=range(len(cliques)))

    @m.Constraint(m.RD)
    def far_apart(m: pyo.ConcreteModel, q: int) -> object:
        return sum(opened[rows[at]] for at in cliques[q]) <= 1


def _near(p: Problem, rows: list[int]) -> BoolArray:
    """(N, N) pairs of the candidates at `rows` that may not both be open; the diagonal is False."""
    assert p.rules is not None and p.rules.min_distance_km is not None
    lat, lon = p.rules.lat[rows], p.rules.lon[rows]
    return (geodesic_km(lat, lon, lat, lon) < p.rules.min_distance_km) & ~np.eye(len(rows), dtype=bool)


def cliques_of(near: BoolArray) -> list[list[int]]:
    """Cliques of a symmetric relation, each not inside another, that cover all its pairs: grown one after the other
    from the first pair that is not covered, by the member with most neighbours that are not covered either."""
    missing = near.copy()
    cliques = []
    while missing.any():
        first, second = (int(at) for at in np.argwhere(missing)[0])
        clique = [first, second]
        common = near[first] & near[second]
        while common.any():
            gain = np.where(common, missing[clique].sum(axis=0), -1)
            added = int(gain.argmax())
            clique.append(added)
            common &= near[added]
        missing[np.ix_(clique, clique)] = False
        cliques.append(sorted(clique))
    return cliques
