"""Run the float model with parts of it as the int8 file has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.conversion import dequantize, quantize
from mendlite.case.case import Case
from mendlite.case.tasks import evaluated_tensors, read_outputs
from mendlite.measure.outputs import Outputs
from mendlite.model.graph import Model
from mendlite.model.layer_values import accumulator_unit, tensor_layout
from mendlite.model.rows import fed
from mendlite.model.samples import Samples
from mendlite.model.tensor import STORED, DType, QuantParams
from mendlite.pairing.layers import LayerPair, real_weights
from mendlite.replay.collect import joined
from mendlite.replay.reference.batches import slices_together
from mendlite.replay.reference.execute import prepare, run_operators
from mendlite.replay.reference.frontier import in_threads
from mendlite.replay.reference.runner import WORKERS
from mendlite.replay.reference.slices import slice_size
from mendlite.replay.runner import Values

Rounding = Callable[[NDArray[Any]], NDArray[Any]]
"""What becomes of a tensor's float values (n, ...): a ``FakeQuant``, or a part of what it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeQuant:
    """Round a tensor of the float model as the int8 file's tensor would."""

    quant: QuantParams
    dtype: DType

    def __call__(self, x: NDArray[Any]) -> NDArray[Any]:
        """Quantize and dequantize float32 values."""
        return self.real(self.stored(x))

    def stored(self, x: NDArray[Any]) -> NDArray[Any]:
        """Quantize float32 values."""
        storage = self.dtype.numpy
        if storage is None:
            raise ValueError(f"{self.dtype.value} has no storage type")
        return quantize(x, float(self.quant.scale[0]), int(self.quant.zero_point[0]), storage)

    def real(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Dequantize stored values."""
        return dequantize(stored, float(self.quant.scale[0]), int(self.quant.zero_point[0]))

    @property
    def range(self) -> tuple[float, float]:
        """The real values of the lowest and of the highest stored one."""
        limits = np.iinfo(self.stored(np.zeros(1, np.float32)).dtype)
        low, high = self.real(np.array([limits.min, limits.max], limits.dtype))
        return float(low), float(high)

    @property
    def levels(self) -> int:
        """How many stored values there are."""
        low, high = self.dtype.ends
        return high - low + 1


def rounding_of(model: Model, tensor: int) -> FakeQuant | None:
    """The rounding of an integer tensor; None for a float one."""
    described = model.tensors[tensor]
    if described.dtype not in STORED or described.quant is None:
        return None
    return FakeQuant(quant=described.quant, dtype=described.dtype)


def _real_bias(model: Model, pair: LayerPair) -> NDArray[np.float32] | None:
    """The quantized layer's bias in real values; None where it is float or there is none."""
    layer = pair.quantized
    if layer.bias is None or model.tensors[layer.bias].dtype is DType.FLOAT32:
        return None
    bias = model.tensors[layer.bias].constant().reshape(-1).astype(np.float64)
    return (bias * accumulator_unit(model, layer)).astype(np.float32)


def with_int8_weights(case: Case, pairs: Sequence[LayerPair]) -> Model:
    """The float model with these layers' weights and biases as the int8 file has them."""
    return case.reference.with_float_constants(int8_constants(case, pairs))


def int8_constants(case: Case, pairs: Sequence[LayerPair]) -> dict[int, NDArray[np.float32]]:
    """By the float model's tensor: weights and biases of these layers as the int8 file has them.

    Those that are not float32 in the float model are left out.
    """
    reference = case.reference
    values: dict[int, NDArray[np.float32]] = {}
    for pair in pairs:
        twin = pair.reference
        if reference.tensors[twin.weights].dtype is not DType.FLOAT32:
            continue
        real = real_weights(case.quantized, pair.quantized).astype(np.float32)
        values[twin.weights] = tensor_layout(reference, twin, real)
        bias = _real_bias(case.quantized, pair)
        if twin.bias is not None and bias is not None:
            values[twin.bias] = bias
    return values


def run_rounded(
    case: Case, model: Model, samples: Samples, rounded: Mapping[int, Rounding]
) -> Outputs:
    """Outputs of a float ``model`` whose tensors in ``rounded`` are rounded as they appear."""
    program, evaluated = prepare(model, case.profile), evaluated_tensors(case.task, model)
    inputs, size = case.float_inputs(samples), slice_size(model)
    size *= slices_together(program, size, -(-len(inputs[0]) // size), WORKERS)
    # Run from one rounded tensor to the next; rounding replaces the live value.
    stops = sorted(o.index + 1 for o in model.operators if set(o.outputs) & set(rounded))

    def one(begin: int) -> Values:
        stored = fed(model, [x[begin : begin + size] for x in inputs])
        values: Values = {t: _rounded(rounded, t, x) for t, x in stored.items()}
        first = 0
        for stop in [*stops, len(model.operators)]:
            run_operators(program, values, range(first, stop), set(evaluated))
            first = stop
            for tensor in model.operators[stop - 1].outputs:
                if tensor in values:
                    values[tensor] = _rounded(rounded, tensor, values[tensor])
        return {t: values[t] for t in evaluated}

    slices = in_threads(one, range(0, len(inputs[0]), size))
    return read_outputs(case.task, model, joined(slices, evaluated), case.task_inputs(samples))


def _rounded(rounded: Mapping[int, Rounding], tensor: int, values: NDArray[Any]) -> NDArray[Any]:
    return rounded[tensor](values) if tensor in rounded else values
