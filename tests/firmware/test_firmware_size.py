"""The firmware's size and stack frames stay within their limits, and a growth is noticed."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "firmware_size.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("firmware_size", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules["firmware_size"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def limits(tool):
    return tool.read_limits(tool.LIMITS.read_text())


@pytest.mark.device
@pytest.mark.parametrize(
    "board",
    [
        "mps2-an386",
        pytest.param("lm3s6965evb", marks=pytest.mark.slow),
        pytest.param("riscv-virt", marks=pytest.mark.slow),
        pytest.param("rp2040", marks=pytest.mark.slow),
    ],
)
def test_no_figure_is_beyond_its_limit(tool, limits, tmp_path, board):
    measured = tool.measure(board, tmp_path)
    assert not list(tool.beyond(measured, limits[board]))
    assert len(measured.frames) > 100


def test_each_figure_that_grows_is_named(tool, limits):
    frame = tool.Frame(function="run.c: run", size=64, bounded=True)
    fits = tool.Measured(board="mps2-an386", text=1, data=1, bss=1, frames=(frame,))
    assert not list(tool.beyond(fits, limits["mps2-an386"]))
    for name in ("text", "data", "bss"):
        limit = limits["mps2-an386"][name]
        grown = replace(fits, **{name: limit + 1})
        [line] = tool.beyond(grown, limits["mps2-an386"])
        assert line.startswith(f"mps2-an386: {name} is {limit + 1} bytes, its limit {limit} ")
    deep = replace(fits, frames=(replace(frame, size=limits["mps2-an386"]["frame"] + 1),))
    assert "frame is" in next(tool.beyond(deep, limits["mps2-an386"]))


def test_a_frame_without_a_bound_is_named(tool, limits):
    frames = tool.read_frames(["app/run.c:12:5:run\t64\tstatic\na.c:3:1:f\t16\tdynamic\n"])
    assert [(f.function, f.size) for f in frames] == [("run.c: run", 64), ("a.c: f", 16)]
    measured = tool.Measured(board="host", text=0, data=0, bss=0, frames=frames)
    assert list(tool.beyond(measured, limits["riscv-virt"])) == [
        "host: the frame of a.c: f has no bound"
    ]
