"""An int8 file of a float streaming model, with ranges as a converter calibrates them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from mendlite.tflite.forest import Forest
from streaming.graph import FLOAT32, INT8, INT32, NAMES, new_tensor, op_of, set_values, values_of

COPIES = frozenset(
    {"CONCATENATION", "STRIDED_SLICE", "SPLIT", "SPLIT_V", "RESHAPE", "READ_VARIABLE",
     "ASSIGN_VARIABLE"}
)  # fmt: skip
"""Operators whose inputs and outputs have one scale."""

LAYERS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": None}
"""The axis of the output channels; None for one scale of all."""

SECOND = frozenset({"CONCATENATION", "STRIDED_SLICE", "LOGISTIC", "SOFTMAX", "SPLIT_V"})
"""Operators whose second version takes int8."""

PROBABILITIES = frozenset({"LOGISTIC", "SOFTMAX"})

Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Affine:
    """real = scale (q - zero)."""

    scale: float
    zero: int

    @staticmethod
    def of(low: float, high: float) -> Affine:
        """256 steps from ``low`` to ``high``, 0 among them."""
        low, high = min(low, 0.0), max(high, 0.0, low + 1e-6)
        scale = float(np.float32((high - low) / 255))
        return Affine(scale=scale, zero=int(np.clip(np.rint(-128 - low / scale), -128, 127)))

    def stored(self, values: NDArray[Any]) -> NDArray[np.int8]:
        """The nearest int8."""
        steps = np.clip(np.rint(values / self.scale) + self.zero, -128, 127)
        stored: NDArray[np.int8] = steps.astype(np.int8)
        return stored


def quantize(model: Any, ranges: Mapping[int, Range]) -> None:
    """Turn a float ``ModelT`` into int8; ``ranges`` are by tensor of the first subgraph.

    Weights have a scale per channel, of a dense layer one; all biases are int32.
    """
    graph = model.subgraphs[0]
    affine = _affine(model, graph, ranges)
    for operator in graph.operators:
        if op_of(model, operator) in LAYERS:
            _quantize_layer(model, graph, operator, affine[int(operator.inputs[0])])
    for number, one in affine.items():
        tensor = graph.tensors[number]
        tensor.type, tensor.quantization = INT8, _parameters([one.scale], [one.zero], 0)
    _first_values(model, affine)
    for code in model.operatorCodes:
        name = NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]
        least = 3 if name in LAYERS else 2 if name in SECOND else 1
        code.version = max(code.version, least)


def _affine(model: Any, graph: Any, ranges: Mapping[int, Range]) -> dict[int, Affine]:
    """The parameters of every float activation."""
    floats = [
        number
        for number, tensor in enumerate(graph.tensors)
        if tensor.type == FLOAT32 and values_of(model, tensor) is None and number in ranges
    ]
    forest, known = Forest(floats), set(floats)
    for operator in graph.operators:
        if op_of(model, operator) in COPIES:
            forest.join([t for t in (*map(int, operator.inputs), *map(int, operator.outputs))
                         if t in known])  # fmt: skip
    for tensors in _of_variables(model, graph).values():
        forest.join([t for t in tensors if t in known])
    groups: dict[int, Range] = {}
    for number in floats:
        low, high = groups.get(forest.root(number), (0.0, 0.0))
        groups[forest.root(number)] = min(low, ranges[number][0]), max(high, ranges[number][1])
    found = {number: Affine.of(*groups[forest.root(number)]) for number in floats}
    for operator in graph.operators:
        if op_of(model, operator) in PROBABILITIES:
            found[int(operator.outputs[0])] = Affine(scale=1 / 256, zero=-128)
    return found


def _of_variables(model: Any, graph: Any) -> dict[str, list[int]]:
    """The tensors that hold each variable's values, by its name."""
    names: dict[int, str] = {}
    found: dict[str, list[int]] = {}
    for operator in graph.operators:
        op = op_of(model, operator)
        if op == "VAR_HANDLE":
            names[int(operator.outputs[0])] = _text(operator.builtinOptions.sharedName)
        elif op == "READ_VARIABLE":
            found.setdefault(names[int(operator.inputs[0])], []).append(int(operator.outputs[0]))
        elif op == "ASSIGN_VARIABLE":
            found.setdefault(names[int(operator.inputs[0])], []).append(int(operator.inputs[1]))
    return found


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _quantize_layer(model: Any, graph: Any, operator: Any, source: Affine) -> None:
    axis = LAYERS[op_of(model, operator)]
    weights = graph.tensors[int(operator.inputs[1])]
    values = values_of(model, weights)
    if values is None:
        raise ValueError("a layer whose weights are computed")
    rest = tuple(i for i in range(values.ndim) if i != axis) if axis is not None else None
    largest = np.maximum(np.abs(values).max(axis=rest), 1e-8)
    scale = (largest / 127).astype(np.float32).reshape(-1).astype(np.float64)
    shape = [1] * values.ndim
    if axis is not None:
        shape[axis] = -1
    whole = np.clip(np.rint(values / scale.reshape(shape)), -127, 127).astype(np.int8)
    set_values(model, weights, whole)
    zeros = [0] * len(scale)
    weights.type, weights.quantization = INT8, _parameters(list(scale), zeros, axis or 0)
    channels = values.shape[0 if axis is None else axis]
    bias = values_of(model, graph.tensors[int(operator.inputs[2])])
    unit = scale * source.scale
    real = np.zeros(channels) if bias is None else bias.astype(np.float64)
    steps = np.rint(real / unit).astype(np.int32)
    number = new_tensor(model, graph, "bias", (channels,), kind=INT32, values=steps)
    graph.tensors[number].quantization = _parameters(list(unit), zeros, 0)
    operator.inputs = np.array([*operator.inputs[:2], number], np.int32)


def _first_values(model: Any, affine: Mapping[int, Affine]) -> None:
    graph, first = model.subgraphs
    holders = _of_variables(model, graph)
    for name, tensors in _of_variables(model, first).items():
        one = affine[holders[name][0]]
        tensor = first.tensors[tensors[0]]
        values = values_of(model, tensor)
        if values is None:
            raise ValueError(f"variable {name} has no first value")
        set_values(model, tensor, one.stored(values))
        tensor.type, tensor.quantization = INT8, _parameters([one.scale], [one.zero], 0)


def _parameters(scale: list[float], zero: list[int], axis: int) -> Any:
    found = schema.QuantizationParametersT()
    found.scale, found.zeroPoint = np.array(scale, np.float32), np.array(zero, np.int64)
    found.quantizedDimension = axis
    return found
