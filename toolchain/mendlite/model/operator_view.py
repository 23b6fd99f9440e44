"""An operator of a model under a rounding profile, and small questions that its kernels ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from mendlite.arith.fixed_point import Rounding
from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model, Operator
from mendlite.model.rounding import Profile
from mendlite.model.tensor import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorView:
    """One operator; ``refusal`` says in an error who does not take it."""

    refusal: ClassVar[str]

    model: Model
    operator: Operator
    profile: Profile

    def given(self, position: int) -> bool:
        """Whether there is such an input."""
        inputs = self.operator.inputs
        return position < len(inputs) and inputs[position] >= 0

    def input(self, position: int) -> Tensor:
        """The tensor of an input; raises UnsupportedModelError where it is left out."""
        if not self.given(position):
            raise self.unsupported(f"input {position} is left out")
        return self.model.tensors[self.operator.inputs[position]]

    @property
    def output(self) -> Tensor:
        """The tensor of the first output."""
        return self.model.tensors[self.operator.outputs[0]]

    def constant(self, position: int) -> NDArray[Any]:
        """The values of a constant input; raises UnsupportedModelError where it is computed."""
        data = self.input(position).data
        if data is None:
            raise self.unsupported(f"input {position} is not a constant")
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

    def unsupported(self, why: str) -> UnsupportedModelError:
        """The error that names this operator."""
        return refused(self.operator, why, self.refusal)


def refused(operator: Operator, why: str, refusal: str) -> UnsupportedModelError:
    """The error that names an operator, why it is not taken, and who does not take it."""
    return UnsupportedModelError(f"operator {operator.index} {operator.op}: {why}: {refusal}")
