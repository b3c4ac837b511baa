"""Limits of training clusters: the date, the size, the fabric of an offer.

A cluster has a copy for each of its dates, z of which one is hosted, or none (u). The size gives way by pods r that
the host of a cluster need not hold: r counts against the cluster in every row that counts what it holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from siting.explanation.elastic import Elastic
from siting.explanation.limits import QUARTERS_OF_ONE, Edit, NamedLimit, Way
from siting.explanation.question import Question
from siting.explanation.relaxed import Relaxed, bilateral
from siting.units import quarter_label

OF_HOST = ("hosted_once", "host_is_open", "contract_in_force", "reserved_by_host")
"""Rows that ask whether there is a host, not how large it is."""
WHOLE_MODULES = 1e-7
"""Part of a module that nobody builds another one for."""


def limits_of_clusters(q: Question, relaxed: Relaxed, e: Elastic) -> Iterator[NamedLimit]:
    """Date and size of every cluster, fabric of every bilateral offer."""
    smaller_of: dict[int, int] = {}
    for k in range(len(q.study.clusters)):
        copies = {n: delay for n, (cluster, delay) in enumerate(relaxed.copies) if cluster == k}
        nowhere = e.column(1.0, whole=True)
        hosts = [(nowhere, 1.0)]
        later: dict[int, int] = {}
        for n, delay in copies.items():
            there = e.column(1.0, whole=True, always=delay == 0)
            hosts.append((there, 1.0))
            row = e.family("hosted_once")[n]
            e.bound(row, lower=0.0, upper=0.0)
            e.put(row, there, -1.0)
            if delay:
                later[there] = delay
        e.row(hosts, lower=1.0, upper=1.0)
        smaller = e.column(1.0)
        e.row([(nowhere, 1.0), (smaller, -1.0)], upper=0.0)
        smaller_of |= dict.fromkeys(copies, smaller)
        if later:
            yield _date(q, k, later)
        yield _size(q, k, smaller, [nowhere, *_given_up(relaxed, e, set(copies), smaller)])
    for at, n in bilateral(q).items():
        yield from _fabric(q, relaxed, e, at, n, smaller_of)


def _given_up(relaxed: Relaxed, e: Elastic, copies: set[int], smaller: int) -> Iterator[int]:
    """A column of pods or GPUs not held for each host, no more than the share `smaller` of the cluster."""
    p = relaxed.problem
    skipped = {row for family in OF_HOST for row in e.family(family).values()}
    halls = set(e.family("host_has_halls").values())
    for name in ("W", "R"):
        for index, host in e.variables(name).items():
            if index[0] not in copies:
                continue
            size = float(p.cluster_pods[index[0], index[2]] if name == "W" else p.cluster_lease_gpus[index[:2]])
            column = e.column(size)
            for row, coefficient in e.terms_of(host):
                if row in halls:  # modules are whole: to ask for the exact pods is to ask for as many
                    modules = size * float(p.pod_it_mw[index[2]]) / p.module_it_mw - WHOLE_MODULES
                    exact = math.copysign(modules, coefficient)
                    e.put(row, host, exact - coefficient)
                    e.put(row, column, -exact / size)
                elif row not in skipped:
                    e.put(row, column, -coefficient / size)
            e.row([(column, 1.0), (smaller, -size)], upper=0.0)
            e.row([(column, 1.0), (host, -size)], upper=0.0)
            yield column


def _date(q: Question, k: int, later: dict[int, int]) -> NamedLimit:
    cluster, key = q.study.clusters[k], f"clusters.{k}.by"
    way = Way(
        unit="quarters",
        one=QUARTERS_OF_ONE,
        amount=tuple((column, float(delay)) for column, delay in later.items()),
        edit=lambda n: Edit(fields={key: quarter_label(cluster.by + round(n))}),
        said=lambda n: (
            f"{cluster.name} by {quarter_label(cluster.by + round(n))} instead of {quarter_label(cluster.by)}"
        ),
        whole=True,
        most=max(later.values()),
    )
    return NamedLimit(name=f"date of {cluster.name}", keys=(key,), release=tuple(later), ways=(way,))


def _size(q: Question, k: int, smaller: int, released: list[int]) -> NamedLimit:
    cluster = q.study.clusters[k]
    field = "gpus" if cluster.gpus is not None else q.study.h100e_column
    size = float(cluster.gpus if cluster.gpus is not None else cluster.h100e or 0.0)
    key = f"clusters.{k}.{field}"

    def left(given_up: float) -> float:
        return float(round(size - given_up)) if field == "gpus" else size - given_up

    unit = "accelerators" if field == "gpus" else field
    way = Way(
        unit=unit,
        one=size,
        amount=((smaller, size),),
        edit=lambda n: Edit(fields={key: int(left(n)) if field == "gpus" else left(n)}),
        said=lambda n: f"{cluster.name} of {left(n):,.6g} {unit} instead of {size:,.6g}",
        whole=field == "gpus",
        most=size - 1.0 if field == "gpus" else 0.999 * size,
        also=tuple(released),
    )
    return NamedLimit(name=f"size of {cluster.name}", keys=(key,), release=(smaller, *released), ways=(way,))


def _fabric(
    q: Question, relaxed: Relaxed, e: Elastic, at: int, n: int, smaller_of: dict[int, int]
) -> Iterator[NamedLimit]:
    """GPUs that the offer states on one fabric: N U <= fabric + more + what the cluster gives up."""
    offer, p = q.study.leases.bilateral[n], relaxed.problem
    short = {
        index: float(p.cluster_lease_gpus[index] - offer.single_fabric_gpus)
        for index in e.variables("U")
        if index[1] == at and p.cluster_lease_gpus[index] > offer.single_fabric_gpus
    }
    if not short:
        return
    column = e.column()
    for index, gpus in short.items():
        host = (e.variables("U")[index], gpus)
        e.row([host, (column, -1.0), (smaller_of[index[0]], -float(p.cluster_lease_gpus[index]))], upper=0.0)
    key = f"leases.bilateral.{n}.single_fabric_gpus"
    way = Way(
        unit="GPUs",
        one=max(float(offer.single_fabric_gpus), max(short.values())),
        amount=((column, 1.0),),
        edit=lambda more: Edit(fields={key: offer.single_fabric_gpus + round(more)}),
        said=lambda more: (
            f"{offer.single_fabric_gpus + round(more):,} GPUs on one fabric by {offer.name} instead of "
            f"{offer.single_fabric_gpus:,}"
        ),
        whole=True,
    )
    yield NamedLimit(name=f"fabric of the lease {offer.name}", keys=(key,), release=(column,), ways=(way,))
