"""The still charts of the report: MW and cash over time, money against date, lease against own. Altair in, SVG out."""

from __future__ import annotations

import itertools
import re
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from siting.items import CASH
from siting.plan import Plan
from siting.study import Study
from siting.termination import Termination

ITEMS = {
    "accelerators": "accelerators",
    "halls": "halls",
    "opening": "connection, land",
    "rent": "hall rent",
    "lease": "new leases",
    "existing_lease": "existing leases",
    "energy": "energy",
    "accelerator_om": "upkeep and property tax",
    "hall_om": "upkeep and property tax",
    "property_tax": "upkeep and property tax",
}
"""Columns of `cash`, as the chart groups them; any other payment is under OTHER."""
OTHER = "other"
COLOURS = ["#2f6db3", "#7ba7d6", "#b9cfe8", "#a8741a", "#c8322b", "#e3a19d", "#4d8b57", "#8d96a3", "#3b4754"]
WITHOUT_PLAN = {Termination.INFEASIBLE: "no plan", Termination.NO_PLAN_FOUND: "none in time"}
"""What a date is called that has none."""
WIDTH, HEIGHT = 800, 250
FONT = "Helvetica Neue, Helvetica, Arial, DejaVu Sans, sans-serif"
_serial = itertools.count()


def svg(chart: alt.TopLevelMixin) -> str:
    """The chart as an SVG element, its ids unique in the page, nothing fetched."""
    text: str = vl_convert.vegalite_to_svg(plain(chart), allowed_base_urls=[])
    prefix = f"c{next(_serial)}-"
    text = re.sub(r'(\bid="|url\(#)', rf"\g<1>{prefix}", text)
    return text[text.index("<svg") :]


def plain(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """The chart's Vega-Lite, in the report's dress; without the schema's address."""
    axis = {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "gridColor": "#e6e8ec"}
    axis |= {"domainColor": "#9aa3af", "tickColor": "#9aa3af", "labelColor": "#3b4754", "titleColor": "#3b4754"}
    spec: dict[str, Any] = (
        chart.configure(font=FONT, background="white")
        .configure_axis(**axis)
        .configure_view(stroke=None)
        .configure_legend(orient="top", title=None, labelFontSize=12, symbolType="square", labelLimit=400, columns=4)
        .to_dict()
    )
    spec.pop("$schema", None)
    return spec


def money_unit(most_musd: float) -> tuple[float, str]:
    """musd a unit and its name: billions when the largest figure reaches one."""
    return (1000.0, "billion USD") if most_musd >= 1000.0 else (1.0, "million USD")


def mw_over_time(plan: Plan) -> alt.Chart:
    """Standing and running critical IT, energized grid power at the meter and firm units on the campuses beside it, all
    sites together, by quarter.
    """
    names = {
        "standing_it_mw": "standing halls, MW IT",
        "running_it_mw": "running, MW IT",
        "running_utility_mw": "running at peak, MW at the meter",
        "energized_utility_mw": "energized, MW at the meter",
    }
    summed = plan.tables["power"].groupby("quarter")[list(names)].sum()
    if len(units := plan.tables.get("onsite", pd.DataFrame())):
        names["with_units_mw"] = "energized and firm on the campus, MW at the meter"
        firm = units.groupby("quarter")["firm_mw"].sum()
        summed["with_units_mw"] = summed["energized_utility_mw"].add(firm, fill_value=0.0)
    summed = summed.reindex(plan.tables["cash"]["quarter"]).fillna(0.0).rename_axis("quarter")
    rows = summed.rename(columns=names).reset_index().melt("quarter", var_name="what", value_name="mw")
    scale = alt.Scale(domain=list(names.values()), range=["#7ba7d6", "#2f6db3", "#c8322b", "#5b6570", "#b07a1e"])
    dash = alt.Scale(domain=list(names.values()), range=[[1, 0], [1, 0], [1, 0], [5, 4], [2, 3]])
    chart = alt.Chart(rows).mark_line(interpolate="step", strokeWidth=2)  # the level of a quarter around its label
    return _sized(
        chart.encode(
            x=_quarters(plan),
            y=alt.Y("mw:Q", title="MW"),
            color=alt.Color("what:N", scale=scale),
            strokeDash=alt.StrokeDash("what:N", scale=dash),
        )
    )


def cash_by_item(plan: Plan) -> alt.Chart:
    """Spending of each quarter, stacked by item, billion or million USD."""
    unit, name_of_unit = money_unit(plan.tables["cash"]["total"].max())
    cash = plan.tables["cash"]
    rows = cash[["quarter", *[c for c in CASH if c in cash]]].melt("quarter", var_name="item", value_name="musd")
    rows["item"] = [ITEMS.get(item, OTHER) for item in rows["item"]]
    rows = rows.groupby(["quarter", "item"], as_index=False)["musd"].sum()
    spent = rows.groupby("item")["musd"].sum().abs() > 0
    groups = [*dict.fromkeys(ITEMS.values()), OTHER]
    order = [name for name in groups if spent.get(name, False)]
    rows = rows[rows["item"].isin(order)].assign(paid=lambda f: f["musd"] / unit)
    rows["rank"] = rows["item"].map({name: rank for rank, name in enumerate(order)})
    colours = dict(zip(groups, COLOURS, strict=True))
    return _sized(
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=_quarters(plan),
            y=alt.Y("paid:Q", title=f"{name_of_unit} a quarter"),
            color=alt.Color("item:N", scale=alt.Scale(domain=order, range=[colours[name] for name in order])),
            order=alt.Order("rank:Q"),
        )
    )


