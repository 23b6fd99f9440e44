"""Dense networks written as files: the float one computes them, the int8 one comes close."""

from itertools import pairwise

import numpy as np

from dense_networks import float_file, int8_file
from mendlite.certify.model_pair import ModelPair
from mendlite.model.rounding import Profile
from mendlite.tflite.reader import read


def network(seed=0, sizes=(4, 12, 9, 3)):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, 0.5, s).astype(np.float32) for s in pairwise(sizes)]
    return weights, [rng.normal(0, 0.2, n).astype(np.float32) for n in sizes[1:]]


def test_the_files_compute_the_network():
    weights, biases = network()
    x = np.random.default_rng(1).uniform(-1, 1, (300, 4)).astype(np.float32)
    first = read(float_file(weights, biases, "float"))
    second = read(int8_file(weights, biases, x, "int8"))
    assert not second.unsupported
    models = ModelPair.of(first, second, Profile.TFLM)
    quant = second.tensors[0].quantization()
    stored = np.clip(np.rint(x / quant.scale[0]) + quant.zero_point[0], -128, 127).astype(int)
    box = models.box(stored[0], stored[0])
    replay = models.replay(box, stored)
    values = box.values(stored)
    for position, (w, b) in enumerate(zip(weights, biases, strict=True)):
        values = values @ w.astype(float) + b
        values = np.maximum(values, 0) if position < 2 else values
    assert np.abs(replay.first - values).max() < 1e-12
    assert np.abs(replay.kernels_first - values).max() < 1e-5
    spread = values.max() - values.min()
    assert np.abs(replay.second - values).max() < 0.03 * spread
