"""The section on leasing against owning: verdict against each offer, what moves it, and the map of who wins."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from siting.plan import Plan
from siting.report import charts, html
from siting.report.lease_chart import lease_map_figure
from siting.report.lease_map import AXES, Point, Rivalry, lease_map, plan_point, rivalry_of, winner
from siting.report.lease_table import BASE_LIFE_YEARS, lease_versus_own, own_bases
from siting.report.numbers import listed, number, percent
from siting.report.shown import shown
from siting.study import Study
from siting.tables.read import Tables


def lease_or_own(plan: Plan, study: Study, tables: Tables) -> str:
    """Lease against own per available and per used GPU-hour, with what moves the verdict."""
    rows = lease_versus_own(plan, study, tables)
    parts, drawn = [], False
    for basis in own_bases(plan, study, tables):
        mine = rows[rows["accelerator"] == basis.accelerator]
        owned, offers = _verdict(mine)
        parts += [f"<h3>{html.text(basis.accelerator)}</h3>", html.paragraph(owned), html.bullets(offers)]
        parts.append(html.figure(charts.svg(charts.own_against_lease(mine))))
        rivalry = rivalry_of(basis, study, tables)
        who, *what_turns_it = map_words(rivalry)
        parts += ["<h3>Who wins, and what turns it</h3>", html.paragraph(who)]
        parts.append(html.bullets(filter(None, [*what_turns_it, _decided(plan, basis.accelerator)])))
        if rivalry.offers and not drawn:  # the plan's own accelerator comes first; one map is enough to read
            parts.append(html.figure(charts.svg(lease_map_figure(lease_map(rivalry), plan_point(basis)))))
            parts.append(html.paragraph(MAP_NOTE, "note"))
            drawn = True
        parts.append(_sensitivities(mine))
        parts += ["<p class='note'>The owned side is worked out from:</p>", html.bullets(basis.words)]
    if not parts:
        return ""
    lead = (
        "A closed form beside the plan, before income, sales and property tax. Available: hours in which the "
        "accelerator may work. Used: hours in which it does; idle hours are paid on both sides, since a take-or-pay "
        "lease bills every hour; on demand alone is paid for used hours only. A rented hour is taken as available. "
        "Price path: one-year leases renewed at a market that moves so much a year; within the term of one contract "
        "its price stands still."
    )
    return html.section("Lease against own", html.paragraph(lead), *parts)


TELLS_PERCENT = 1.0
"""Prices and residuals are known to worse than this."""
MAP_NOTE = (
    "Each cell sets owning against the cheapest lease for a used hour. The ring is where this plan stands. Life is "
    "that of the accelerator; it is leased for as long instead, year by year, at a price that moves as the column "
    "says. Where few hours are used, on demand at the day's public price is the lease to beat; elsewhere idle hours "
    "weigh on both sides alike. How many accelerators an offer can supply is not asked here."
)


def map_words(rivalry: Rivalry) -> list[str]:
    """Sentences: who wins at the plan's point, where the nearest flips are, and the answer at residual 0."""
    if not rivalry.offers:
        return ["No map: no lease price of this accelerator is known on the study's date, neither stated nor public."]
    at = plan_point(rivalry.basis)
    own, (lease, offer) = rivalry.own(at), rivalry.lease(at)
    best = next(known for known in rivalry.offers if known.name == offer)
    where = f"{number(at.life_years)} years of life, {_share(at.utilisation)} used, lease price stays, "
    where += f"discount rate {_share(at.rate)}/y"
    named = f"{_named(offer)}{'' if best.admitted else ', which this study does not admit,'}"
    said = [
        f"At this plan's point ({where}) a used GPU-hour costs {number(own, 2)} USD owned and {number(lease, 2)} USD "
        f"leased, {named} being the cheapest lease: {_who(rivalry.margin_percent(at))}."
    ]
    own_offers = tuple(known for known in rivalry.offers if not known.public)
    if best.public and own_offers:
        margin = replace(rivalry, offers=own_offers).margin_percent(at)
        said.append(f"A public price may hold for few accelerators; against this study's own offers {_who(margin)}.")
    flips = {axis: rivalry.nearest_flip(axis, at) for axis in AXES}
    turns = [_turn(axis, at, value) for axis, value in flips.items() if value is not None]
    never = [f"no {_AXIS_WORDS[axis]} from {_range(axis)}" for axis, value in flips.items() if value is None]
    if turns:
        said.append(f"The answer turns, all else kept, {listed(turns, joined='or')}.")
    if never:
        said.append(f"{_capital(listed(never))} {'turns' if len(never) == 1 else 'turn'} it.")
    bare, left = rivalry.without_residual(), _share(rivalry.residual_share(at.life_years))
    said.append(
        f"The residual follows the study's curve ({rivalry.basis.residual}: {left} of the price left after "
        f"{number(at.life_years)} years); at residual 0 owning costs {number(bare.own(at), 2)} USD: "
        f"{_who(bare.margin_percent(at))}."
    )
    return said


