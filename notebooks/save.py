"""Run notebooks and save them with what they show: `python notebooks/save.py [NAME ...]`.

All of them without a name. Each runs from top to bottom in a fresh kernel and an empty
folder, as its test does. What would differ from run to run is left out: times of execution,
the kernel's version, how a print was cut into pieces. A notebook that shows a folder of
this machine is not saved.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
LIMIT_S = 120
"""Most seconds a cell may take."""


def main(names: list[str]) -> int:
    for path in sorted(HERE.glob("*.ipynb")):
        if names and not any(path.stem.startswith(name) for name in names):
            continue
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as folder:
            NotebookClient(
                notebook, timeout=LIMIT_S, resources={"metadata": {"path": folder}}
            ).execute()
            tidy(notebook)
            text = nbformat.writes(notebook) + "\n"
            if folder in text or str(HERE.parent) in text:
                print(
                    f"{path.name}: shows a folder of this machine, not saved",
                    file=sys.stderr,
                )
                return 1
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{path.name}: {len(text) / 1000:,.0f} kB")
    return 0


def tidy(notebook: Any) -> None:
    """Take out what changes from run to run."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)


def _joined(outputs: list[Any]) -> list[Any]:
    """Pieces of one stream as one output."""
    kept: list[Any] = []
    for output in outputs:
        if kept and output.output_type == "stream" and kept[-1].get("name") == output.name:
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
