"""Which int8 activations would share their parameters if some operators did not join them."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from mendlite.model.graph import Model
from mendlite.model.tensor import DType
from mendlite.tflite.scale_groups import PASS_THROUGH

End = tuple[int, int]
"""An operator's index, and a tensor that it reads or writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonRanges:
    """The int8 activations at both ends of each operator that needs one range for all of them.

    ``ends`` are by the operator's index, ``operators`` by the tensor.
    """

    ends: Mapping[int, frozenset[int]]
    operators: Mapping[int, tuple[int, ...]]

    @staticmethod
    def of(model: Model) -> CommonRanges:
        """Those of a model."""
        ends = {
            operator.index: frozenset(
                t
                for t in (*operator.inputs, *operator.outputs)
                if t >= 0 and is_int8_activation(model, t)
            )
            for operator in model.operators
            if operator.op in PASS_THROUGH
        }
        operators: dict[int, tuple[int, ...]] = {}
        for index, tensors in ends.items():
            for tensor in tensors:
                operators[tensor] = (*operators.get(tensor, ()), index)
        return CommonRanges(ends=ends, operators=operators)

    def around(self, start: int, without: Container[End]) -> frozenset[int]:
        """The tensors that have the parameters of ``start``; ends in ``without`` join nothing.

        The search stops where an operator computes with parameters of its own.
        """
        found, waiting = {start}, [start]
        while waiting:
            tensor = waiting.pop()
            for index in self.operators.get(tensor, ()):
                if (index, tensor) in without:
                    continue
                new = {t for t in self.ends[index] - found if (index, t) not in without}
                found |= new
                waiting += new
        return frozenset(found)


def is_int8_activation(model: Model, tensor: int) -> bool:
    """Whether a tensor has int8 values that the graph computes, or that it is fed."""
    return model.tensors[tensor].dtype is DType.INT8 and model.tensors[tensor].buffer is None
