"""The script of the live charts: bundled once for a version, kept whole, and never needed from the cache."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import vl_convert

from siting.report.library import cache_folder, library


@pytest.fixture(autouse=True)
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An empty cache folder and a bundler that counts."""
    calls: list[str] = []

    def bundle() -> str:
        calls.append("bundle")
        return "let é = '</script><!-- https://vega.github.io/editor';"

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(vl_convert, "javascript_bundle", bundle)
    library.cache_clear()
    yield calls
    library.cache_clear()


def test_bundled_once_and_read_afterwards(bundled: list[str]):
    """The second program finds it under the version that made it, the same to the letter and safe inside a page."""
    first = library()
    library.cache_clear()
    assert library() == first == "let é = '<\\/script>\\x3C!-- /editor';"
    assert bundled == ["bundle"]
    assert [path.name for path in cache_folder().iterdir()] == [f"vega-{version('vl-convert-python')}.js"]


def test_another_version_is_bundled_anew(bundled: list[str], monkeypatch: pytest.MonkeyPatch):
    """A file of an older version is left alone."""
    library()
    library.cache_clear()
    monkeypatch.setattr("siting.report.library.version", lambda _: "99.0")
    library()
    assert bundled == ["bundle", "bundle"]


def test_a_cache_that_cannot_be_used_is_no_fault(bundled: list[str], tmp_path: Path):
    """A file where the folder should be: neither read nor written, and no word about it."""
    (tmp_path / "cache").write_text("in the way", encoding="utf-8")
    assert library().startswith("let é")
    assert bundled == ["bundle"]


def test_a_damaged_file_is_bundled_over(bundled: list[str]):
    """What is no UTF-8 is made again and replaced."""
    cache_folder().mkdir(parents=True)
    (cache_folder() / f"vega-{version('vl-convert-python')}.js").write_bytes(b"\xff\xfe")
    assert library().startswith("let é")
    library.cache_clear()
    library()
    assert bundled == ["bundle"]
