"""The commands that are shown after a repair."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from mendlite.cli.next_steps import Place, next_lines
from mendlite.model.report import Ending

OUT = Path("build/x")


def commands(*, board="", ending=Ending.REPAIRED, strategy="auto", interpreted=(), out=OUT):
    told = {"interpreted": interpreted, "host_only": (), "frames": 1}
    report = SimpleNamespace(ending=ending, strategy=strategy, **told)
    lines = list(next_lines(report, Place(target="x", out=out, usual=OUT, board=board)))
    assert lines[0] == "next:"
    return [line.strip() for line in lines[1:]]


def test_a_repair_is_run_on_the_board_emitted_and_flashed():
    lines = commands()
    begins = ("mendlite validate x --board BOARD", "mendlite emit x --board BOARD",
              "mendlite flash x --board BOARD", "mendlite report build/x --open")  # fmt: skip
    assert all(line.startswith(words) for line, words in zip(lines, begins, strict=True))
    assert ["mendlite boards" in line for line in lines] == [True, False, False, False]
    assert commands(board="nrf52840")[0].startswith("mendlite validate x --board nrf52840")


def test_a_file_in_another_folder_is_named():
    assert "--model elsewhere/repaired.tflite" in commands(out=Path("elsewhere"))[0]


def test_the_board_runs_no_operator_that_needs_an_interpreter():
    lines = commands(interpreted=("operators run by the interpreter: ABS 2",))
    assert lines[0].startswith("mendlite emit x --board BOARD")
    assert "mendlite boards" in lines[0]


@pytest.mark.parametrize("strategy", ["auto", "bias"])
def test_without_a_repair_the_loss_is_looked_at(strategy):
    lines = commands(ending=Ending.UNCHANGED, strategy=strategy)
    assert lines[0].startswith("mendlite analyze x")
    assert any("--strategy auto" in line for line in lines) == (strategy != "auto")