def cash_against_funding(plan: Plan, study: Study) -> alt.LayerChart:
    """Cumulative spending under the funding that has come in: closed rounds dark, assumed rounds hatched in pale."""
    quarters = plan.tables["cash"]["quarter"].tolist()
    unit, name_of_unit = money_unit(plan.tables["cash"]["funding_cumulative"].max())
    first = int(study.start)
    rows = [
        (
            label,
            status,
            sum(r.amount_musd for r in study.money.funding if r.status == key and r.quarter <= first + t) / unit,
        )
        for t, label in enumerate(quarters)
        for key, status in (("closed", "closed funding"), ("assumed", "assumed funding"))
    ]
    money = pd.DataFrame(rows, columns=["quarter", "what", "sum"]).assign(rank=lambda f: f["what"] != "closed funding")
    line = pd.DataFrame(
        {"quarter": quarters, "what": "spent so far", "sum": plan.tables["cash"]["cumulative"].to_numpy() / unit}
    )
    scale = alt.Scale(
        domain=["closed funding", "assumed funding", "spent so far"], range=["#b9cfe8", "#f2e3c6", "#c8322b"]
    )
    color = alt.Color("what:N", scale=scale)
    bars = alt.Chart(money).mark_bar(width={"band": 1.0})
    spent = alt.Chart(line).mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=22))
    y = alt.Y("sum:Q", title=f"{name_of_unit}, cumulative")
    return _sized(
        alt.layer(
            bars.encode(x=_quarters(plan), y=y, color=color, order=alt.Order("rank:N")),
            spent.encode(x=_quarters(plan), y=alt.Y("sum:Q", stack=None), color=color),
        )
    )


