"""Limits of inference: round trips by region, the demand, the first quarter of service, what survives a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from siting.assembly import Assembled
from siting.explanation.elastic import Elastic
from siting.explanation.limits import QUARTERS_OF_ONE, Edit, NamedLimit, Way
from siting.explanation.question import Question
from siting.explanation.relaxed import Relaxed
from siting.formulation.service import coverage_classes
from siting.problem import FloatArray, Problem
from siting.study.places import Inference
from siting.units import quarter_label

SAME_MS = 1e-6
"""Round trips that differ by less are one."""


def limits_of_demand(q: Question, relaxed: Relaxed, e: Elastic) -> Iterator[NamedLimit]:
    """Nothing where the study has no inference."""
    ask = q.study.inference
    if ask is None:
        return
    if not q.wide:
        for j in range(len(q.problem.region)):
            yield from _latency(q, relaxed, e, ask, j)
    if not q.problem.single_source:  # a region that is served whole asks for all of its demand or for nothing
        yield from _demand(q, e, ask)
        yield from _first_quarter(q, e, ask)
    yield from _survival(q, e, ask)


def _asked(q: Question, e: Elastic) -> Iterator[tuple[int, int, float, int]]:
    """(region, quarter, share of the demand, row) of every row that asks for service."""
    for (j, t), row in e.family("demand_served").items():
        yield j, t, 1.0, row
    for (_, j, t), row in e.family("demand_after_loss").items():
        yield j, t, q.problem.survive_share, row


def _latency(q: Question, relaxed: Relaxed, e: Elastic, ask: Inference, j: int) -> Iterator[NamedLimit]:
    """Flows of a class beyond the target need the step of its round trip."""
    p, stated = relaxed.problem, _target_ms(q, ask, j)
    assert p.rtt_ms is not None and p.lease_rtt_ms is not None
    _, *classes = coverage_classes(p)
    member, rtt = np.concatenate(classes), np.concatenate([p.rtt_ms[:, j], p.lease_rtt_ms[:, j]])
    of_class = {int(c): float(rtt[member == c][0]) for c in np.unique(member[member >= 0])}
    levels = sorted({round(ms, 6) for ms in of_class.values() if np.isfinite(ms) and ms > stated})
    if not levels:
        return
    steps, at = e.steps(len(levels)), {ms: n for n, ms in enumerate(levels)}
    flows: dict[tuple[int, int, int], list[int]] = {}
    for family, loss in (("F", ()), ("Reroute", (0,))):
        for index, column in e.variables(family).items():
            c, region, t = index[len(loss) :]
            if region == j and of_class[c] > stated:
                which = index[0] if loss else -1
                flows.setdefault((which, at[round(of_class[c], 6)], t), []).append(column)
    for (_, n, t), columns in flows.items():
        most = float(p.demand_h100e[j, t])
        e.row([*((column, 1.0) for column in columns), (steps[n], -most)], upper=0.0)
    name, before = str(p.region[j]), [stated, *levels]
    metros = len(p.region) - len(ask.intercontinental)
    key = "inference.rtt_target_ms" if j < metros else f"inference.intercontinental.{j - metros}.rtt_target_ms"

    def edit(ms: float) -> Edit:
        if j >= metros or metros == 1:
            return Edit(fields={key: f"{stated + ms:.12g} ms"})
        return Edit(arrays=_reached(j, stated + ms))

    way = Way(
        unit="ms",
        one=stated,
        amount=tuple((column, before[n + 1] - before[n]) for n, column in enumerate(steps)),
        edit=edit,
        said=lambda ms: f"RTT {stated + ms:,.4g} ms instead of {stated:,.4g} for {name}",
        most=levels[-1] - stated + SAME_MS,
    )
    yield NamedLimit(name=f"latency of {name}", keys=(key,), release=steps, ways=(way,))


def _target_ms(q: Question, ask: Inference, j: int) -> float:
    overseas = j - (len(q.problem.region) - len(ask.intercontinental))
    return ask.rtt_target_ms if overseas < 0 else ask.intercontinental[overseas].rtt_target_ms


def _reached(j: int, target_ms: float) -> Callable[[Assembled], Problem]:
    """The problem with another target for one metro: a study has one for all of them."""

    def arrays(assembled: Assembled) -> Problem:
        p, demand = assembled.problem, assembled.demand
        reach, lease_reach = p.reach.copy(), p.lease_reach.copy()
        reach[:, j] = demand.rtt_ms[:, j] <= target_ms + SAME_MS
        lease_reach[:, j] = demand.lease_rtt_ms[:, j] <= target_ms + SAME_MS
        return replace(p, reach=reach, lease_reach=lease_reach)

    return arrays


def _demand(q: Question, e: Elastic, ask: Inference) -> Iterator[NamedLimit]:
    """Of all metros together, and of every region overseas."""
    p, metros = q.problem, len(q.problem.region) - len(ask.intercontinental)
    field = f"peak_{q.study.h100e_column}"
    parts: list[tuple[str, str, float, Iterable[int]]] = []
    if ask.peak_h100e > 0:
        parts.append(("inference demand", f"inference.{field}", ask.peak_h100e, range(metros)))
    for n, entry in enumerate(ask.intercontinental):
        key = f"inference.intercontinental.{n}.{field}"
        parts.append((f"inference demand of {entry.region}", key, entry.peak_h100e, [metros + n]))
    for name, key, peak, regions in parts:
        less = e.column(1.0)
        for j, t, share, row in _asked(q, e):
            if j in regions:
                e.loosen(row, less, share * float(p.demand_h100e[j, t]))

        def edit(n: float, key: str = key, peak: float = peak) -> Edit:
            return Edit(fields={key: max(0.0, peak - n)})

        def said(n: float, name: str = name, peak: float = peak) -> str:
            return f"{name} of {peak - n:,.6g} H100e at the first peak instead of {peak:,.6g}"

        way = Way(unit="H100e", one=peak, amount=((less, peak),), edit=edit, said=said, most=peak)
        yield NamedLimit(name=name, keys=(key,), release=(less,), ways=(way,))


def _first_quarter(q: Question, e: Elastic, ask: Inference) -> Iterator[NamedLimit]:
    """Service that begins n quarters later asks in t for what it asked for in t - n."""
    p, first = q.problem, ask.first_quarter - int(q.study.start)
    rows = list(_asked(q, e))
    if not rows:
        return
    steps = e.steps(p.quarters - first)
    for n, column in enumerate(steps):
        later, now = _moved(p.demand_h100e, n + 1), _moved(p.demand_h100e, n)
        for j, t, share, row in rows:
            e.loosen(row, column, share * max(0.0, float(now[j, t] - later[j, t])))
    way = Way(
        unit="quarters",
        one=QUARTERS_OF_ONE,
        amount=tuple((column, 1.0) for column in steps),
        edit=lambda n: Edit(fields={"inference.first_quarter": quarter_label(ask.first_quarter + round(n))}),
        said=lambda n: (
            f"inference from {quarter_label(ask.first_quarter + round(n))} on instead of "
            f"{quarter_label(ask.first_quarter)}"
        ),
        whole=True,
        most=len(steps) - 1,
    )
    yield NamedLimit(name="first quarter of inference", keys=("inference.first_quarter",), release=steps, ways=(way,))


def _moved(demand: FloatArray, quarters: int) -> FloatArray:
    moved = np.zeros_like(demand)
    moved[:, quarters:] = demand[:, : demand.shape[1] - quarters]
    return moved


def _survival(q: Question, e: Elastic, ask: Inference) -> Iterator[NamedLimit]:
    rows = e.family("demand_after_loss")
    if not rows:
        return
    less, had = e.column(ask.survive_share), ask.survive_share
    for (_, j, t), row in rows.items():
        e.loosen(row, less, float(q.problem.demand_h100e[j, t]))
    way = Way(
        unit="of the demand",
        one=had,
        amount=((less, 1.0),),
        edit=lambda n: Edit(fields={"inference.survive_share": f"{100 * max(0.0, had - n):.10g} %"}),
        said=lambda n: f"{had - n:.2%} of the demand after the loss of a site instead of {had:.0%}",
        most=had,
    )
    yield NamedLimit(name="survival of a loss", keys=("inference.survive_share",), release=(less,), ways=(way,))
