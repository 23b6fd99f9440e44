"""A whole model: every operator's rule, in order, and what the graph itself must hold to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import (
    MalformedModelError,
    MendliteError,
    UndefinedResultError,
    UnsupportedModelError,
)
from mendlite.model.graph import LAYER_OPS, Model, Operator
from mendlite.model.operator_kinds import RECURRENT, STATEFUL
from mendlite.model.rounding import MICRO, KernelProfile
from mendlite.model.tensor import DType, Tensor
from mendlite.prepare import conversions, layers, moves, pairwise, pools, shapes, slicing, unary
from mendlite.prepare.alone import require_alone
from mendlite.prepare.apart import APART
from mendlite.prepare.copies import COPIES
from mendlite.prepare.curves import TYPES as CURVES
from mendlite.prepare.curves import curve
from mendlite.prepare.known import values_of
from mendlite.prepare.memory import require_bounded, require_few
from mendlite.prepare.recurrent import sequence_lstm
from mendlite.prepare.samples import batched_tensors, mixing
from mendlite.prepare.state import require_variable
from mendlite.prepare.svdf import svdf
from mendlite.prepare.view import Inferred, Preparation, described

Rule = Callable[[Preparation], Inferred | tuple[Inferred, ...]]
"""What an operator writes: one output, or all of them."""

RULES: Mapping[str, Rule] = {
    "CONV_2D": layers.conv,
    "DEPTHWISE_CONV_2D": layers.depthwise,
    "FULLY_CONNECTED": layers.dense,
    "TRANSPOSE_CONV": layers.transposed,
    "ADD": pairwise.pairwise,
    "SUB": pairwise.pairwise,
    "MUL": pairwise.pairwise,
    "AVERAGE_POOL_2D": pools.pool,
    "MAX_POOL_2D": pools.pool,
    "MEAN": pools.mean,
    "SOFTMAX": unary.softmax,
    "LOG_SOFTMAX": unary.log_softmax,
    "LOGISTIC": unary.logistic,
    "TANH": unary.tanh,
    "RELU": unary.relu,
    "RELU6": unary.relu,
    "RELU_N1_TO_1": unary.relu,
    "QUANTIZE": conversions.quantize,
    "DEQUANTIZE": conversions.dequantize,
    "RESHAPE": shapes.reshape,
    "SQUEEZE": shapes.squeeze,
    "EXPAND_DIMS": shapes.expand_dims,
    "SHAPE": shapes.shape,
    "DENSIFY": shapes.densify,
    "PACK": shapes.pack,
    "STRIDED_SLICE": slicing.strided_slice,
    "PAD": moves.pad,
    "PADV2": moves.pad,
    "TRANSPOSE": moves.transpose,
    "CONCATENATION": moves.concatenation,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": sequence_lstm,
    "SVDF": svdf,
    **APART,
    **dict.fromkeys(CURVES, curve),
}
"""Every operator that is prepared (docs/SPEC.md, "What is accepted at preparation")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What preparation found.

    ``known`` holds values that follow from static shapes, by tensor; ``batched`` the tensors that
    depend on the samples; ``interpreted`` the operators that an interpreter runs, and what our
    kernels lack; ``one_by_one`` the operators that do not keep the samples apart, and why: each
    sample is run alone; ``bytes`` is what a sample's replay holds at most. ``model`` has the shapes
    that the file leaves out.
    """

    model: Model
    known: Mapping[int, NDArray[Any]]
    batched: frozenset[int]
    interpreted: Mapping[int, str]
    one_by_one: Mapping[int, str]
    bytes: int


def prepare_model(
    model: Model,
    profile: KernelProfile,
    operators: Sequence[Operator] | None = None,
) -> Prepared:
    """Hold ``operators`` (all, in order) against the file.

    Raises MalformedModelError where the file contradicts itself or requests what TFLite does not
    run, UnsupportedModelError where neither our kernels nor an interpreter run an operator alone;
    both name operator or tensor.
    """
    chosen = model.operators if operators is None else operators
    require_few(model, chosen)
    _require_inputs(model)
    known: dict[int, NDArray[Any]] = {}
    written: set[int] = set()
    interpreted: dict[int, str] = {}
    one_by_one: dict[int, str] = {}
    batched = batched_tensors(model, chosen)
    for operator in chosen:
        if operator.op in STATEFUL:
            require_variable(model, operator)
            written |= set(operator.outputs)
            continue
        follows = profile.of(operator.op)
        view = Preparation(model=model, operator=operator, profile=follows, known=known)
        # What a file's extreme scales make infinite is compared with a bound, and refused there.
        with np.errstate(over="ignore", divide="ignore"):
            if profile not in MICRO:  # TFLite Micro infers no shape.
                model = with_shapes(view)
                view = replace(view, model=model)
            lacking = _lacking(view, written)
        written |= set(operator.outputs)
        values = None if lacking else values_of(view)
        if values is not None:
            known.update(zip(operator.outputs, values, strict=True))
        if lacking:
            interpreted[operator.index] = lacking
            continue
        if why := mixing(view, batched):
            one_by_one[operator.index] = why
    held = require_bounded(model, chosen)
    return Prepared(
        model=model,
        known=known,
        batched=batched,
        interpreted=interpreted,
        one_by_one=one_by_one,
        bytes=held,
    )


def with_shapes(view: Preparation) -> Model:
    """The model with the shapes of an operator's outputs where the file leaves them out.

    A converter writes a shape of rank 0 where it does not know the shape. LiteRT infers it;
    TFLite Micro allocates what the file states.
    """
    model, operator = view.model, view.operator
    left_out = [t for t in operator.outputs if t >= 0 and model.tensors[t].shape == ()]
    if not left_out or operator.op not in RULES:
        return model
    try:
        inferred = RULES[operator.op](view)
    except MendliteError:
        return model  # what is wrong with it is found later, with all other rules
    every = (inferred,) if isinstance(inferred, Inferred) else inferred
    if len(every) != len(view.operator.outputs):
        raise view.wrong(
            f"it has {len(view.operator.outputs)} outputs in the file, but the operator writes "
            f"{len(every)}"
        )
    tensors = list(model.tensors)
    for index, one in zip(operator.outputs, every, strict=False):
        if index in left_out and one.shape:
            tensors[index] = replace(tensors[index], shape=one.shape)
    return replace(model, tensors=tuple(tensors))


def _lacking(view: Preparation, written: set[int]) -> str:
    """What our kernels lack to run an operator that an interpreter may run; empty for none.

    The operator was held against the file. Raises as ``prepare_model``.
    """
    operator = view.operator
    if operator.op not in RULES:
        require_alone(view, written)
        return "mendlite's kernels do not run it"
    _require_form(operator)
    _require_sound(view, written)
    try:
        _compare(view, RULES[operator.op](view))
    except UndefinedResultError:
        raise
    except UnsupportedModelError as error:
        require_alone(view, written)
        return str(error).partition(f"operator {operator.index} {operator.op}: ")[2] or str(error)
    return ""


def _require_form(operator: Operator) -> None:
    place = f"operator {operator.index} {operator.op}"
    if len(operator.outputs) != 1 and operator.op not in COPIES:
        raise MalformedModelError(f"{place}: it has {len(operator.outputs)} outputs, not one")
    if not operator.inputs or operator.inputs[0] < 0:
        raise MalformedModelError(f"{place}: its input 0 is left out")


def _require_inputs(model: Model) -> None:
    """Raise where the graph's inputs are constants, named twice, empty or of no numbers."""
    for index in model.inputs:
        tensor = model.tensors[index]
        if tensor.buffer is not None or list(model.inputs).count(index) > 1:
            raise MalformedModelError(f"input {described(tensor)} is a constant or named twice")
        if tensor.dtype.numpy is None:
            raise UnsupportedModelError(f"input '{tensor.name}' is {tensor.dtype.value}")
        if 0 in tensor.shape:
            raise MalformedModelError(
                f"input '{tensor.name}' of shape {list(tensor.shape)} is empty"
            )


