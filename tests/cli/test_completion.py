"""What a shell completes, by click's own machinery: the words that `_MENDLITE_COMPLETE` returns."""

import pytest
from click.shell_completion import ShellComplete

from mendlite import cli
from mendlite.model.rounding import Profile
from mendlite.repair.strategies.registry import STRATEGIES
from mendlite.replay.registry import RUNNERS
from mendlite.targets.board import named_boards
from mendlite.targets.load import named_targets


def completions(*words):
    """(words, whether files follow) for a line whose last word is being written."""
    complete = ShellComplete(cli.root, {}, "mendlite", "_MENDLITE_COMPLETE")
    found = complete.get_completions(list(words[:-1]), words[-1])
    return {one.value for one in found if one.type == "plain"}, any(o.type == "file" for o in found)


TARGETS = set(dict(named_targets()))
BOARDS = set(dict(named_boards()))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("",), set(cli.COMMANDS)),
        (("rep",), {"repair", "repair-all", "report"}),
        (("repair-all", "digits", ""), TARGETS),
        (("repair", ""), TARGETS),
        (("repair", "dig"), {name for name in TARGETS if name.startswith("dig")}),
        (("analyze", "kws"), {name for name in TARGETS if name.startswith("kws")}),
        (("validate", ""), TARGETS),
        (("certify", ""), TARGETS),
        (("emit", ""), TARGETS),
        (("check", "certificate.json", "--target", ""), TARGETS),
        (("emit", "digits", "--board", ""), BOARDS),
        (("repair", "digits", "--board", "nrf"), {n for n in BOARDS if n.startswith("nrf")}),
        (("repair", "digits", "--strategy", ""), set(STRATEGIES)),
        (("repair", "digits", "--profile", ""), {profile.value for profile in Profile}),
        (("validate", "digits", "--runner", ""), set(RUNNERS)),
        (("repair", "a.tflite", "b.tflite", "--data", "x", "--task", "det"), {"detection"}),
        (("device", "be"), {"bench"}),
        (("repair", "digits", "--str"), {"--strategy", "--stride"}),
    ],
)
def test_names_are_completed(words, expected):
    assert completions(*words)[0] == expected


@pytest.mark.parametrize(
    "words",
    [("repair", "x"), ("repair", "a.tflite", ""), ("init", "a"), ("emit", "digits", "--board", "x"),
     ("repair", "a.tflite", "b.tflite", "--data", ""),
     ("repair", "a.tflite", "b.tflite", "--data", "x", "--classes", "")],
)  # fmt: skip
def test_files_are_completed_where_a_path_may_stand(words):
    assert completions(*words)[1]
