"""The weights of an SVDF as two systems of rows: its features, and its units over time.

Each frame of each recording is a row. A feature is the product of a frame with its weights, and has
the float model's feature as its target. A unit weighs the features of the last frames, as the
state holds them, and has the float model's output as its target: there each unit has rows of its
own, as the channels of a depthwise convolution.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.system import targets
from mendlite.claims.squares import FileLayer
from mendlite.model.delta import TensorEdit
from mendlite.model.graph import Model
from mendlite.model.layer_system import LayerRepair, LayerSystem
from mendlite.model.svdf import Svdf
from mendlite.model.tensor import DType
from mendlite.repair.layers.system_builder import Built, fraction_bits, with_fixed_bias
from mendlite.tflite.edits import data_edit

COARSE = 2**5
"""Steps of an int16 state in one of a row's: with int16 weights the distances of the sums would
else be cut short (``RESIDUAL_LIMIT``)."""


def _editable(model: Model, tensor: int) -> bool:
    """Whether no other tensor shares the bytes of a constant."""
    buffer = model.tensors[tensor].buffer
    return buffer is not None and not buffer.shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Real values between which a sum is kept, and whether all beyond an end count as it."""

    least: float
    most: float
    open_low: bool = True
    open_high: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(ABC):
    """Weights of an SVDF that are one system."""

    model: Model
    svdf: Svdf

    @abstractmethod
    def edits(self, repair: LayerRepair) -> list[TensorEdit]:
        """The edits that write a repair."""

    def written(
        self,
        system: LayerSystem,  # noqa: ARG002
        repair: LayerRepair,
    ) -> tuple[list[TensorEdit], LayerRepair]:
        """The edits that write a repair of ``system``, and the repair as the file will hold it."""
        return self.edits(repair), repair


