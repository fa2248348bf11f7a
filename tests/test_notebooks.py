"""The notebooks run from top to bottom, and are committed without outputs."""

from __future__ import annotations

import json
import pathlib

import pytest

NOTEBOOKS = sorted((pathlib.Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_without_outputs(path):
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert cells
    assert not [cell["outputs"] for cell in cells if cell["outputs"] or cell["execution_count"]]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(run_python, path):
    # In a process of its own: the kernel's sockets and event loop warn about each other.
    printed = run_python("-c", EXECUTE, NOTEBOOK=str(path), MPLBACKEND="module://matplotlib_inline.backend_inline")
    assert json.loads(printed.splitlines()[-1]) > 0


EXECUTE = """
import json, os, nbclient, nbformat
notebook = nbformat.read(os.environ["NOTEBOOK"], as_version=4)
nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
print(json.dumps(sum("image/png" in output.get("data", {}) for output in outputs)))
"""
