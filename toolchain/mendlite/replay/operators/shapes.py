"""The shapes of an operator's outputs, confirmed by a runtime that infers them.

TFLite Micro infers none: it writes where the file has room, or behind. A desktop's runtime
confirms them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from mendlite.errors import MalformedModelError
from mendlite.model.operator_kinds import CUSTOM
from mendlite.prepare.view import described
from mendlite.replay.operators.messages import Shapes
from mendlite.replay.operators.remote import RemoteOperator, RuntimeRefusedError
from mendlite.replay.operators.runtime_choice import DESKTOP
from mendlite.replay.operators.site import OperatorSite
from mendlite.replay.runtimes import Runtime, installed
from mendlite.replay.worker_process import DiedError
from mendlite.tflite.one_operator import OneOperator

KEEPS_SHAPE = frozenset({"LOGISTIC", "TANH", "SOFTMAX", "RELU", "RELU6", "QUANTIZE", "DEQUANTIZE"})
"""Operators whose output has the shape of their input."""

MOST_REMEMBERED = 256
"""Files of one operator whose shapes are remembered."""


def require_shapes(site: OperatorSite, runtime: Runtime, shapes: Shapes, file: OneOperator) -> None:
    """Raise MalformedModelError where the operator writes other shapes than the file states.

    ``shapes`` are those of ``runtime``. Raises RuntimeRefusedError where nothing confirms them.
    """
    if runtime.name == "tflm":
        inferred = _desktop_shapes(file)
        if inferred is None:
            _require_own_shape(site)
            return
        shapes = inferred
    for shape, index in zip(shapes, site.operator.outputs, strict=True):
        tensor = site.model.tensors[index]
        if shape != tensor.shape and 0 not in shape:
            raise MalformedModelError(
                f"{site.place}: its output, {described(tensor)}, has shape {list(tensor.shape)} in "
                f"the file, but the operator writes {list(shape)}"
            )


def require_rows(site: OperatorSite, runtime: Runtime, file: OneOperator, samples: int) -> None:
    """Raise RuntimeRefusedError where ``samples`` at once do not make as many rows.

    Only for TFLite Micro: what a desktop's runtime returns has its own shape.
    """
    if runtime.name != "tflm":
        return
    shapes: Sequence[tuple[int, ...]] | None = _desktop_shapes(file)
    if shapes is None:
        _require_own_shape(site)
        return
    for shape, index in zip(shapes, site.operator.outputs, strict=True):
        if shape != (samples, *site.model.tensors[index].shape[1:]):
            raise RuntimeRefusedError("its output has no row for each sample")


@lru_cache(MOST_REMEMBERED)
def _desktop_shapes(file: OneOperator) -> Shapes | None:
    """The shapes that LiteRT or tflite-runtime infers; None where neither takes the operator."""
    for runtime in installed():
        if runtime.name in DESKTOP:
            try:
                return RemoteOperator(runtime=runtime, file=file, arena=0).open()
            except (RuntimeRefusedError, DiedError):
                continue
    return None


def _require_own_shape(site: OperatorSite) -> None:
    """Raise where only TFLite Micro takes an operator and its output's shape is not sure."""
    if site.operator.op.startswith(CUSTOM):
        return
    ends = site.operator.inputs[0], site.operator.outputs[0]
    source, output = (site.model.tensors[t] for t in ends)
    if site.operator.op not in KEEPS_SHAPE or source.shape != output.shape:
        raise RuntimeRefusedError("it takes the operator, but its output's shape is not confirmed")
