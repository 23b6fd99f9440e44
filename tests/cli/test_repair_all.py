"""`mendlite repair-all`: lines, JSON, exit codes and refusals."""

import json

import pytest
from click.testing import CliRunner

from mendlite.cli.repair_all import repair_all
from mendlite.errors import BadInputError
from mendlite.targets.load import find_target

BIAS = ("--args", "--strategy bias")


def run(*words):
    return CliRunner().invoke(repair_all, words)


def test_a_line_for_each_and_the_first_code(tmp_path):
    """Of the third the data is gone; digits and its int16 form are repaired."""
    text = find_target("digits").read_text()
    gone = tmp_path / "gone.toml"
    gone.write_text(text.replace('name = "digits"', 'name = "gone"'))
    done = run("digits", str(gone), "digits_int16", "--out", str(tmp_path), *BIAS)
    lines = {line.split(",")[0]: line for line in done.stdout.splitlines()}
    assert list(lines) == ["digits", str(gone), "digits_int16"]
    assert "(exit code 2): " in lines[str(gone)]
    assert done.exit_code == 2
    assert done.stderr.startswith(
        f"mendlite: error: 1 of 3 repairs ended with an exit code; the first is {gone}, seed 0: "
    )
    assert done.stderr.count("\n") == 1
    assert {p.parent.name for p in tmp_path.glob("*/report.json")} == {"digits", "digits_int16"}


def test_json_in_the_order_that_was_given(tmp_path):
    done = run("digits", "--seeds", "1,0", "--json", "--out", str(tmp_path), *BIAS)
    found = json.loads(done.stdout)
    assert [(each["seed"], each["exit_code"]) for each in found] == [(1, 0), (0, 0)]
    assert done.exit_code == 0
    for each in found:
        report = tmp_path / f"digits-seed{each['seed']}" / "report.json"
        assert json.loads(report.read_text()) == each["report"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("digits", "--seeds", "a"), "--seeds a is no list of numbers"),
        (("digits", "--args", "--seed 3"), "--seed is set by repair-all"),
        (("digits", "--args", "--out=x"), "--out=x is set by repair-all"),
        (("digits", "--args", "'"), "--args ': No closing quotation"),
        (("nope",), "no target is called 'nope'"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_runs(words, message):
    error = run(*words).exception
    assert isinstance(error, BadInputError)
    assert message in str(error)


def test_two_targets_of_one_name_are_refused(tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(find_target("digits").read_text())
    error = run("digits", str(other)).exception
    assert isinstance(error, BadInputError)
    assert "are both named digits" in str(error)
