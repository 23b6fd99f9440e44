"""Builtin options of the operators, as plain values under snake_case names."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from mendlite.errors import MalformedModelError
from mendlite.model.graph import OptionValue
from mendlite.tflite.tensors import text
from mendlite.tflite.verified_table import VerifiedTable

_POOL = ("padding", "stride_w", "stride_h", "filter_width", "filter_height", "activation")

FIELDS: Mapping[str, tuple[str, ...]] = {
    "Conv2DOptions": (
        "padding",
        "stride_w",
        "stride_h",
        "activation",
        "dilation_w",
        "dilation_h",
        "quantized_bias_type",
    ),
    "DepthwiseConv2DOptions": (
        "padding",
        "stride_w",
        "stride_h",
        "depth_multiplier",
        "activation",
        "dilation_w",
        "dilation_h",
    ),
    "Pool2DOptions": _POOL,
    "FullyConnectedOptions": (
        "activation",
        "weights_format",
        "keep_num_dims",
        "asymmetric_quantize_inputs",
        "quantized_bias_type",
    ),
    "AddOptions": ("activation", "pot_scale_int16"),
    "SubOptions": ("activation", "pot_scale_int16"),
    "MulOptions": ("activation",),
    "SoftmaxOptions": ("beta",),
    "ReshapeOptions": ("new_shape",),
    "SqueezeOptions": ("squeeze_dims",),
    "ReducerOptions": ("keep_dims",),
    "ConcatenationOptions": ("axis", "activation"),
    "PackOptions": ("values_count", "axis"),
    "StridedSliceOptions": (
        "begin_mask",
        "end_mask",
        "ellipsis_mask",
        "new_axis_mask",
        "shrink_axis_mask",
    ),
    "LeakyReluOptions": ("alpha",),
    "TransposeConvOptions": (
        "padding",
        "stride_w",
        "stride_h",
        "activation",
        "quantized_bias_type",
    ),
    "ResizeBilinearOptions": ("align_corners", "half_pixel_centers"),
    "ResizeNearestNeighborOptions": ("align_corners", "half_pixel_centers"),
    "SplitOptions": ("num_splits",),
    "SpaceToDepthOptions": ("block_size",),
    "DepthToSpaceOptions": ("block_size",),
    "VarHandleOptions": ("container", "shared_name"),
    "CallOnceOptions": ("init_subgraph_index",),
    "UnpackOptions": ("num", "axis"),
    "GatherOptions": ("axis", "batch_dims"),
    "MirrorPadOptions": ("mode",),
    "GeluOptions": ("approximate",),
    "BatchMatMulOptions": ("adj_x", "adj_y"),
    "CumsumOptions": ("exclusive", "reverse"),
    "DivOptions": ("activation",),
    "L2NormOptions": ("activation",),
    "UnidirectionalSequenceLSTMOptions": ("activation", "cell_clip", "proj_clip", "time_major"),
    "SVDFOptions": ("rank", "activation", "asymmetric_quantize_inputs"),
}
"""Options tables that are read, and their fields; others are left unread."""

_REDUCERS = ("MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL")

OPERATORS: Mapping[str, tuple[str, ...]] = {
    "Conv2DOptions": ("CONV_2D",),
    "DepthwiseConv2DOptions": ("DEPTHWISE_CONV_2D",),
    "Pool2DOptions": ("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"),
    "FullyConnectedOptions": ("FULLY_CONNECTED",),
    "AddOptions": ("ADD",),
    "SubOptions": ("SUB",),
    "MulOptions": ("MUL",),
    "SoftmaxOptions": ("SOFTMAX",),
    "ReshapeOptions": ("RESHAPE",),
    "SqueezeOptions": ("SQUEEZE",),
    "ReducerOptions": _REDUCERS,
    "ConcatenationOptions": ("CONCATENATION",),
    "PackOptions": ("PACK",),
    "StridedSliceOptions": ("STRIDED_SLICE",),
    "LeakyReluOptions": ("LEAKY_RELU",),
    "TransposeConvOptions": ("TRANSPOSE_CONV",),
    "ResizeBilinearOptions": ("RESIZE_BILINEAR",),
    "ResizeNearestNeighborOptions": ("RESIZE_NEAREST_NEIGHBOR",),
    "SplitOptions": ("SPLIT",),
    "SpaceToDepthOptions": ("SPACE_TO_DEPTH",),
    "DepthToSpaceOptions": ("DEPTH_TO_SPACE",),
    "VarHandleOptions": ("VAR_HANDLE",),
    "CallOnceOptions": ("CALL_ONCE",),
    "UnpackOptions": ("UNPACK",),
    "GatherOptions": ("GATHER",),
    "MirrorPadOptions": ("MIRROR_PAD",),
    "GeluOptions": ("GELU",),
    "BatchMatMulOptions": ("BATCH_MATMUL",),
    "CumsumOptions": ("CUMSUM",),
    "DivOptions": ("DIV",),
    "L2NormOptions": ("L2_NORMALIZATION",),
    "UnidirectionalSequenceLSTMOptions": ("UNIDIRECTIONAL_SEQUENCE_LSTM",),
    "SVDFOptions": ("SVDF",),
}
"""The operators that each options table belongs to: TFLite leaves another's table unread
(``builtin_options_as_...`` in flatbuffer_conversions.cc)."""

_ACCESSORS = {
    "activation": "FusedActivationFunction",
    "dilation_w": "DilationWFactor",
    "dilation_h": "DilationHFactor",
    "filter_width": "FilterWidth",
    "filter_height": "FilterHeight",
}
"""Accessors of the ``tflite`` package where they are not the field's name in CamelCase."""

