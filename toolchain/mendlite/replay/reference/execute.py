"""Run a model's operators one after the other on batches of samples."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.operator_kinds import STATEFUL
from mendlite.model.operator_view import refused
from mendlite.model.rounding import KernelProfile
from mendlite.prepare.model import Prepared, prepare_model
from mendlite.prepare.state import Block, block_of, blocks
from mendlite.replay.operators.interpreted import interpreted
from mendlite.replay.operators.kernel import InterpretedOperator
from mendlite.replay.operators.site import OperatorSite
from mendlite.replay.reference import elementwise, layers, shapes
from mendlite.replay.reference.apart import WHOLE
from mendlite.replay.reference.context import Context, Kernel, Whole
from mendlite.replay.reference.curves import REAL as CURVES
from mendlite.replay.reference.curves import prepare_curve
from mendlite.replay.reference.frames import run_block
from mendlite.replay.reference.one_sample import sample_by_sample
from mendlite.replay.reference.recurrent import prepare_lstm
from mendlite.replay.reference.svdf import prepare_svdf
from mendlite.replay.reference.uint8 import with_uint8

PREPARE: Mapping[str, Callable[[Context], Kernel]] = {
    "CONV_2D": layers.prepare_layer,
    "DEPTHWISE_CONV_2D": layers.prepare_layer,
    "FULLY_CONNECTED": layers.prepare_layer,
    "TRANSPOSE_CONV": layers.prepare_layer,
    "ADD": with_uint8(elementwise.prepare_pairwise),
    "SUB": with_uint8(elementwise.prepare_pairwise),
    "MUL": with_uint8(elementwise.prepare_pairwise),
    "AVERAGE_POOL_2D": elementwise.prepare_pool,
    "MAX_POOL_2D": elementwise.prepare_pool,
    "MEAN": with_uint8(elementwise.prepare_mean),
    "SOFTMAX": with_uint8(elementwise.prepare_softmax),
    "LOG_SOFTMAX": with_uint8(elementwise.prepare_log_softmax),
    "LOGISTIC": with_uint8(elementwise.prepare_logistic),
    "TANH": with_uint8(elementwise.prepare_tanh),
    "RELU": with_uint8(elementwise.prepare_relu),
    "RELU6": with_uint8(elementwise.prepare_relu),
    "RELU_N1_TO_1": with_uint8(elementwise.prepare_relu),
    "QUANTIZE": elementwise.prepare_quantize,
    "DEQUANTIZE": elementwise.prepare_dequantize,
    "RESHAPE": shapes.prepare_reshape,
    "SQUEEZE": shapes.prepare_reshape,
    "EXPAND_DIMS": shapes.prepare_reshape,
    "SHAPE": shapes.prepare_shape,
    "DENSIFY": shapes.prepare_densify,
    "PACK": shapes.prepare_pack,
    "STRIDED_SLICE": shapes.prepare_strided_slice,
    "PAD": shapes.prepare_pad,
    "PADV2": shapes.prepare_pad,
    "TRANSPOSE": shapes.prepare_transpose,
    "CONCATENATION": shapes.prepare_concatenation,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": prepare_lstm,
    "SVDF": prepare_svdf,
    **dict.fromkeys(CURVES, prepare_curve),
}
"""Every operator that the reference kernels run with the samples along the file's first axis.

