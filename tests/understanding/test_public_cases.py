"""Public models: the right task and feeding, or a stop that names what is needed."""

import os
from pathlib import Path

import numpy as np
import pytest

from mendlite.errors import NotSureError
from mendlite.tflite.reader import read_file
from mendlite.understanding.asked import Asked
from mendlite.understanding.input_range import input_range
from mendlite.understanding.understand import understand
from trained_pairs import data_of

pytestmark = pytest.mark.data


def shared(*parts):
    return Path(os.environ["MENDLITE_DATA"]).parent.joinpath(*parts)


def case(name):
    """(float, int8, samples, labels) of a public case."""
    folder = shared("cases", "public", name)
    with np.load(folder / "inputs.npz") as held:
        labels = held[next(key for key in held.files if key != "x")]
        return (*(read_file(folder / f"{m}.tflite") for m in ("float", "int8")), held["x"], labels)


FOUND = {
    "01-one-class-wrong-calibration": "classification",
    "03-huge-bias-dead-channel": "classification",
    "11-mean-over-channels": "classification",
    "12-features-of-different-range": "regression",
    "07-hard-swish": "classification",
    "09-leaky-relu": "classification",
    "14-softmax-odd-input-scale": "classification",
    "15-logistic-output-scale": "multi-label",
}


@pytest.mark.parametrize("name", FOUND)
def test_the_public_cases_are_understood(name):
    reference, quantized, x, labels = case(name)
    found = understand(reference, quantized, data_of(x, labels=labels), Asked())
    assert found.task.kind == FOUND[name]
    assert (found.inputs[0].subtract, found.inputs[0].multiply) == (0.0, 1.0)


@pytest.mark.parametrize("name", ["01-one-class-wrong-calibration", "03-huge-bias-dead-channel"])
def test_a_bad_calibration_does_not_pass_for_a_feeding(name):
    reference, quantized, x, labels = case(name)
    pixels = (x * 255).round().astype(np.uint8)
    found = understand(reference, quantized, data_of(pixels, labels=labels), Asked())
    assert found.inputs[0].multiply == 1 / 255
    noted = [line for line in found.lines if "calibration saw other data" in line]
    assert bool(noted) == name.startswith("01")


STOPS = {
    "02-conv1d-upsample": (NotSureError, "sigmoids, and the labels are real values.*`task`"),
}


@pytest.mark.parametrize("name", STOPS)
def test_the_other_cases_stop_and_name_what_is_wrong(name):
    kind, message = STOPS[name]
    reference, quantized, x, labels = case(name)
    with pytest.raises(kind, match=message):
        understand(reference, quantized, data_of(x, labels=labels), Asked())


PAIRS = {
    "thom_qat": "regression",
    "thom_mlp_fuel": "regression",
    "ds_pgd_global": "regression",
    "ds_prog_none": "multi-label",
    "mltk_kws_pacman": "classification",
    "xucenying_fc": "classification",
    "mltk_rps": "the same class for all",
    "thom_cnn_digits8": "`task`, classification or regression",
    "mltk_autoencoder": "another `task`",
}
"""The task of each public pair fed with noise, or why it stops."""


@pytest.mark.parametrize("name", PAIRS)
def test_public_pairs_are_never_taken_for_another_task(name):
    rows = [line.split("\t") for line in shared("corpus", "pairs.tsv").read_text().splitlines()]
    files = next(row[1:3] for row in rows if row[0] == name)
    reference, quantized = (read_file(shared("corpus", "files", file)) for file in files)
    limits = input_range(quantized, 0)
    shape = reference.tensors[reference.inputs[0]].shape[1:]
    drawn = np.random.default_rng(0).uniform(limits.low, limits.high, (120, *shape))
    data = data_of(drawn.astype(np.float32))
    if "`" in PAIRS[name] or " " in PAIRS[name]:
        with pytest.raises(NotSureError, match=PAIRS[name]):
            understand(reference, quantized, data, Asked())
    else:
        assert understand(reference, quantized, data, Asked()).task.kind == PAIRS[name]
