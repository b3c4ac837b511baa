"""Pieces of the page: escaped text, tables, charts, and the frame around them. Nothing points outside the file."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from siting.report.library import library
from siting.report.shown import Shown

UNIT = re.compile(r"(\d) (%|MW\b|kW\b)")
LONG, LONG_CLASS = 34, ' class="long"'
"""Characters from which a cell wraps."""
MORE = 14
"""A table with more rows than this is folded."""


def text(value: object) -> str:
    """Escaped for HTML, also inside attributes; a number stays on one line with its unit."""
    return UNIT.sub("\\1\u00a0\\2", html.escape(str(value), quote=True))


def paragraph(words: str, kind: str = "") -> str:
    """One escaped paragraph; kind: a class of the style sheet."""
    return f'<p class="{kind}">{text(words)}</p>' if kind else f"<p>{text(words)}</p>"


def section(title: str, *parts: str) -> str:
    """A heading and what stands under it."""
    return f"<section><h2>{text(title)}</h2>\n" + "\n".join(part for part in parts if part) + "</section>"


def lines(pairs: Iterable[tuple[str, str]]) -> str:
    """Label and sentence, one below the other."""
    return "<dl>" + "".join(f"<dt>{text(label)}</dt><dd>{text(words)}</dd>" for label, words in pairs) + "</dl>"


def bullets(items: Iterable[str]) -> str:
    """A plain list."""
    return "<ul>" + "".join(f"<li>{text(item)}</li>" for item in items) + "</ul>"


def figures(pairs: Iterable[tuple[str, str]]) -> str:
    """The few numbers of page one."""
    boxes = "".join(f"<div><span>{text(label)}</span><b>{text(figure)}</b></div>" for label, figure in pairs)
    return f'<div class="figures">{boxes}</div>'


def table(frame: pd.DataFrame, numeric: Iterable[str] = (), hashes: Iterable[str] = ()) -> str:
    """A table of text; numeric columns flush right, hashes in a fixed width."""
    kinds = {**dict.fromkeys(hashes, "hash"), **dict.fromkeys(numeric, "n")}
    classes = [f' class="{kinds[c]}"' if c in kinds else "" for c in frame.columns]
    head = "".join(f"<th{c}>{text(name)}</th>" for c, name in zip(classes, frame.columns, strict=True))
    rows = (
        "<tr>" + "".join(_cell(c, cell) for c, cell in zip(classes, row, strict=True)) + "</tr>"
        for row in frame.itertuples(index=False, name=None)
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _cell(kind: str, cell: object) -> str:
    """A cell; long text may wrap, short text may not."""
    return f"<td{kind or (LONG_CLASS if len(str(cell)) > LONG else '')}>{text(cell)}</td>"


def shown_table(item: Shown) -> str:
    """A titled table, folded when it is long."""
    body = table(item.frame, item.numeric) + (paragraph(item.note, "note") if item.note else "")
    if len(item.frame) > MORE:
        return f"<details><summary>{text(item.title)} ({len(item.frame):,} rows)</summary>{body}</details>"
    return f"<h3>{text(item.title)}</h3>{body}"


def figure(svg: str) -> str:
    """A still chart."""
    return f'<div class="chart">{svg}</div>'


def page(title: str, body: str, live: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole file. live: Vega-Lite specifications by the id of the element that shows each; one library for all."""
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    specs = json.dumps(live, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    start = (
        f"for (const [id, spec] of Object.entries({specs})) "
        'vegaEmbed("#" + id, spec, {mode: "vega-lite", actions: false, renderer: "canvas"});'
    )
    scripts = f'<script type="module">{library()}</script>\n<script type="module">{start}</script>' if live else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title>\n<style>{style}</style></head>\n<body><main>{body}</main>\n{scripts}</body></html>\n"
    )