_NAMES = {"filter_width": "filter_w", "filter_height": "filter_h"}


VECTOR_AT_MOST = 8
"""Most dimensions of new_shape and squeeze_dims (builtin_op_data.h of TFLite); more are refused."""


@cache
def enum_names(enum: Any) -> Mapping[int, str]:
    """Names by number of an enum class of the ``tflite`` package."""
    names = {value: name for name, value in vars(enum).items() if isinstance(value, int)}
    return MappingProxyType(names)


def _accessor(field: str) -> str:
    return _ACCESSORS.get(field) or "".join(word.capitalize() for word in field.split("_"))


def _vector(table: Any, accessor: str) -> tuple[int, ...]:
    length = getattr(table, f"{accessor}Length")()
    if length > VECTOR_AT_MOST:
        raise ValueError(f"{length} dimensions")
    read: Callable[[int], int] = getattr(table, accessor)
    return tuple(read(i) for i in range(length))


def _value(table: Any, field: str) -> OptionValue:
    import tflite

    accessor = _accessor(field)
    if field in {"new_shape", "squeeze_dims"}:
        return _vector(table, accessor)
    value = getattr(table, accessor)()
    if field in {"container", "shared_name"}:
        return text(value or b"")
    names = {
        "activation": tflite.ActivationFunctionType,
        "padding": tflite.Padding,
        "weights_format": tflite.FullyConnectedOptionsWeightsFormat,
        "quantized_bias_type": tflite.TensorType,
    }
    if field in names:
        return enum_names(names[field]).get(value, f"UNKNOWN_{value}")
    return float(value) if isinstance(value, float) else int(value)


def read_options(operator: VerifiedTable, op: str, place: str) -> Mapping[str, OptionValue]:
    """The builtin options of an ``Operator`` of kind ``op``; empty where it has none.

    Raises MalformedModelError where they cannot be read.
    """
    import tflite

    kind = enum_names(tflite.BuiltinOptions).get(operator.scalar("builtin_options_type", "B"), "")
    union = operator.child("builtin_options")
    if op not in OPERATORS.get(kind, ()) or union is None:
        return MappingProxyType({})
    table = getattr(tflite, kind)()
    table.Init(union.data, union.at)
    try:
        options = {_NAMES.get(f, f): _value(table, f) for f in FIELDS[kind]}
    except (struct.error, IndexError, ValueError, TypeError) as error:
        raise MalformedModelError(f"{place}: its {kind} cannot be read ({error})") from error
    return MappingProxyType(options)
