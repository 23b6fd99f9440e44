"""Repairs of regressors, multi-label models, detectors and autoencoders, small enough for a test."""

from dataclasses import replace

import numpy as np
import pytest
from test_repair import OPTIONS, PATHS, SETTINGS

from mendlite.errors import BadInputError
from mendlite.pipeline.case import no_progress
from mendlite.pipeline.job import repair
from mendlite.pipeline.load import load_case
from tiny_models import (
    OpSpec,
    TensorSpec,
    build,
    dense_spec,
    float_twin,
    transpose_conv_spec,
)

HEAD = """
name = "tiny"
description = "a tiny model"
[models.float]
file = "float.tflite"
[models.int8]
file = "int8.tflite"
[data.all]
file = "data.npz"
inputs = ["x"]
[samples]
repair = { from = "all", count = 150 }
selection = { from = "all", count = 50 }
validation = { from = "all" }
"""


def spoiled(spec, seed=0):
    """The model with some of its weights and biases a few steps off."""
    rng = np.random.default_rng(seed)
    for tensor in spec.tensors:
        if tensor.data is not None and tensor.scale is not None:
            steps = 3 if tensor.type == "INT8" else 200
            moved = tensor.data + rng.integers(-steps, steps + 1, tensor.data.shape)
            kind = tensor.data.dtype
            tensor.data = (
                np.clip(moved, -127, 127).astype(kind) if steps == 3 else moved.astype(kind)
            )
    return spec


def write(folder, make, table, spread=2.0):
    whole = make()
    rng = np.random.default_rng(5)
    shape = whole.tensors[whole.inputs[0]].shape[1:]
    np.savez(folder / "data.npz", x=rng.normal(0, spread, (400, *shape)).astype(np.float32))
    (folder / "float.tflite").write_bytes(build(float_twin(whole)))
    (folder / "int8.tflite").write_bytes(build(spoiled(make())))
    (folder / "target.toml").write_text(HEAD + table, encoding="utf-8")
    return load_case(str(folder), OPTIONS, no_progress)


def with_logistic():
    spec = dense_spec()
    spec.tensors.append(TensorSpec("p", (1, 3), scale=[1 / 256], zero_point=[-128]))
    spec.ops.append(OpSpec("LOGISTIC", [6], [7]))
    spec.outputs = [7]
    return spec


def detector():
    """Four box values and two scores of one anchor, from one hidden layer."""
    spec = dense_spec(classes=4)
    rng = np.random.default_rng(9)
    weights = rng.integers(-127, 128, (2, 5)).astype(np.int8)
    spec.tensors += [
        TensorSpec("w3", (2, 5), data=weights, scale=[0.02], zero_point=[0]),
        TensorSpec("scores", (1, 2), scale=[0.4], zero_point=[5]),
    ]
    spec.ops.append(OpSpec("FULLY_CONNECTED", [3, 7], [8], "FullyConnectedOptions", {}))
    spec.outputs = [6, 8]
    return spec


CASES = {
    "regression": (dense_spec, '[task]\nkind = "regression"\n'),
    "transposed": (
        transpose_conv_spec,
        '[task]\nkind = "regression"\ntolerance = 0.1\n',
        0.1,
    ),
    "multi-label": (with_logistic, '[task]\nkind = "multi-label"\nthreshold = 0.6\n'),
    "detection": (detector, '[task]\nkind = "detection"\ntolerance = 1.0\nthreshold = 1.5\n'),
    "autoencoder": (
        lambda: dense_spec(inputs=6, hidden=8, classes=6),
        '[task]\nkind = "autoencoder"\n',
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_task_is_repaired(tmp_path, name):
    case = write(tmp_path, *CASES[name])
    found = repair(case, replace(SETTINGS, strategy="auto"), PATHS).report.validation
    assert found.task == case.task.kind == case.target.task.kind
    assert found.int8.failing > 0
    assert found.repaired.failing < found.int8.failing
    assert found.repaired.loss < found.int8.loss / 2
    assert (found.int8.kl is None) == (name != "multi-label")


def test_margins_bound_the_errors_of_a_regression(tmp_path):
    case = write(tmp_path, *CASES["regression"])
    report = repair(case, replace(SETTINGS, strategy="margins"), PATHS).report
    assert report.repair.layers == 1
    assert report.validation.repaired.failing < report.validation.int8.failing


@pytest.mark.parametrize(
    ("name", "table", "message"),
    [
        ("multi-label", '[task]\nkind = "multi-label"\nthreshold = 1.0\n', "no probability"),
        ("regression", '[task]\nkind = "detection"\n', "must be two of the model's 1 outputs"),
    ],
)
def test_a_task_that_does_not_fit_is_refused(tmp_path, name, table, message):
    with pytest.raises(BadInputError, match=message):
        write(tmp_path, CASES[name][0], table)
