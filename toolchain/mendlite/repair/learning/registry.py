"""Through which operators slopes are known, a row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mendlite.repair.learning import activation_slopes, layer_slopes, moving_slopes
from mendlite.repair.learning.operator_slopes import Backward, Slots
from mendlite.replay.reference.context import Context

SLOPES: Mapping[str, Callable[[Context, Slots], Backward]] = {
    "CONV_2D": layer_slopes.prepare_layer,
    "DEPTHWISE_CONV_2D": layer_slopes.prepare_layer,
    "FULLY_CONNECTED": layer_slopes.prepare_layer,
    "ADD": activation_slopes.prepare_sum,
    "SUB": activation_slopes.prepare_sum,
    "MUL": activation_slopes.prepare_product,
    "AVERAGE_POOL_2D": activation_slopes.prepare_average,
    "MAX_POOL_2D": activation_slopes.prepare_largest,
    "MEAN": activation_slopes.prepare_mean,
    "RELU": activation_slopes.prepare_clamp,
    "RELU6": activation_slopes.prepare_clamp,
    "RELU_N1_TO_1": activation_slopes.prepare_clamp,
    "LOGISTIC": activation_slopes.prepare_curve,
    "TANH": activation_slopes.prepare_curve,
    "SOFTMAX": activation_slopes.prepare_softmax,
    "QUANTIZE": activation_slopes.prepare_conversion,
    "DEQUANTIZE": activation_slopes.prepare_conversion,
    "RESHAPE": moving_slopes.prepare_reshape,
    "SQUEEZE": moving_slopes.prepare_reshape,
    "EXPAND_DIMS": moving_slopes.prepare_reshape,
    "PAD": moving_slopes.prepare_pad,
    "PADV2": moving_slopes.prepare_pad,
    "TRANSPOSE": moving_slopes.prepare_transpose,
    "CONCATENATION": moving_slopes.prepare_concatenation,
}
