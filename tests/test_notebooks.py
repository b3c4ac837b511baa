"""Notebooks run from top to bottom, and what they were saved with is what they still say."""

from __future__ import annotations

import warnings
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, tmp_path: Path):
    """Every cell runs without an error in a fresh kernel and an empty folder, and was saved with outputs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the kernel's own start-up
        from nbclient import NotebookClient

        notebook = nbformat.read(path, as_version=4)
        saved = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert saved and all(cell.outputs for cell in saved if "print" in cell.source)
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert all(
        output.output_type != "error" for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    )
