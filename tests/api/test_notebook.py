"""The notebook runs from top to bottom, and holds nothing of the machine it was written on."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.ipynb"))


def code_cells(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_there_is_a_notebook():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_it_stores_no_output(path):
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code_cells(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_it_runs_from_top_to_bottom(path):
    namespace = {"__name__": "notebook"}
    for number, cell in enumerate(code_cells(path)):
        code = compile("".join(cell["source"]), f"{path.name}, code cell {number}", "exec")
        exec(code, namespace)  # noqa: S102 - it is our own notebook
