"""Notebooks run from top to bottom, and what they were saved with is what they still say."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, tmp_path: Path):
    """Every cell runs without an error in a fresh kernel and an empty folder, and says what it was saved with: word for
    word, figures and drawings left out, whose last digits are another machine's.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the kernel's own start-up
        from nbclient import NotebookClient

        notebook = nbformat.read(path, as_version=4)
        saved = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert saved and all(cell.outputs for cell in saved if "print" in cell.source)
        said = [said_by(cell) for cell in saved]
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert all(
        output.output_type != "error" for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    )
    for cell, before in zip(saved, said, strict=True):
        assert said_by(cell) == before, f"python notebooks/save.py {path.stem}"


def said_by(cell: nbformat.NotebookNode) -> str:
    """Words of what a cell shows."""
    texts: list[str] = []
    for output in cell.outputs:
        data = output.get("data", {})
        texts += [output.get("text", ""), data.get("text/html", ""), data.get("text/plain", "")]
    return " ".join(re.sub(r"base64,[^\"]*|[-+\d.,%]+", " ", "\n".join(texts)).split())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_saved_for_others(path: Path):
    """What a notebook was saved with names no folder of anybody's machine, fetches nothing, stays below 600 kB and is
    numbered as a run from top to bottom is.
    """
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < 600_000
    assert not re.search(r"(?<![\w.])/(tmp|home|root|work|Users|usr)/", text)
    assert not re.search(r"<script|src=.?.https?:|cdn\.", text)
    cells = [cell for cell in nbformat.reads(text, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


def test_a_cell_run_twice_gives_the_same_plan_with_any_number_of_threads():
    """One kernel, the same cell three times, the last with another number of threads, and once more after it: the
    solver's scheduler outlives a solve, and must not be felt.
    """
    cell = nbformat.v4.new_code_cell("plan = siting.solve(study)\nplan")
    again = nbformat.v4.new_code_cell("study = study.update({'search.threads': 1})")
    start = "import siting\nstudy = siting.read_study('models/tiny.toml').update({'search.date_curve': False})"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(start), cell, again])
    shown = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the kernel's own start-up
        from nbclient import NotebookClient

        client = NotebookClient(notebook, timeout=120)
        with client.setup_kernel():
            for index in (0, 1, 1, 2, 1):
                ran = client.execute_cell(notebook.cells[index], index)
                shown += [output["data"] for output in ran.outputs if output.output_type == "execute_result"]
    assert len(shown) == 3 and "60.29 MUSD" in shown[0]["text/plain"] and "data:image" in shown[0]["text/html"]
    assert shown[0] == shown[1] == shown[2]
