"""Functions that yield samples: what they may yield, and every way in which they fail."""

import sys

import numpy as np
import pytest
from opened import everything, opened

from mendlite.errors import BadInputError
from mendlite.sources import generator

NAMES = iter(range(1000))


@pytest.fixture
def module(tmp_path):
    """Write a module of this text into the folder and return its name."""
    written = []

    def write(text):
        name = f"samples_of_test_{next(NAMES)}"
        (tmp_path / f"{name}.py").write_text("import numpy as np\nprint('hello')\n" + text)
        written.append(name)
        return name

    yield write
    for name in written:
        sys.modules.pop(name, None)


def run(tmp_path, module, body, **given):
    name = module(f"def f():\n    {body}\n")
    return opened(tmp_path, f"{name}:f", allow_code=True, **given)


def test_the_converters_function(tmp_path, module, capsys):
    source = run(tmp_path, module, "for i in range(9): yield [np.full((1, 2), i, np.float32)]")
    found = source.load(np.array([8, 0]))
    assert source.count == 9
    assert found.arrays[0].tolist() == [[8, 8], [0, 0]]
    assert found.labels is None
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "hello\n"


@pytest.mark.parametrize(
    "row",
    [
        ("np.zeros((2, 3)), np.array([4, 5])", [(2, 3)], ("",), [4, 5], {}),
        ("np.zeros((1, 3)), 4", [(1, 3)], ("",), [4], {}),
        ("(np.zeros((1, 3)), 'cat')", [(1, 3)], ("",), ["cat"], {}),
        ("[np.zeros((1, 3)), np.zeros((1, 2))]", [(1, 3), (1, 2)], ("0", "1"), None, {}),
        (
            "(np.zeros((1, 3)), np.zeros((1, 2)))",
            [(1, 3), (1, 2)],
            ("0", "1"),
            None,
            {"input_count": 2},
        ),
        (
            "np.zeros((1, 3)), np.zeros((1, 2)), 7",
            [(1, 3), (1, 2)],
            ("0", "1"),
            [7],
            {"input_count": 2},
        ),
        ("{'a': np.zeros((2, 3)), 'label': np.array([1, 0])}", [(2, 3)], ("a",), [1, 0], {}),
        ("([np.zeros((1, 3)), np.zeros((1, 2))], 1)", [(1, 3), (1, 2)], ("0", "1"), [1], {}),
    ],
)
def test_what_may_be_yielded(tmp_path, module, row):
    item, shapes, names, labels, given = row
    found = everything(run(tmp_path, module, f"yield {item}", **given))
    assert [values.shape for values in found.arrays] == shapes
    assert found.names == names
    assert (found.labels if found.labels is None else found.labels.tolist()) == labels


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return iter(())", "yields nothing"),
        ("return 3", "raises TypeError: 'int' object is not iterable"),
        ("yield [np.zeros((1, 2))]; raise OSError('no\\nsuch')", "f raises OSError: no such$"),
        (
            "yield [np.zeros((1, 2))]; yield [np.zeros((1, 3))]",
            "different forms: first float64.2., then float64.3.",
        ),
        ("yield [3.0]", "without a batch axis"),
        ("yield [object()]", "of type object"),
        ("yield [np.zeros((1, 2)), np.zeros((3, 2))]", "arrays of .1, 3. samples together"),
        ("yield np.zeros((2, 2)), np.zeros(3)", "2 samples with labels .3."),
        ("yield [np.full((1, 2), np.nan)]", "NaN or infinite values, first in row 0"),
        ("raise SystemExit(3)", "raises SystemExit: 3"),
        ("yield {'label': np.zeros(2)}", "yields no input but only label"),
    ],
)
def test_what_goes_wrong_is_one_line(tmp_path, module, body, message):
    with pytest.raises(BadInputError, match=message) as caught:
        everything(run(tmp_path, module, body))
    assert "\n" not in str(caught.value)
    assert ":f" in str(caught.value)


def test_one_that_does_not_end(tmp_path, module, monkeypatch):
    monkeypatch.setattr(generator, "MOST", 100)
    with pytest.raises(BadInputError, match="more than 100 samples: does it end"):
        everything(run(tmp_path, module, "while True: yield [np.zeros((1, 2))]"))


def test_little_memory_means_a_second_run(tmp_path, module, monkeypatch):
    monkeypatch.setattr(generator, "KEPT", 100)
    source = run(tmp_path, module, "for i in range(99): yield [np.full((1, 9), i)]")
    assert source.load(np.array([50, 3, 50])).arrays[0][:, 0].tolist() == [50, 3, 50]
    source = run(tmp_path, module, "for i in range(99): yield [np.random.random((1, 9))]")
    with pytest.raises(BadInputError, match="other samples each time it runs"):
        source.load(np.array([50]))


def test_code_runs_only_where_it_may(tmp_path, module):
    name = module("raise ValueError('ran')")
    with pytest.raises(BadInputError, match="is Python code, .* `allow_code`"):
        opened(tmp_path, f"{name}:f")
    with pytest.raises(BadInputError, match="raises ValueError: ran"):
        opened(tmp_path, f"{name}:f", allow_code=True)
    with pytest.raises(BadInputError, match="raises ModuleNotFoundError"):
        opened(tmp_path, "no_such_module_at_all:f", allow_code=True)
    name = module("f = 3")
    with pytest.raises(BadInputError, match="has no function f"):
        opened(tmp_path, f"{name}:f", allow_code=True)
