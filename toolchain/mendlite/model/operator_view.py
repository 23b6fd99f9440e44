"""An operator of a model under a rounding profile, and what its kernels are prepared from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import Rounding
from mendlite.arith.geometry import Window, make_window
from mendlite.arith.preparation import activation_range, effective_scale
from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import FUSED, Model, Operator
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType, Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorView:
    """One operator; ``refusal`` states in an error what does not support it.

    A ``slot`` is the place of a tensor among the operator's inputs.
    """

    refusal: ClassVar[str]

    model: Model
    operator: Operator
    profile: Profile

    def given(self, slot: int) -> bool:
        """Whether there is such an input."""
        inputs = self.operator.inputs
        return slot < len(inputs) and inputs[slot] >= 0

    def input(self, slot: int) -> Tensor:
        """The tensor of an input; raises UnsupportedModelError where it is left out."""
        if not self.given(slot):
            raise self.unsupported(f"input {slot} is left out")
        return self.model.tensors[self.operator.inputs[slot]]

    @property
    def output(self) -> Tensor:
        """The tensor of the first output; raises UnsupportedModelError where there is none."""
        if not self.operator.outputs:
            raise self.unsupported("it has no output")
        return self.model.tensors[self.operator.outputs[0]]

    def constant(self, slot: int) -> NDArray[Any]:
        """The values of a constant input; raises UnsupportedModelError where it is computed."""
        data = self.input(slot).data
        if data is None:
            raise self.unsupported(f"input {slot} is not a constant")
        return data

    def option(self, name: str) -> int:
        """An integer option; raises UnsupportedModelError where the file leaves it out."""
        value = self.operator.options.get(name)
        if not isinstance(value, int):
            raise self.unsupported(f"its option {name} is missing")
        return value

    def text_option(self, name: str, default: str) -> str:
        """An option that is a name."""
        return str(self.operator.options.get(name, default))

    @property
    def rounding(self) -> Rounding:
        """How this operator requantizes."""
        return self.profile.rounding(self.operator.op)

    def fused_range(self) -> tuple[float, float]:
        """Bounds of the fused activation in real values; raises UnsupportedModelError."""
        name = self.text_option("activation", "NONE")
        if name not in FUSED:
            raise self.unsupported(f"the fused activation {name}")
        return FUSED[name]

    def output_range(self) -> tuple[int, int]:
        """Bounds of the fused activation in the stored values of an integer output."""
        return quantized_range(self.output, self.fused_range())

    @property
    def narrow_product(self) -> bool:
        """Whether a layer multiplies the scales of its input and its weights in float32.

        uint8 convolutions do in every build: PopulateConvolutionQuantizationParams leaves them to
        GetQuantizedConvolutionMultipler.
        """
        weights, op = self.input(1), self.operator.op
        uint8 = weights.dtype is DType.UINT8 and op != "FULLY_CONNECTED"
        single = weights.quantization().scale.size == 1
        return single and (uint8 or self.profile.narrow_product(op))

    def multipliers(self, slot: int = 0) -> NDArray[np.float64]:
        """Real multipliers s_x s_w / s_y of a layer, f64[C] or f64[1]; ``slot`` is that of x."""
        weights = self.input(1).quantization().scale
        narrow = self.narrow_product
        return effective_scale(self.input(slot).scale, weights, self.output.scale, narrow=narrow)

    def window(
        self, size: tuple[int, int], dilation: tuple[int, int] = (1, 1), slot: int = 0
    ) -> Window:
        """The window of ``size`` (height, width) over the input of ``slot``.

        Raises UnsupportedModelError where it does not fit.
        """
        _, height, width, _ = self.input(slot).shape
        stride = self.option("stride_h"), self.option("stride_w")
        padding = self.text_option("padding", "SAME")
        try:
            return make_window((height, width), size, stride, dilation, padding)
        except ValueError as error:
            raise self.unsupported(str(error)) from error

    def pool_window(self) -> Window:
        """The window of a pool; raises UnsupportedModelError where it does not fit."""
        return self.window((self.option("filter_h"), self.option("filter_w")))

    def unsupported(self, why: str) -> UnsupportedModelError:
        """The error that names this operator."""
        return refused(self.operator, why, self.refusal)


def quantized_range(tensor: Tensor, bounds: tuple[float, float]) -> tuple[int, int]:
    """Real bounds in the stored values of an integer tensor."""
    return activation_range(tensor.scale, tensor.zero_point, bounds, tensor.dtype.ends)


def refused(operator: Operator, why: str, refusal: str) -> UnsupportedModelError:
    """The error that names an operator, why it is not taken, and who does not take it."""
    return UnsupportedModelError(f"operator {operator.index} {operator.op}: {why}: {refusal}")
