"""The frame of what a cell shows: its style, and pictures that lie inside it."""

from __future__ import annotations

import base64
import re
from typing import Any

import vl_convert

from siting.report import html

STYLE = """
.siting { font: 14px/1.5 "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif; max-width: 960px; }
.siting h3 { font-size: 17px; margin: 4px 0; } .siting h4 { font-size: 14px; font-weight: 600; margin: 12px 0 4px; }
.siting p { margin: 4px 0 8px; max-width: 84ch; } .siting .quiet, .siting .note { opacity: 0.75; font-size: 13px; }
.siting dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 14px; margin: 8px 0; }
.siting dt { opacity: 0.75; font-weight: normal; white-space: nowrap; } .siting dd { margin: 0; max-width: 84ch; }
.siting .scroll { overflow-x: auto; } .siting table { border-collapse: collapse; font-size: 13px; margin: 4px 0; }
.siting .scroll table th, .siting .scroll table td { text-align: left; padding: 3px 14px 3px 0; vertical-align: top; }
.siting .scroll table th.n, .siting .scroll table td.n { text-align: right; }
.siting .scroll table td { white-space: nowrap; }
.siting .scroll table td.long { white-space: normal; min-width: 200px; max-width: 420px; }
.siting img { max-width: min(100%, 760px); height: auto; background: white; }
.siting .key i { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin: 0 5px 0 14px; }
.siting .warning { border-left: 4px solid #c8322b; padding-left: 10px; }
""".strip()
LARGEST_SVG = 250_000
"""Characters from which a drawing becomes a PNG: notebooks are kept with what they show."""
_LONG = re.compile(r"(\d\.\d)\d+")


def framed(*parts: str) -> str:
    """One cell's HTML: parts that are escaped already, under a style of their own."""
    return f'<div class="siting"><style>{STYLE}</style>\n' + "\n".join(part for part in parts if part) + "</div>"


def picture(spec: dict[str, Any], told: str) -> str:
    """A Vega-Lite drawing as an image inside the page, nothing fetched; told: what it shows, for those who cannot see
    it.
    """
    drawn = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    drawn = re.sub(r' d="[^"]*"', lambda path: _LONG.sub(r"\1", path[0]), drawn)
    if len(drawn) <= LARGEST_SVG:
        kind, data = "svg+xml", drawn.encode("utf-8")
    else:
        kind, data = "png", vl_convert.vegalite_to_png(spec, allowed_base_urls=[])
    return f'<img alt="{html.text(told)}" src="data:image/{kind};base64,{base64.b64encode(data).decode("ascii")}">'
