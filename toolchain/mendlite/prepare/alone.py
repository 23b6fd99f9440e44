"""Operators that our kernels lack: what the file must hold to for an interpreter to run one alone.

Shapes and types of the outputs are the file's. The interpreter's own are compared with them when
the operator is opened and when it ran.
"""

from __future__ import annotations

from collections.abc import Collection

from mendlite.model.operator_kinds import RECURRENT, not_alone
from mendlite.model.tensor import DType, Tensor
from mendlite.prepare.view import Preparation, described

PACKED = frozenset({DType.INT4})
"""Types of constants that numpy does not have: an interpreter reads their bytes."""


def require_alone(view: Preparation, written: Collection[int]) -> None:
    """Raise UnsupportedModelError or MalformedModelError where no interpreter can run it alone."""
    operator = view.operator
    if why := not_alone(operator.op):
        raise view.unsupported(why)
    if not operator.outputs:
        raise view.unsupported("it has no output")
    for slot, index in enumerate(operator.inputs):
        if index >= 0:
            _require_input(view, view.input(slot), written)
    for index in operator.outputs:
        _require_output(view, view.model.tensors[index], written)


def _require_input(view: Preparation, tensor: Tensor, written: Collection[int]) -> None:
    computed = tensor.index in written or tensor.index in view.model.inputs
    packed = tensor.dtype in PACKED and tensor.buffer is not None
    if (tensor.dtype.numpy is None and not packed) or tensor.sparse:
        kind = "sparse" if tensor.sparse else tensor.dtype.value
        raise view.unsupported(f"{described(tensor)} is {kind}")
    if tensor.blocks is not None:
        raise view.unsupported(
            f"{described(tensor)} has a scale for each block, which no interpreter gets"
        )
    if tensor.is_variable and view.operator.op not in RECURRENT:
        raise view.unsupported(f"{described(tensor)} is a variable")
    still = tensor.buffer is not None or tensor.is_variable or 0 in tensor.shape
    if not computed and not still:
        raise view.wrong(f"nothing writes {described(tensor)} before it")
    if computed and 0 in tensor.shape:
        raise view.wrong(f"{described(tensor)} of shape {list(tensor.shape)} is empty")


def _require_output(view: Preparation, tensor: Tensor, written: Collection[int]) -> None:
    if tensor.dtype.numpy is None:
        raise view.unsupported(f"its output, {described(tensor)}, is {tensor.dtype.value}")
    ends = tensor.index in written or tensor.index in view.model.inputs
    if tensor.buffer is not None or tensor.is_variable or ends:
        raise view.wrong(f"it writes {described(tensor)}, which is an input, a constant or written")
    if 0 in tensor.shape:
        raise view.wrong(f"its output, {described(tensor)}, of shape {list(tensor.shape)} is empty")
