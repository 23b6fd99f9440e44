"""A runtime that takes a file otherwise than LiteRT, or aborts, because it is older."""

import sys

import numpy as np
import pytest

from int4_models import dynamic_range
from mendlite.errors import BrokenPackageError, UnsupportedModelError
from mendlite.model.rounding import TFLITE_2_14, Profile
from mendlite.packages import LITERT, TFLITE_RUNTIME
from mendlite.replay.collect import collect
from mendlite.replay.interpreter import InterpreterRunner, Resolver, chosen
from mendlite.replay.runtimes import Runtime, how_to_get_one, installed, require_runtimes
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, dense_spec, float_twin

OLD = Runtime(
    name="tflite-runtime", package="tflite-runtime", version="2.14.0", profile=TFLITE_2_14
)
NEW = Runtime(name="litert", package="ai-edge-litert", version="2.3.0", profile=Profile.TFLITE_REF)


def hybrid(scales):
    """int8 weights of the first dense layer, all else float."""
    spec = dense_spec()
    twin = float_twin(spec)
    twin.tensors[1] = spec.tensors[1]
    twin.tensors[1].scale, twin.tensors[1].zero_point = scales, [0] * len(scales)
    return read(build(twin))


def test_a_hybrid_dense_layer_with_a_scale_per_channel():
    model = hybrid([0.01, 0.02, 0.03, 0.04, 0.05])
    assert "too old for operator 0 FULLY_CONNECTED" in OLD.why_not(model)
    assert NEW.why_not(model) == ""


def test_int4_weights_of_a_hybrid_convolution():
    model = read(dynamic_range(conv_spec(), 1))
    assert "too old for operator 0 CONV_2D" in OLD.why_not(model)
    assert NEW.why_not(model) == ""


def test_the_interpreter_of_2_14_is_not_asked_what_it_misreads():
    model = read(dynamic_range(conv_spec(), 1))
    x = [np.zeros((1, *model.tensors[model.inputs[0]].shape[1:]), np.float32)]
    runner = InterpreterRunner(model=model, resolver=Resolver.REF, module=TFLITE_RUNTIME)
    if "tflite-runtime" in {runtime.name for runtime in installed()}:
        with pytest.raises(UnsupportedModelError, match="too old for operator 0 CONV_2D"):
            collect(runner, x, list(model.outputs))


@pytest.mark.parametrize("model", [hybrid([0.01]), read(build(dense_spec()))])
def test_others_are_judged(model):
    assert OLD.why_not(model) == ""


@pytest.fixture
def found_first(tmp_path, monkeypatch):
    """A tflite-runtime that is found before any other and fails the test where it is imported."""
    package = tmp_path / TFLITE_RUNTIME
    package.mkdir()
    (package / "__init__.py").write_text("import pytest\npytest.fail('it was imported')\n")
    (package / "interpreter.py").touch()
    for name in [name for name in sys.modules if name.partition(".")[0] == TFLITE_RUNTIME]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("found_first")
def test_under_numpy_2_it_is_never_imported(monkeypatch):
    monkeypatch.setattr(np, "__version__", "2.4.6")
    line = "aborts under numpy 2.4.6, LiteRT does not: pip install ai-edge-litert"
    assert chosen() == LITERT
    assert "tflite-runtime" not in {runtime.name for runtime in installed()}
    assert line in how_to_get_one()
    with pytest.raises(BrokenPackageError, match=line):
        require_runtimes("tflite-runtime")
    model = read(build(dense_spec()))
    runner = InterpreterRunner(model=model, resolver=Resolver.REF, module=TFLITE_RUNTIME)
    with pytest.raises(BrokenPackageError, match=line):
        collect(runner, [np.zeros((1, 6), np.int8)], list(model.outputs))


@pytest.mark.usefixtures("found_first")
def test_under_numpy_1_it_is_the_interpreter(monkeypatch):
    monkeypatch.setattr(np, "__version__", "1.26.4")
    assert chosen() == TFLITE_RUNTIME
    assert "tflite-runtime" in {runtime.name for runtime in installed()}
