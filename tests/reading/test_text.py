"""TOML and JSON that would keep a parser busy."""

import os
from pathlib import Path
from time import perf_counter

import msgspec
import pytest

from mendlite.errors import BadInputError
from mendlite.reading.limited import DELTA
from mendlite.reading.text import parse_json, read_json, read_toml_text

PLAIN = '''
a.b = 1.5 # a comment ' with " quotes [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
text = "brackets [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ and dots .........................."
lines = """one " two ""
[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[""" # three
raw = \'\'\'[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[' \'\'\'
values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0,
 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
'''


def test_what_is_in_strings_and_comments_does_not_count(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(PLAIN)
    assert len(msgspec.toml.decode(read_toml_text(path))["values"]) == 27


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 20000 + "=1",
        "a" + " . a" * 20000 + "=1",
        "a" + '."a"' * 20000 + "=1",
        "[a" + ".a" * 20000 + "]",
        "a=" + "[" * 60000,
        "a=" + "[" * 30 + "]" * 30,
        "{a=" * 20000,
        'x = "closed" ' + "[" * 30,
        "x = ''" + "[" * 30,
        "x = 'it' # '\n" + "[" * 30,
    ],
)
def test_deep_nesting(tmp_path, text):
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(BadInputError, match="nest deeper than 24"):
        read_toml_text(path)


@pytest.mark.parametrize(
    "text",
    [
        '"""' + '\\"""' * 32000,
        '"x\n' * 40000,
        '"' + "\\" * 100000,
        "'''" + "''x" * 40000,
        '"' * 130000,
        "'" * 130000,
        "\\" * 130000,
        " " * 131000,
    ],
)
def test_text_that_is_scanned_in_linear_time(tmp_path, text):
    path = tmp_path / "a.toml"
    path.write_text(text)
    begun = perf_counter()
    read_toml_text(path)
    # 0.1 s where it is linear, minutes where it is not.
    assert perf_counter() - begun < 10


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(BadInputError, match="not UTF-8"):
        read_toml_text(tmp_path / "a.toml")


@pytest.mark.parametrize("text", ["[" * 100000, "root:x", "9" * 5000, "\xff"])
def test_text_that_is_no_json(tmp_path, text):
    (tmp_path / "a").write_text(text, encoding="latin-1")
    with pytest.raises(BadInputError, match="the delta is no JSON") as caught:
        read_json(tmp_path / "a", DELTA)
    assert str(caught.value).startswith(str(tmp_path / "a"))
    assert text[:4] not in str(caught.value).replace(str(tmp_path), "")
    assert parse_json(b"[1]", "x") == [1]


@pytest.mark.data
@pytest.mark.parametrize("name", ["arrays.toml", "dotted.toml"])
def test_the_hostile_cases(name):
    root = Path(os.environ["MENDLITE_DATA"]).parent / "cases" / "hostile" / "12-toml"
    with pytest.raises(BadInputError):
        read_toml_text(root / name)