def money_against_date(points: pd.DataFrame) -> alt.LayerChart:
    """Present value of cost by the clusters' date; dates without a plan are named on the axis."""
    unit, name_of_unit = money_unit(points["value_musd"].astype(float).max())
    rows = points.assign(
        cost=points["value_musd"].astype(float) / unit, bound=points["bound_musd"].astype(float) / unit
    )
    found = rows[rows["cost"].notna()]
    x = alt.X("by:N", sort=rows["by"].tolist(), title="training cluster runs by", axis=alt.Axis(labelAngle=0))
    x = x.scale(alt.Scale(domain=rows["by"].tolist()))
    y = alt.Y("cost:Q", title=f"present value, {name_of_unit}", scale=alt.Scale(zero=False, padding=18))
    base = alt.Chart(found)
    digits = ".2f" if unit > 1.0 else ".1f"
    layers: list[Any] = [
        base.mark_line(color="#7ba7d6").encode(x=x, y=y),
        base.mark_point(filled=True, size=80, color="#2f6db3", opacity=1).encode(x=x, y=y),
        base.mark_tick(color="#5b6570", thickness=2, width=22).encode(x=x, y=alt.Y("bound:Q")),
        base.mark_text(dy=-13, fontSize=12).encode(x=x, y=y, text=alt.Text("cost:Q", format=digits)),
    ]
    if len(none := rows[rows["cost"].isna()]):
        words = none.assign(text=none["termination"].map(WITHOUT_PLAN))
        color = alt.condition(alt.datum.text == "no plan", alt.value("#c8322b"), alt.value("#5b6570"))
        layers.append(
            alt.Chart(words)
            .mark_text(fontSize=12, fontStyle="italic")
            .encode(x=x, y=alt.value(HEIGHT * 0.8 / 2), text="text:N", color=color)
        )
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT * 0.8)


def own_against_lease(table: pd.DataFrame) -> alt.LayerChart:
    """Owned cost by life against each lease offer at today's price, USD per available GPU-hour, one accelerator."""
    own = table[(table["side"] == "own") & (table["varied"] == "life")]
    offers = table[(table["side"] == "lease") & (table["varied"] == "base")]
    x = alt.X("life_years:Q", title="life of an owned accelerator, years", axis=alt.Axis(tickMinStep=1, format="d"))
    x = x.scale(alt.Scale(domain=[2.9, 6.1], nice=False))
    y = alt.Y("usd_per_available_gpu_h:Q", title="USD per available GPU-hour", scale=alt.Scale(zero=True))
    lines: list[Any] = [
        alt.Chart(own)
        .mark_line(color="#2f6db3", strokeWidth=2.5, point=alt.OverlayMarkDef(color="#2f6db3", size=50))
        .encode(x=x, y=y),
        alt.Chart(own.tail(1))
        .mark_text(align="right", dy=16, color="#2f6db3", fontSize=12, text="owned")
        .encode(x=x, y=y),
    ]
    if len(offers):
        named = offers.assign(
            life_years=_label_places(offers["usd_per_available_gpu_h"].tolist()),
            text=[
                f"lease: {o} ({p:.2f})" for o, p in zip(offers["offer"], offers["usd_per_available_gpu_h"], strict=True)
            ],
        )
        lines.append(alt.Chart(named).mark_rule(color="#c8322b", strokeDash=[5, 4]).encode(y=y))
        lines.append(
            alt.Chart(named)
            .mark_text(align="left", dy=-7, color="#c8322b", fontSize=12)
            .encode(x=x, y=y, text="text:N")
        )
    return alt.layer(*lines).properties(width=WIDTH, height=HEIGHT)


def _label_places(prices: list[float]) -> list[float]:
    """Where on the life axis each offer's label begins: one near in price to an earlier label stands to its right."""
    near = 0.08 * max(prices)
    return [2.95 + sum(abs(price - other) < near for other in prices[:n]) for n, price in enumerate(prices)]


def _quarters(plan: Plan) -> alt.X:
    """The quarter axis: every label when they fit, else one a year."""
    labels = plan.tables["cash"]["quarter"].tolist()
    step = 1 if len(labels) <= 12 else 2 if len(labels) <= 24 else 4
    axis = alt.Axis(values=labels[::step], labelAngle=-40 if len(labels) > 6 else 0, grid=False)
    return alt.X("quarter:O", title=None, sort=labels, scale=alt.Scale(domain=labels), axis=axis)


def _sized(chart: Any) -> Any:
    return chart.properties(width=WIDTH, height=HEIGHT)
