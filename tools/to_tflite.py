"""A Keras network as float and int8 ``.tflite``. Needs TensorFlow (tools/tensorflow.sh)."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def unbalance(pairs: Iterable[tuple[Any, Any]], seed: int, spread: float) -> None:
    """Spread the channels' ranges without changing what the float network computes.

    The outputs of the first layer of each pair are scaled by a factor per channel, the weights of
    the second by its inverse: the ReLU between them lets positive factors through. ``spread`` is
    the standard deviation of the factors' logarithm. Folded batch norms of large networks come out
    of training so; small networks do not get there.
    """
    generator = np.random.default_rng(seed)
    for layer, behind in pairs:
        first, *others = layer.get_weights()
        factor = np.exp(generator.normal(0, spread, first.shape[-1])).astype(np.float32)
        if type(layer).__name__ == "BatchNormalization":
            beta, mean, variance = others
            layer.set_weights([first * factor, beta * factor, mean, variance])
        else:
            layer.set_weights([value * factor for value in (first, *others)])
        kernel, *rest = behind.get_weights()
        behind.set_weights([_undo(kernel, factor), *rest])


def in_sequence(network: Any) -> list[tuple[Any, Any]]:
    """The pairs of a network without branches: each layer that a ReLU follows, and the next."""
    layers = [layer for layer in network.layers if layer.get_weights()]
    norm = "BatchNormalization"
    return [pair for pair in pairwise(layers) if type(pair[1]).__name__ != norm]


def _undo(kernel: NDArray[np.float32], factor: NDArray[np.float32]) -> NDArray[np.float32]:
    """The kernel with its input channels divided by ``factor``."""
    if kernel.ndim > 2:
        return kernel / factor[:, None]
    # Behind Flatten, the channel is the fastest of a position's inputs.
    return kernel / np.tile(factor, kernel.shape[0] // factor.size)[:, None]


def convert(
    network: Any, *calibration: NDArray[Any], per_channel: bool = False
) -> tuple[bytes, bytes]:
    """The float file and the int8 one; the converter sees the samples of ``calibration``.

    One array (n, ...) for each input of the network. Unless ``per_channel``, one scale serves all
    of a layer's weights, dense layers included, as in the files of people who get it wrong.
    """
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    rows = list(zip(*calibration, strict=True))
    converter.representative_dataset = lambda: ([one[None] for one in row] for row in rows)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel = not per_channel  # noqa: SLF001
    converter._experimental_disable_per_channel_quantization_for_dense_layers = (  # noqa: SLF001
        not per_channel
    )
    with contextlib.redirect_stdout(io.StringIO()):  # both print what they save
        plain = tf.lite.TFLiteConverter.from_keras_model(network).convert()
        return plain, converter.convert()


def write_pair(
    folder: Path,
    network: Any,
    *calibration: NDArray[np.float32],
    per_channel: bool = False,
) -> None:
    """Write float.tflite and int8.tflite into ``folder``."""
    plain, quantized = convert(network, *calibration, per_channel=per_channel)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("float", plain), ("int8", quantized)):
        (folder / f"{name}.tflite").write_bytes(content)
        print(f"{folder.name}/{name}.tflite: {len(content)} bytes")
