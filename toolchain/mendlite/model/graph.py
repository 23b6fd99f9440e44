"""The graph of a ``.tflite`` file: operators, and the layers among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from math import inf

import numpy as np
from numpy.typing import NDArray

from mendlite.model.operator_kinds import FRAME_BY_FRAME
from mendlite.model.tensor import DType, Tensor
from mendlite.model.variables import Variable

OptionValue = int | float | str | tuple[int, ...]

LAYER_OPS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"})
"""Operators with trained weights that mendlite can repair."""


FUSED: Mapping[str, tuple[float, float]] = {
    "NONE": (-inf, inf),
    "RELU": (0.0, inf),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}
"""Real outputs that a fused activation (or the operator of that name) lets through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator of the main subgraph, in execution order.

    ``op`` is the schema's ``BuiltinOperator`` name (a custom operator: ``CUSTOM:<name>``).
    ``inputs`` and ``outputs`` are tensor indices, -1 for an optional input left out;
    ``intermediates`` those of tensors that hold nothing but an LSTM's inner quantization.
    ``options`` holds the builtin options under snake_case names: ``stride_h``,
    ``stride_w``, ``dilation_h``, ``dilation_w``, ``depth_multiplier``, ``filter_h``,
    ``filter_w``, ``padding`` ("SAME" / "VALID"), ``activation`` (the schema's
    ``ActivationFunctionType`` name: "NONE", "RELU", "RELU_N1_TO_1", "RELU6", ...),
    ``weights_format`` ("DEFAULT", ...), ``keep_num_dims``, ``asymmetric_quantize_inputs``,
    ``new_shape``, ``axis``, ``keep_dims``, ``beta``, ``begin_mask``, ``end_mask``,
    ``ellipsis_mask``, ``new_axis_mask``, ``shrink_axis_mask``, ``values_count``,
    ``squeeze_dims``, ``alpha``, ``pot_scale_int16``, ``align_corners``,
    ``half_pixel_centers``, ``num_splits``, ``block_size``, ``num``, ``batch_dims``,
    ``cell_clip``, ``proj_clip``, ``time_major``, ``rank``,
    ``mode`` (0 REFLECT, 1 SYMMETRIC), ``quantized_bias_type`` (the schema's ``TensorType`` name;
    "FLOAT32" where the file leaves it out).
    """

    index: int
    op: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, OptionValue]
    intermediates: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """An operator with weights, seen as output channels (neurons).

    ``index`` is the operator's index, ``number`` counts the layers from 0 in execution
    order. ``weights``, ``bias``, ``input`` and ``output`` are tensor indices (``bias`` is
    None where there is none). ``channel_axis`` is the axis of the weight tensor that runs
    over the output channels (0; 3 for a depthwise convolution) and ``channels`` its length.
    ``frozen`` states why the layer must not be edited, ``bias_frozen`` why its bias must not;
    None where it may. ``interpreted`` states what mendlite's kernels lack to run it: an interpreter
    does, and neither the layer nor the ranges around it are edited.
    """

    index: int
    number: int
    op: str
    name: str
    input: int
    weights: int
    bias: int | None
    output: int
    channel_axis: int
    channels: int
    frozen: str | None
    bias_frozen: str | None
    interpreted: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A parsed ``.tflite``: one subgraph, its tensors and its layers.

    ``subgraph`` is its number: 0, or that of the ``signature`` that was named (None: none was).

    Tensors of initialising subgraphs follow those of the first. ``variables`` are what the model
    keeps from one frame of a recording to the next; ``frames`` is the number of frames of each
    recording that it is run on: 1 where each sample is one, 0 (UNKNOWN) where that is not known.

    ``data`` are the file's bytes and ``sha256`` their digest in hex. ``inputs`` and
    ``outputs`` are tensor indices. ``unsupported`` lists the reasons why mendlite will not
    repair this file (empty: it may be repaired), ``notes`` what a reader of the report should
    know of the file.
    """

    data: bytes
    sha256: str
    version: int
    description: str
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    layers: tuple[Layer, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    unsupported: tuple[str, ...]
    notes: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    frames: int = 1
    subgraph: int = 0
    signature: str | None = None

    def with_float_constants(self, values: Mapping[int, NDArray[np.float32]]) -> Model:
        """The model with other float32 constants, in memory alone.

        ``values`` are by tensor, in its shape. ``data`` stays what the file holds: only our own
        kernels compute with the new values. ``sha256`` changes with them.
        """
        tensors = list(self.tensors)
        digest = sha256(self.sha256.encode())
        for index, array in sorted(values.items()):
            contiguous = np.ascontiguousarray(array, np.float32).reshape(tensors[index].shape)
            contiguous.setflags(write=False)
            tensors[index] = replace(
                tensors[index], dtype=DType.FLOAT32, quant=None, data=contiguous
            )
            digest.update(index.to_bytes(4, "little") + contiguous.tobytes())
        return replace(self, tensors=tuple(tensors), sha256=digest.hexdigest())

    @property
    def keeps_frames(self) -> bool:
        """Whether what it computes of a frame depends on the frames before.

        Where it has no variables but operators with a state of their own, a sample may be one
        frame or a recording.
        """
        return bool(self.variables) or any(o.op in FRAME_BY_FRAME for o in self.operators)

    def producer(self, tensor: int) -> Operator | None:
        """The operator that writes ``tensor``; None for an input or a constant."""
        for operator in self.operators:
            if tensor in operator.outputs:
                return operator
        return None

    def consumers(self, tensor: int) -> tuple[Operator, ...]:
        """The operators that read ``tensor``, in execution order."""
        return tuple(o for o in self.operators if tensor in o.inputs)
