"""A Keras network as float and int8 ``.tflite``. Needs TensorFlow (tools/tensorflow.sh)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def convert(network: object, calibration: NDArray[np.float32]) -> tuple[bytes, bytes]:
    """The float file, and the int8 one as people make it who get it wrong.

    One scale serves all of a layer's weights, dense layers included; the converter sees the
    images of ``calibration`` (n, h, w, c).
    """
    import tensorflow as tf

    plain = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[None]] for image in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel = True  # noqa: SLF001
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True  # noqa: SLF001
    return plain, converter.convert()
