"""A sweep in a cell: what happened, cost of each run drawn where one or two fields were varied, and the table."""

from __future__ import annotations

import altair as alt
import pandas as pd

from siting.display.answers import Columns, sentences, table
from siting.display.frame import framed, picture
from siting.report import charts, html
from siting.whatif.sweeps import Sweep

FEWEST, MOST_RUNS = 2, 40
"""Runs that can be drawn."""
WIDTH, HEIGHT = 640, 240
CHOICES = ["#2f6db3", "#c8322b", "#a8741a", "#4d8b57", "#3b4754", "#7ba7d6", "#e3a19d", "#8d96a3"]
"""Colours of the different choices of sites; more of them share one colour."""
FOUND: Columns = {
    "status": ("status", None),
    "termination": ("ended", None),
    "value_musd": ("cost, million USD", 1),
    "bound_musd": ("bound, million USD", 1),
    "percent": ("gap, %", 2),
    "sites": ("sites", None),
    "it_mw": ("critical IT, MW", 1),
    "first_open": ("first opens", None),
    "leased_gpus": ("newly leased GPUs", 0),
    "message": ("why not", None),
}


def sweep_html(found: Sweep) -> str:
    """Words, a chart where it fits, a row a run."""
    frame = found.frame
    keys = list(dict.fromkeys(key for run in found.runs for key in run.edits))
    columns: Columns = {"name": ("run", None), **{key: (key, None) for key in keys[:3]}, **FOUND}
    rows = frame.assign(percent=frame["gap"] * 100.0, **{key: frame[key].map(_text) for key in keys})
    if (frame["status"] == "done").all():
        columns = {name: told for name, told in columns.items() if name != "status"}
    drawn = _chart(rows[rows["value_musd"].notna()], keys)
    figure = (
        "" if drawn is None else picture(charts.plain(drawn), "Cost of the runs; the table below has every figure.")
    )
    return framed(
        f"<h3>Runs of {html.text(found.study.name)}</h3>",
        *sentences(str(found).splitlines()),
        figure,
        table("", rows, columns),
    )


def _chart(rows: pd.DataFrame, keys: list[str]) -> alt.LayerChart | None:
    """Cost along the one field that was varied, or over the two of a full grid; None where that would show nothing."""
    if not FEWEST <= len(rows) <= MOST_RUNS:
        return None
    if len(keys) == 1 and rows[keys[0]].is_unique:
        return _line(rows, keys[0])
    if len(keys) == 2 and len(rows) == rows[keys[0]].nunique() * rows[keys[1]].nunique():
        return _grid(rows, *keys)
    return None


def _line(rows: pd.DataFrame, key: str) -> alt.LayerChart:
    """Points of cost over ticks of the bound, in the order of the runs, coloured by the sites that are chosen."""
    unit, name_of_unit = charts.money_unit(rows["value_musd"].max())
    data = pd.DataFrame(
        {
            "at": rows[key],
            "cost": rows["value_musd"] / unit,
            "bound": rows["bound_musd"] / unit,
            "chosen": rows["sites"].where(rows["sites"] != "", "no site"),
        }
    )
    x = alt.X("at:N", sort=data["at"].tolist(), title=key, axis=alt.Axis(labelAngle=0 if len(data) < 9 else -40))
    y = alt.Y("cost:Q", title=f"present value, {name_of_unit}", scale=alt.Scale(zero=False, padding=14))
    color: alt.Color | alt.ColorValue = alt.value(CHOICES[0])
    if 1 < data["chosen"].nunique() <= len(CHOICES):
        color = alt.Color("chosen:N", sort=data["chosen"].unique().tolist(), scale=alt.Scale(range=CHOICES))
    base = alt.Chart(data)
    layers = [
        base.mark_line(color="#b9cfe8").encode(x=x, y=y),
        base.mark_tick(color="#5b6570", thickness=2, width=20).encode(x=x, y="bound:Q"),
        base.mark_point(filled=True, size=80, opacity=1).encode(x=x, y=y, color=color),
    ]
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def _grid(rows: pd.DataFrame, first: str, second: str) -> alt.LayerChart:
    """A cell for every pair of values: its cost in words and colour."""
    unit, name_of_unit = charts.money_unit(rows["value_musd"].max())
    data = pd.DataFrame({"x": rows[first], "y": rows[second], "cost": rows["value_musd"] / unit})
    middle = float(data["cost"].mean())
    x = alt.X("x:N", sort=data["x"].unique().tolist(), title=first, axis=alt.Axis(labelAngle=0))
    y = alt.Y("y:N", sort=data["y"].unique().tolist(), title=second)
    legend = alt.Legend(title=f"present value, {name_of_unit}", titleFontWeight="normal")
    base = alt.Chart(data).encode(x=x, y=y)
    cells = base.mark_rect().encode(color=alt.Color("cost:Q", scale=alt.Scale(scheme="blues"), legend=legend))
    dark = alt.condition(f"datum.cost > {middle}", alt.value("white"), alt.value("#1f2933"))
    words = base.mark_text(fontSize=12).encode(
        text=alt.Text("cost:Q", format=".3~s" if unit == 1 else ".2f"), color=dark
    )
    return alt.layer(cells, words).properties(width=WIDTH, height=30 * data["y"].nunique() + 20)


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)
