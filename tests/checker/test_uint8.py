"""The checker on uint8 (TF 1): the bytes of our kernels and LiteRT's; a repair with a certificate."""

from copy import deepcopy
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from repairs import PATHS, options, settings

from checked_kernels import agree
from mendlite.checker.form import loads
from mendlite.checker.graph import read_graph
from mendlite.jobs.repair import repair
from mendlite.targets.open import load_case
from mendlite.tflite.reader import read
from small_targets import write_target
from tampering import forged, make_kit, noticed
from tiny_models import ModelSpec, OpSpec, TensorSpec, float_twin, transpose_conv_spec
from uint8_models import (
    uint8,
    uint8_conv_spec,
    uint8_dense_spec,
    uint8_network_spec,
    uint8_transposed_spec,
)

LAYERS = {
    "dense": lambda: uint8_dense_spec(1, 100, inputs=30, hidden=20),
    "convolution": lambda: uint8_conv_spec(2, 0, filters=9),
    "strides": lambda: uint8_conv_spec(3, 255, stride=(2, 1), padding=1, activation=3),
    "depthwise": lambda: uint8_conv_spec(4, 117, depthwise=True, filters=9, activation=0),
    "network": uint8_network_spec,
    "transposed": lambda: uint8_transposed_spec(3, 140),
    "transposed, unpadded": lambda: uint8_transposed_spec(3, 140, padding=1),
    "transposed int8": transpose_conv_spec,
    "transposed float": lambda: float_twin(transpose_conv_spec(1, stride=(3, 1))),
}


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_layers(make):
    assert "litert" in agree(make(), count=20)


def one(op, tensors, *options):
    """The model of one operator that writes the last of ``tensors``."""
    last = len(tensors) - 1
    given = [i for i in range(last) if tensors[i].data is None]
    return ModelSpec(tensors, [OpSpec(op, list(range(last)), [last], *options)], given, [last])


def pair(op, output, zero):
    tensors = [uint8("x", (1, 3, 40), 0.04, 117), uint8("z", (1, 1, 40), 0.013, 255),
               uint8("y", (1, 3, 40), output, zero)]  # fmt: skip
    return one(op, tensors, f"{op.capitalize()}Options", {"FusedActivationFunction": 1})


WINDOW = {"StrideW": 2, "StrideH": 1, "FilterWidth": 2, "FilterHeight": 3}
POOLED = [uint8("x", (1, 7, 6, 3), 0.03, 20), uint8("o", (1, 7, 3, 3), 0.03, 20)]
X = uint8("x", (1, 64), 0.05, 100)
OPERATORS = {
    "add": pair("ADD", 0.05, 3),
    "subtract": pair("SUB", 0.05, 140),
    "multiply": pair("MUL", 0.03, 9),
    "average": one("AVERAGE_POOL_2D", POOLED, "Pool2DOptions", WINDOW),
    "largest": one("MAX_POOL_2D", POOLED, "Pool2DOptions", WINDOW),
    "mean": one("MEAN", [uint8("x", (1, 7, 6, 3), 0.03, 20),
                TensorSpec("a", (2,), "INT32", np.array([1, 2], "<i4")), uint8("o", (1, 3), 0.02, 7)],
                "ReducerOptions", {"KeepDims": False}),
    "join": one("CONCATENATION", [X, uint8("z", (1, 9), 0.03, 255), uint8("w", (1, 4), 0.02, 8),
                uint8("o", (1, 77), 0.02, 8)], "ConcatenationOptions", {"Axis": 1}),
    "softmax": one("SOFTMAX", [X, uint8("o", (1, 64), 1 / 256, 0)], "SoftmaxOptions", {"Beta": 1.0}),
    "logistic": one("LOGISTIC", [X, uint8("o", (1, 64), 1 / 256, 0)]),
    "tanh": one("TANH", [X, uint8("o", (1, 64), 1 / 128, 128)]),
    "relu": one("RELU", [X, uint8("o", (1, 64), 0.03, 9)]),
    "relu6": one("RELU6", [X, uint8("o", (1, 64), 0.03, 9)]),
    "requantized": one("QUANTIZE", [X, uint8("o", (1, 64), 0.03, 9)]),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATORS)
def test_operators(name):
    assert "litert" in agree(OPERATORS[name], count=20)


@pytest.fixture(scope="module")
def kit(tmp_path_factory, keys):
    folder = tmp_path_factory.mktemp("uint8")
    write_target(folder, uint8_network_spec, '[task]\nkind = "classification"\n', spread=0.9)
    case = load_case(str(folder), options())
    with pytest.MonkeyPatch.context() as patched:
        # Other interpreters are asked in tests/repair/test_uint8_moves.py.
        patched.setattr("mendlite.jobs.second_opinion.installed", lambda: ())
        repaired = repair(case, settings("least-squares"), PATHS)
    return make_kit(case, repaired, "x", key=keys[0], public=keys[1])


def weights_of(values):
    return next(e for e in values["edits"] if e["dtype"] == "uint8")


def test_a_certificate_of_uint8_weights_holds(kit):
    assert len(weights_of(loads(kit.certificate))["index"]) > 3
    assert noticed(kit) is None


def test_a_wrong_count_is_noticed(kit):
    values = loads(kit.certificate)
    entry = values["sets"]["validation"]
    wrong = entry["failing"]["after"]
    row = wrong[0] if wrong else 0
    teacher = entry["answers"]["teacher"][row]
    entry["answers"]["patched"][row] = teacher if wrong else (teacher + 1) % 4
    entry["failing"]["after"] = sorted(set(wrong) ^ {row})
    before, after = (set(entry["failing"][w]) for w in ("before", "after"))
    entry["figures"] |= {
        "failing_after": len(after), "fixed": len(before - after), "regressed": len(after - before),
    }  # fmt: skip
    assert "the certificate's entry for patched" in noticed(forged(kit, values))


def test_a_changed_weight_is_noticed_even_if_it_is_declared(kit):
    values = loads(kit.certificate)
    edit = weights_of(values)
    at = read(kit.base).tensors[edit["tensor"]].buffer.offset + edit["index"][0]
    patched = bytearray(kit.patched)
    patched[at] ^= 64
    values["files"]["patched"]["sha256"] = sha256(patched).hexdigest()
    fake = replace(kit, patched=bytes(patched))
    assert "the new value at index" in noticed(forged(fake, deepcopy(values)))
    edit["new"][0] ^= 64
    assert "the output bytes of patched" in noticed(forged(fake, values))


def test_another_zero_point_of_the_weights_is_noticed(kit):
    values = loads(kit.certificate)
    view = read_graph(kit.base).tensors[weights_of(values)["tensor"]]
    patched = bytearray(kit.patched)
    patched[view.quantized.zero_at] ^= 1
    values["files"]["patched"]["sha256"] = sha256(patched).hexdigest()
    assert "which no edit declares" in noticed(forged(replace(kit, patched=bytes(patched)), values))