@dataclass(frozen=True, slots=True, kw_only=True)
class Features(Part):
    """The feature weights of an SVDF."""

    def stored(self, model: Model) -> FileLayer:
        """The integers in a file."""
        weights = model.tensors[self.svdf.features].constant().astype(np.int64)
        return FileLayer(weights=weights, bias=None, fixed_bias=np.zeros(len(weights)))

    @property
    def unit(self) -> NDArray[np.float64]:
        """The real value f64[filters] of one step of a product."""
        tensors, svdf = self.model.tensors, self.svdf
        one = tensors[svdf.features].scale * tensors[svdf.input].scale
        return np.full(tensors[svdf.features].shape[0], one)

    @property
    def ends(self) -> Ends:
        """Of the state.

        A feature is cut to the type before the zero-point is added, which wraps beyond these.
        """
        state = self.model.tensors[self.svdf.state]
        zero, ends = state.zero_point, state.dtype.ends
        return Ends(
            least=state.scale * (ends[0] + max(-zero, 0)),
            most=state.scale * (ends[1] - max(zero, 0)),
            open_low=zero >= 0,
            open_high=zero <= 0,
        )

    def system(
        self, rows: NDArray[np.int16], wanted: NDArray[np.float64], real: NDArray[np.float64]
    ) -> LayerSystem:
        """Frames i16[S, K] less the zero-point, float features and weights f64[S, C], f64[C, K]."""
        stored, ends = self.stored(self.model), self.ends
        values = np.clip(wanted, ends.least, ends.most)
        bits = fraction_bits(values, self.unit)
        low, high = targets(
            float_targets=values,
            open_low=(wanted <= ends.least) & ends.open_low,
            open_high=(wanted >= ends.most) & ends.open_high,
            unit=self.unit,
            fraction_bits=bits,
        )
        return LayerSystem(
            rows=rows,
            weights=stored.weights,
            bias=None,
            fixed_bias=stored.fixed_bias,
            low=low,
            high=high,
            fraction_bits=bits,
            weights_float=real / self.model.tensors[self.svdf.features].scale,
            editable=np.full(len(real), _editable(self.model, self.svdf.features)),
        )

    def edits(self, repair: LayerRepair) -> list[TensorEdit]:
        """The edits that write a repair."""
        edit = data_edit(self.model, self.svdf.features, repair.weights.astype(np.int8))
        return [] if edit is None else [edit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Units(Part):
    """The time weights of an SVDF by unit, i64[units, rank * memory], and its biases.

    Rows and sums count in ``step`` steps of the state.
    """

    @property
    def step(self) -> int:
        """1 of an int8 state, of an int16 one a power of two."""
        return 1 if self.model.tensors[self.svdf.state].dtype is DType.INT8 else COARSE

    @property
    def count(self) -> int:
        """Units."""
        return self.model.tensors[self.svdf.time].shape[0] // self.svdf.rank

    @property
    def _edits_bias(self) -> bool:
        return self.svdf.bias is not None and _editable(self.model, self.svdf.bias)

    def stored(self, model: Model) -> FileLayer:
        """The integers in a file, the bias in steps of the rows and what is left of it."""
        weights = model.tensors[self.svdf.time].constant().astype(np.int64)
        bias = np.zeros(self.count, np.int64)
        if self.svdf.bias is not None:
            bias = model.tensors[self.svdf.bias].constant().astype(np.int64)
        whole = bias // self.step if self._edits_bias else np.zeros_like(bias)
        return FileLayer(
            weights=weights.reshape(self.count, -1),
            bias=whole if self._edits_bias else None,
            fixed_bias=(bias - whole * self.step) / self.step,
        )

    @property
    def unit(self) -> NDArray[np.float64]:
        """The real value f64[units] of one step of a sum."""
        tensors, svdf = self.model.tensors, self.svdf
        one = tensors[svdf.state].scale * tensors[svdf.time].scale * self.step
        return np.full(self.count, one)

    def rows(self, features: NDArray[np.int64], drawn: NDArray[np.int64]) -> NDArray[np.int16]:
        """Rows i16[S, units, rank * memory] of features i64[n, T, filters] at frames ``drawn``.

        ``drawn`` index the frames of all recordings, one behind the other.
        """
        _, frames, filters = features.shape
        memory = self.model.tensors[self.svdf.time].shape[1]
        recording, frame = np.divmod(drawn, frames)
        padded = np.pad(features, ((0, 0), (memory - 1, 0), (0, 0)))
        taps = frame[:, None] + np.arange(memory)
        windows = padded[recording[:, None], taps].reshape(len(drawn), memory, filters)
        steps: NDArray[np.int16] = np.rint(windows.transpose(0, 2, 1) / self.step).astype(np.int16)
        return steps.reshape(len(drawn), self.count, -1)

    @property
    def ends(self) -> Ends:
        """Of the output, both open."""
        output = self.model.tensors[self.svdf.output]
        least, most = (output.scale * (end - output.zero_point) for end in output.dtype.ends)
        return Ends(least=least, most=most)

    def system(
        self, rows: NDArray[np.int16], wanted: NDArray[np.float64], real: NDArray[np.float64]
    ) -> LayerSystem:
        """``wanted`` f64[S, units] are float's outputs, ``real`` its time weights by filter."""
        stored, time = self.stored(self.model), self.model.tensors[self.svdf.time]
        ends = self.ends
        values = np.clip(wanted, ends.least, ends.most)
        bits = fraction_bits(values, self.unit)
        low, high = targets(
            float_targets=values,
            open_low=wanted <= ends.least,
            open_high=wanted >= ends.most,
            unit=self.unit,
            fraction_bits=bits,
        )
        most_of_type = time.dtype.ends[1]
        return LayerSystem(
            rows=rows,
            weights=stored.weights,
            bias=stored.bias,
            fixed_bias=stored.fixed_bias,
            low=low,
            high=high,
            fraction_bits=bits,
            weights_float=real.reshape(self.count, -1) / time.scale,
            editable=np.full(self.count, _editable(self.model, self.svdf.time)),
            weight_range=(-most_of_type, most_of_type),
        )

    def edits(self, repair: LayerRepair) -> list[TensorEdit]:
        """The edits that write a repair."""
        time, bias = self.model.tensors[self.svdf.time], self.svdf.bias
        weights = repair.weights.reshape(time.shape).astype(time.constant().dtype)
        edits = [data_edit(self.model, self.svdf.time, weights)]
        before = self.stored(self.model).bias
        if repair.bias is not None and before is not None and bias is not None:
            own = self.model.tensors[bias].constant().astype(np.int64)
            moved = own + (repair.bias - before) * self.step
            edits.append(data_edit(self.model, bias, moved.astype(np.int32)))
        return [edit for edit in edits if edit is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridFeatures(Features):
    """int8 feature weights between float32 values; a row's step is the real ``row_unit``."""

    row_unit: float

    @property
    def unit(self) -> NDArray[np.float64]:
        """The real value f64[filters] of one step of a product."""
        weights = self.model.tensors[self.svdf.features]
        return np.full(weights.shape[0], weights.scale * self.row_unit)

    @property
    def ends(self) -> Ends:
        """None: the state is float32."""
        return Ends(least=-np.inf, most=np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridUnits(Units):
    """int8 time weights between float32 values, and the float32 biases.

    ``row_unit`` is the real value of a row's step, ``bounds`` are those of the activation.
    """

    row_unit: float
    bounds: tuple[float, float]

    @property
    def step(self) -> int:
        """1: rows are integers of ``row_unit`` already."""
        return 1

    @property
    def unit(self) -> NDArray[np.float64]:
        """The real value f64[units] of one step of a sum."""
        return np.full(self.count, self.model.tensors[self.svdf.time].scale * self.row_unit)

    def stored(self, model: Model) -> FileLayer:
        """The integers in a file, and its biases in steps of the sums, from which moves count."""
        weights = model.tensors[self.svdf.time].constant().astype(np.int64)
        bias = np.zeros(self.count)
        if self.svdf.bias is not None:
            bias = model.tensors[self.svdf.bias].constant().astype(np.float64) / self.unit
        return FileLayer(
            weights=weights.reshape(self.count, -1),
            bias=np.zeros(self.count, np.int64) if self._edits_bias else None,
            fixed_bias=bias,
        )

    def written(
        self, system: LayerSystem, repair: LayerRepair
    ) -> tuple[list[TensorEdit], LayerRepair]:
        """As ``Units``; the claim is stated again for the biases as float32 holds them."""
        bias = self.svdf.bias
        if bias is None or repair.bias is None:
            return self.edits(replace(repair, bias=None)), repair
        built = Built(system=system, unit=self.unit, row_unit=self.row_unit)
        stored = self.model.tensors[bias].constant()
        repair, moved = with_fixed_bias(built, repair, stored, np.ones(self.count))
        edits = [*self.edits(replace(repair, bias=None)), data_edit(self.model, bias, moved)]
        return [edit for edit in edits if edit is not None], repair

    @property
    def ends(self) -> Ends:
        """Of the fused activation."""
        return Ends(least=self.bounds[0], most=self.bounds[1])
