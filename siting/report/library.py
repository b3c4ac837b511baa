"""Vega, Vega-Lite and Vega-Embed as one script, for the charts that answer the pointer.

vl-convert bundles the script anew each time it is asked, which takes 1.5 s, and always to the same text. So it is kept
in the user's cache folder, under the version that made it; where that cannot be read or written it is bundled again.
"""

from __future__ import annotations

import functools
import os
import tempfile
from importlib.metadata import version
from pathlib import Path

import vl_convert


@functools.cache
def library() -> str:
    """The script, ready to stand inside a page: as shipped with vl-convert, its links to editors cut."""
    kept = cache_folder() / f"vega-{version('vl-convert-python')}.js"
    try:
        bundle = kept.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        bundle = vl_convert.javascript_bundle()  # type: ignore[call-arg]
        _keep(bundle, kept)
    return bundle.replace("</script", "<\\/script").replace("https://vega.github.io", "").replace("<!--", "\\x3C!--")


def cache_folder() -> Path:
    """Where this user's programs keep what they can make again: XDG_CACHE_HOME, LOCALAPPDATA or ~/.cache."""
    stated = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(stated) if stated else Path("~/.cache").expanduser()) / "siting"


def _keep(bundle: str, path: Path) -> None:
    """Write it whole or not at all; a cache that cannot be written is no fault."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, encoding="utf-8", newline="\n", suffix=".part", delete=False
        ) as part:
            part.write(bundle)
        Path(part.name).replace(path)
    except OSError:
        return