def _require_sound(view: Preparation, written: set[int]) -> None:
    """Raise where an operator reads what nothing wrote, writes what it may not, or is empty."""
    for slot, index in enumerate(view.operator.inputs):
        if index >= 0:
            _require_readable(view, slot, written)
    outputs = view.operator.outputs
    for index in outputs:
        output = view.model.tensors[index]
        taken = written | {*view.model.inputs}
        if output.buffer is not None or index in taken or outputs.count(index) > 1:
            raise view.wrong(
                f"it writes {described(output)}, which is an input, a constant or written"
            )
        if 0 in output.shape:
            raise view.wrong(
                f"its output, {described(output)}, of shape {list(output.shape)} is empty"
            )


def _require_readable(view: Preparation, slot: int, written: set[int]) -> None:
    tensor = view.input(slot)
    computed = tensor.index in written or tensor.index in view.model.inputs
    # Kernels take int4 values as the weights of a layer alone.
    packed = tensor.dtype is DType.INT4 and slot == 1 and view.operator.op in LAYER_OPS
    expanded = tensor.dense is not None and view.operator.op == "DENSIFY"
    if (tensor.dtype.numpy is None and not packed) or (tensor.sparse and not expanded):
        kind = "sparse" if tensor.sparse else tensor.dtype.value
        raise view.unsupported(f"{described(tensor)} is {kind}")
    if tensor.is_variable:
        if view.operator.op in RECURRENT:
            return
        raise view.unsupported(f"{described(tensor)} is a variable")
    empty = 0 in tensor.shape
    if not computed and tensor.data is None and not empty and not expanded:
        raise view.wrong(f"nothing writes {described(tensor)} before it")
    if empty and (computed or len(tensor.shape) != 1):
        raise view.wrong(f"{described(tensor)} of shape {list(tensor.shape)} is empty")


def _compare(view: Preparation, inferred: Inferred | tuple[Inferred, ...]) -> None:
    """Raise MalformedModelError where an output of the file is not the inferred one."""
    every = (inferred,) if isinstance(inferred, Inferred) else inferred
    if len(every) != len(view.operator.outputs):
        raise view.wrong(
            f"it has {len(view.operator.outputs)} outputs in the file, but the operator writes "
            f"{len(every)}"
        )
    for index, one in zip(view.operator.outputs, every, strict=True):
        _compare_one(view, view.model.tensors[index], one)


def _compare_one(view: Preparation, output: Tensor, inferred: Inferred) -> None:
    if inferred.dtype is not output.dtype:
        raise view.wrong(
            f"its output, {described(output)}, is {output.dtype.value} in the file, but the "
            f"operator writes {inferred.dtype.value}"
        )
    if inferred.shape is not None and inferred.shape != output.shape:
        raise view.wrong(
            f"its output, {described(output)}, has shape {list(output.shape)} in the file, but the "
            f"operator writes {list(inferred.shape)}"
        )
