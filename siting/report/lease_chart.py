"""The figure of the lease-versus-buy map: small multiples of who wins, and by how much."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from siting.report.lease_map import Point, winner

LEASE, TIE, OWN = "#c8322b", "#f7f7f5", "#2f6db3"
"""Red against blue through white: told apart with every common colour blindness; dots mark leasing in grey print."""
CLAMP_PERCENT = 40.0
"""Margins beyond this are drawn in the full colour."""
CELL_PX = 38, 17


def lease_map_figure(grid: pd.DataFrame, plan: Point) -> alt.FacetChart:
    """Facets discount rate x lease price path; x life, y utilisation, colour margin; a ring where the plan stands.

    grid: `lease_map`'s table with a margin in every row; cells are centred on its lives and utilisations.
    """
    lives, used = sorted(grid["life_years"].unique()), sorted(grid["utilisation"].unique())
    life_half, used_half = _half_step(lives), _half_step(used) * 100.0
    cells = pd.DataFrame(
        {
            "left": grid["life_years"] - life_half,
            "right": grid["life_years"] + life_half,
            "low": (grid["utilisation"] * 100.0).round(6) - used_half,
            "high": (grid["utilisation"] * 100.0).round(6) + used_half,
            "life": grid["life_years"],
            "used": (grid["utilisation"] * 100.0).round(6),
            "margin": grid["margin_percent"].round(1),
            "what": grid["margin_percent"].map(winner),
            "rate": [_percent(rate) for rate in grid["rate"]],
            "path": [_path(change) for change in grid["price_change"]],
        }
    )
    mark = {"life": plan.life_years, "used": plan.utilisation * 100.0, "what": "plan"}
    mark |= {"rate": _percent(plan.rate), "path": _path(plan.price_change)}
    rows = pd.concat([cells, pd.DataFrame([mark])], ignore_index=True)
    x = alt.X(
        "left:Q", title="life, years", scale=alt.Scale(domain=[lives[0] - life_half, lives[-1] + life_half], nice=False)
    )
    y = alt.Y(
        "low:Q",
        title="used, %",
        scale=alt.Scale(domain=[used[0] * 100 - used_half, used[-1] * 100 + used_half], nice=False),
    )
    x, y = (
        x.axis(values=lives, format="d", grid=False),
        y.axis(values=[u * 100 for u in used[1::2]], grid=False, labelOverlap=False),
    )
    scale = alt.Scale(
        domain=[-CLAMP_PERCENT, 0.0, CLAMP_PERCENT], range=[LEASE, TIE, OWN], clamp=True, interpolate="rgb"
    )
    legend = alt.Legend(
        title="cheaper by % of the dearer side: leasing (red, dotted), 0 a tie, owning (blue)",
        titleFontSize=12,
        titleFontWeight="normal",
        titleLimit=600,
        gradientLength=300,
        values=[-40, -20, 0, 20, 40],
    )
    base = alt.Chart()
    center = {"x": alt.X("life:Q", title="life, years"), "y": alt.Y("used:Q", title="used, %")}
    layers: list[Any] = [
        base.mark_rect(aria=False, stroke="white", strokeWidth=0.4)
        .transform_filter("datum.what !== 'plan'")
        .encode(x=x, x2="right:Q", y=y, y2="high:Q", color=alt.Color("margin:Q", scale=scale, legend=legend)),
        base.mark_circle(aria=False, size=5, color="#3b1412", opacity=1)
        .transform_filter("datum.what === 'lease'")
        .encode(**center),
        base.mark_point(
            aria=False, shape="circle", size=120, stroke="#1f2933", strokeWidth=2.2, fill="white", opacity=1
        )
        .transform_filter("datum.what === 'plan'")
        .encode(**center),
    ]
    width, height = CELL_PX[0] * len(lives), CELL_PX[1] * len(used)
    header = alt.Header(title=None, labelFontSize=12, labelColor="#3b4754")
    rates = list(dict.fromkeys(cells["rate"]))
    paths = list(dict.fromkeys(cells["path"]))
    return (
        alt.layer(*layers)
        .properties(width=width, height=height)
        .facet(
            row=alt.Row("rate:N", sort=rates, header=header),
            column=alt.Column("path:N", sort=paths, header=header),
            data=rows,
            spacing=12,
        )
    )


def _half_step(values: list[float]) -> float:
    """Half the distance between neighbours of an even grid."""
    return (values[1] - values[0]) / 2.0 if len(values) > 1 else 0.5


def _percent(rate: float) -> str:
    return f"discount rate {rate * 100:.3g} %/y"


def _path(change: float) -> str:
    return f"lease price {change * 100:+.3g} %/y".replace("-", "−") if change else "lease price stays"
