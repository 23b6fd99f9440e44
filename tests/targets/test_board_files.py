"""Board files of strangers: places are names, and the file is read by the same door."""

import os

import pytest

from mendlite.errors import BadInputError
from mendlite.model.places import fill, require_places
from mendlite.targets.board import load_board


def test_places_are_names_and_nothing_else():
    assert fill("{bin}@{address}{{x}}", {"bin": "a", "address": "b"}) == "a@b{x}"
    for word in (
        "{x.__class__}",
        "{bin.x}",
        "{bin[0]}",
        "{bin!r}",
        "{bin:>99999999}",
        "{0}",
        "{}",
        "{",
        "}",
        "{bin",
    ):
        with pytest.raises(ValueError, match="'"):
            fill(word, {"bin": "a"})
        with pytest.raises(ValueError, match="'"):
            require_places([word], ["bin"])


BOARD = 'name = "b"\ndescription = ""\naddress = 0\npage_size = 1\n'


@pytest.mark.parametrize(
    "text",
    [
        'flash = ["{bin.__class__}"]',
        'flash = ["{bin:>9999999999}"]',
        '[emulator]\ncommand = ["{firmware.parent}"]',
        '[emulator]\ncommand = ["x"]\npreload = ["{model!r}"]',
    ],
)
def test_a_board_names_places_alone(tmp_path, text):
    path = tmp_path / "b.toml"
    path.write_text(BOARD + text)
    with pytest.raises(BadInputError, match="in braces"):
        load_board(str(path))


def test_a_board_file_is_read_by_the_same_door(tmp_path):
    os.mkfifo(tmp_path / "b.toml")
    with pytest.raises(BadInputError, match="a pipe"):
        load_board(str(tmp_path / "b.toml"))
    (tmp_path / "c.toml").write_text(BOARD + "[link]\nsilence = inf")
    with pytest.raises(BadInputError, match="silence"):
        load_board(str(tmp_path / "c.toml"))
