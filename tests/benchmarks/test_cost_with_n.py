"""The figure of cost against N: what is drawn, and by what power it grows."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from cost_with_n import drawn, exponent


def rows() -> list[dict[str, float]]:
    """A hundred times the candidates: a hundred times the seconds, ten times the memory."""
    return [
        {"candidates": 100, "bound_seconds": 0.5, "cpu_seconds": 2.0, "peak_mb": 40.0},
        {"candidates": 10_000, "bound_seconds": 50.0, "cpu_seconds": 200.0, "peak_mb": 400.0},
    ]


def test_exponents() -> None:
    """Linear seconds, memory as the root."""
    assert exponent(rows(), "bound_seconds") == pytest.approx(1.0)
    assert exponent(rows(), "peak_mb") == pytest.approx(0.5)
    assert exponent(rows()[:1], "peak_mb") is None


def test_the_figure_is_an_svg_with_its_titles() -> None:
    """It parses, and says what is drawn."""
    text = drawn(rows())
    assert ET.fromstring(text).tag.endswith("svg")
    for words in ("CPU seconds", "peak memory, MB", "candidates"):
        assert words in text
