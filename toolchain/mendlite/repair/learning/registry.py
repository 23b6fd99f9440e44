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
    "LEAKY_RELU": activation_slopes.prepare_leaky,
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
    "SLICE": moving_slopes.prepare_copy,
    "REVERSE_V2": moving_slopes.prepare_copy,
    "TILE": moving_slopes.prepare_copy,
    "BROADCAST_TO": moving_slopes.prepare_copy,
    "SPACE_TO_DEPTH": moving_slopes.prepare_copy,
    "DEPTH_TO_SPACE": moving_slopes.prepare_copy,
    "MIRROR_PAD": moving_slopes.prepare_copy,
    "RESIZE_NEAREST_NEIGHBOR": moving_slopes.prepare_copy,
}
