"""Options that would change nothing are refused before any work, not ignored in silence."""

import pytest
from test_commands import DIGITS

from in_process import run

REFUSED = {
    "repair digits --strategy bias --max-delta 3": "--max-delta has no effect with strategy bias",
    "repair digits --strategy squant --ridge 3": "--ridge has no effect with strategy squant",
    "repair digits --strategy bias --metric ochiai": "--metric has no effect with strategy bias",
}


@pytest.mark.parametrize("words", REFUSED)
def test_of_a_repair(tmp_path, words):
    done = run(*words.split(), "--out", tmp_path / "out")
    assert done.code == 2
    assert REFUSED[words] in done.err
    assert not (tmp_path / "out").exists()


def test_a_port_of_a_board_that_is_flashed_without_one(tmp_path):
    done = run("flash", "digits", "--model", DIGITS / "int8.tflite", "--dry-run", "--out", tmp_path,
               "--port", "/dev/ttyACM0")  # fmt: skip
    assert done.code == 2
    assert "--port has no effect: pyocd flashes nrf52840 without one" in done.err