Those of WHOLE take them along an axis of their own.
"""

EMPTY = np.zeros(0, np.int8)


def _last_use(model: Model, found: Sequence[Block]) -> Mapping[int, int]:
    """The last operator that reads each tensor; a block reads and writes until its end."""
    uses = {t: operator.index for operator in model.operators for t in operator.inputs}
    for block in found:
        for index in block.span:
            operator = model.operators[index]
            for tensor in (*operator.inputs, *operator.outputs):
                uses[tensor] = max(uses.get(tensor, -1), block.span.stop - 1)
    return uses


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedModel:
    """A model with its kernels, each prepared when it first runs.

    ``last_use`` holds the last operator that reads each tensor, ``blocks`` by operator those that
    run frame by frame.
    """

    model: Model
    profile: KernelProfile
    prepared: Prepared
    last_use: Mapping[int, int]
    blocks: Mapping[int, Block]
    _kernels: dict[int, Whole] = field(default_factory=dict)
    _making: RLock = field(default_factory=RLock)

    @property
    def batched(self) -> frozenset[int]:
        """The tensors whose first axis runs over the samples."""
        return self.prepared.batched

    def kernel(self, index: int) -> Whole:
        """The kernel of operator ``index``; raises UnsupportedModelError where there is none."""
        # Threads begin with the same operators: each kernel is made by one of them.
        with self._making:
            if index not in self._kernels:
                self._kernels[index] = self._made(index)
        return self._kernels[index]

    def with_constants(self, constants: Mapping[int, NDArray[Any]]) -> PreparedModel:
        """The program with other numbers in some constants, in memory alone.

        ``constants`` are weights and biases by tensor, in their own types and shapes: what was
        prepared from shapes holds, and kernels that read none of them are kept.
        """
        tensors = list(self.model.tensors)
        for index, values in constants.items():
            tensors[index] = replace(tensors[index], data=values.reshape(tensors[index].shape))
        operators = self.model.operators
        kept = {
            index: kernel
            for index, kernel in self._kernels.items()
            if not constants.keys() & set(operators[index].inputs)
        }
        model = replace(self.model, tensors=tuple(tensors))
        return replace(self, model=model, _kernels=kept)

    def _made(self, index: int) -> Whole:
        if index in self.prepared.interpreted:
            return self.interpreted(index)
        context = self.context(index)
        if context.operator.op in WHOLE:
            return WHOLE[context.operator.op](context)
        kernel = PREPARE[context.operator.op](context)
        if index in self.prepared.one_by_one:
            kernel = sample_by_sample(context, self.prepared.batched, kernel)
        return lambda x: (kernel(x),)

    def interpreted(self, index: int) -> InterpretedOperator:
        """The kernel of an operator that ours lack, on the first interpreter that takes it."""
        site = OperatorSite(
            model=self.model,
            operator=self.model.operators[index],
            known=self.prepared.known,
            batched=self.prepared.batched,
        )
        return interpreted(site, self.profile, self.prepared.interpreted[index])

    def require_own_kernels(self, otherwise: str) -> None:
        """Raise UnsupportedModelError where an interpreter runs an operator."""
        for index, why in self.prepared.interpreted.items():
            raise refused(self.model.operators[index], why, f"an interpreter runs it; {otherwise}")

    def context(self, index: int) -> Context:
        """What operator ``index`` is prepared from."""
        operator = self.model.operators[index]
        return Context(
            model=self.model,
            operator=operator,
            profile=self.profile.of(operator.op),
            # A kernel that gets one sample at a time has the file's own shapes before it.
            batched=frozenset() if index in self.prepared.one_by_one else self.prepared.batched,
            known=self.prepared.known,
        )


def prepare(model: Model, profile: KernelProfile) -> PreparedModel:
    """A program for ``model``.

    Operators that our kernels lack are run by an interpreter. Raises UnsupportedModelError where
    that cannot be, and MalformedModelError where the file contradicts itself
    (docs/SPEC.md, "What is accepted at preparation").
    """
    prepared = prepare_model(model, profile)
    model = prepared.model
    found = blocks(model)
    return PreparedModel(
        model=model,
        profile=profile,
        prepared=prepared,
        last_use=_last_use(model, found),
        blocks=block_of(found),
    )


def runs(model: Model, profile: KernelProfile) -> bool:
    """Whether the reference kernels run every operator of ``model``."""
    try:
        program = prepare(model, profile)
        for operator in model.operators:
            if operator.op not in STATEFUL:
                program.kernel(operator.index)
    except UnsupportedModelError:
        return False
    return True


def run_operator(
    program: PreparedModel, index: int, values: Mapping[int, NDArray[Any]]
) -> dict[int, NDArray[Any]]:
    """Run one operator on the live ``values``; returns its outputs by tensor.

    Those of variables have none: a block reads and stores them (``run_operators``).
    """
    with _silenced():
        return _run_operator(program, index, values)


def _silenced() -> AbstractContextManager[None]:
    """Float models may overflow or divide by zero: infinities and NaN are the kernels' outputs."""
    return np.errstate(all="ignore")


def _run_operator(
    program: PreparedModel, index: int, values: Mapping[int, NDArray[Any]]
) -> dict[int, NDArray[Any]]:
    operator = program.model.operators[index]
    if operator.op in STATEFUL:
        return {}
    inputs = [_input(program.model, tensor, values) for tensor in operator.inputs]
    outputs = program.kernel(index)(inputs)
    return dict(zip(operator.outputs, outputs, strict=True))


def _input(model: Model, tensor: int, values: Mapping[int, NDArray[Any]]) -> NDArray[Any]:
    if tensor < 0:
        return EMPTY
    if tensor in values:
        return values[tensor]
    if 0 in model.tensors[tensor].shape or model.tensors[tensor].is_variable:
        return EMPTY  # an empty shape or list of axes: the file has no bytes of it; or a state
    return model.tensors[tensor].constant()


def run_operators(
    program: PreparedModel,
    values: dict[int, NDArray[Any]],
    span: range,
    keep: Collection[int] = (),
) -> None:
    """Run the operators ``span`` on ``values`` in place, and forget what is not read again.

    Tensors in ``keep`` stay. A block that ``span`` ends or begins in runs whole: each of its frames
    needs the one before.
    """
    uses, index = program.last_use, span.start
    with _silenced():
        while index < span.stop:
            values.update(_run_step(program, index, values))
            block = program.blocks.get(index)
            index = index + 1 if block is None else min(block.span.stop, span.stop)
            for tensor in [t for t in values if uses.get(t, -1) < index and t not in keep]:
                del values[tensor]
        if span and span.stop in program.blocks and span.stop - 1 not in program.blocks:
            values.update(_run_step(program, span.stop, values))


def run_step(
    program: PreparedModel, index: int, values: Mapping[int, NDArray[Any]]
) -> Mapping[int, NDArray[Any]]:
    """The outputs of an operator, or of the block that it is in."""
    with _silenced():
        return _run_step(program, index, values)


def _run_step(
    program: PreparedModel, index: int, values: Mapping[int, NDArray[Any]]
) -> Mapping[int, NDArray[Any]]:
    block = program.blocks.get(index)
    if block is None:
        return _run_operator(program, index, values)
    return run_block(
        program.model,
        block,
        values,
        program.batched,
        lambda one, live: _run_operator(program, one, live),
    )