_AXIS_WORDS = {
    "life_years": "life",
    "utilisation": "utilisation",
    "price_change": "yearly change of the lease price",
    "rate": "discount rate",
}


def _turn(axis: str, at: Point, value: float) -> str:
    """Where the answer turns along one axis, and how far that is."""
    here = float(getattr(at, axis))
    more, away = value > here, abs(value - here)
    points = f"{number(away * 100, 1 if away > 0.0095 else 2)} points"
    if axis == "life_years":
        side, digits = "above" if more else "below", 1 if away > 0.095 else 2
        return f"at a life {side} {number(value, digits)} years ({number(away, digits)} years from the plan's)"
    if axis == "utilisation":
        return f"when {'more' if more else 'less'} than {_share(value)} is used ({points} away)"
    if axis == "rate":
        return f"at a discount rate {'above' if more else 'below'} {_share(value)}/y ({points} away)"
    return f"when lease prices {'rise' if more else 'fall'} by more than {_share(abs(value))} a year"


def _range(axis: str) -> str:
    """The ends between which a flip was looked for."""
    low, high = AXES[axis]
    if axis == "life_years":
        return f"{low:g} to {high:g} years"
    return f"{low * 100:g} to {high * 100:g} %{'' if axis == 'utilisation' else '/y'}".replace("-", "−")


def _share(value: float) -> str:
    """A percentage to a tenth, whole where it is whole."""
    return percent(value, 0 if abs(value * 100 - round(value * 100)) < 0.05 else 1)


def _capital(words: str) -> str:
    """The first letter large, the others as they are."""
    return words[:1].upper() + words[1:]


def _who(margin_percent: float) -> str:
    """Who wins and by how much."""
    side = winner(round(margin_percent, 1))
    if side == "tie":
        return "a tie"
    words = f"{'owning' if side == 'own' else 'leasing'} is cheaper by {number(abs(margin_percent), 1)} %"
    return f"{words}, less than these figures can tell" if abs(margin_percent) < TELLS_PERCENT else words


def _decided(plan: Plan, accelerator: str) -> str:
    """What the plan itself does, in a sentence; empty without a plan."""
    if plan.npv_cost_musd is None:
        return ""
    delivered, leases = plan.tables["deliveries"], plan.tables["leases"]
    own = delivered.loc[delivered["accelerator"] == accelerator, "accelerators"].sum()
    new = leases[(leases["accelerator"] == accelerator) & ~leases["existing"].astype(bool)]["gpus"].sum()
    return (
        f"The plan itself buys {number(own)} and newly leases {number(new)} of them: it also weighs dates, power, "
        "fabric and funding, which the map leaves out."
    )


def _verdict(rows: pd.DataFrame) -> tuple[str, list[str]]:
    """Owned cost of the base row, and what it means against each offer, in a sentence each."""
    own = rows[(rows["side"] == "own") & (rows["varied"] == "base")].iloc[0]
    owned = (
        f"Owned for {BASE_LIFE_YEARS} years: {number(own['usd_per_available_gpu_h'], 2)} USD per available GPU-hour, "
        f"{number(own['usd_per_used_gpu_h'], 2)} per used one ({own['setting']})."
    )
    said = []
    for _, offer in rows[(rows["side"] == "lease") & (rows["varied"] == "base")].iterrows():
        price, turn = offer["usd_per_available_gpu_h"], offer["break_even_decline"]
        cheaper = "owning is cheaper" if own["usd_per_available_gpu_h"] < price else "leasing is cheaper"
        even = (
            f"; the two meet if lease prices {'fall' if turn >= 0 else 'rise'} by {percent(abs(turn), 0)} a year"
            if turn == turn
            else ""
        )
        said.append(f"Against {_named(offer['offer'])} at {number(price, 2)}: {cheaper} at today's price{even}.")
    return owned, said


def _named(offer: str) -> str:
    """An offer inside a sentence."""
    return f"the {offer}" if offer.startswith(("lowest of", "median of")) else f"“{offer}”"


def _sensitivities(rows: pd.DataFrame) -> str:
    """One assumption moved at a time, own and lease, rounded to cents."""
    kept: dict[str, tuple[str, int | None]] = {
        "who": ("owned or leased", None),
        "varied": ("moved", None),
        "setting": ("to", None),
        "usd_per_available_gpu_h": ("USD per available GPU-hour", 2),
        "usd_per_used_gpu_h": ("USD per used GPU-hour", 2),
    }
    named = rows.assign(who=rows["side"].where(rows["side"] == "own", "lease: " + rows["offer"]))
    own = shown("Owned, one assumption at a time", named[named["side"] == "own"], kept)
    lease = shown("Leased, by price path and utilisation", named[named["side"] == "lease"], kept)
    return "".join(
        f"<details{' open' if item is own else ''}><summary>{html.text(item.title)}</summary>"
        f"{html.table(item.frame, item.numeric)}</details>"
        for item in (own, lease)
        if len(item.frame)
    )
