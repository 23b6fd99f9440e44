"""Shape, type and scales of UNIDIRECTIONAL_SEQUENCE_LSTM; other forms are not computed here."""

from __future__ import annotations

from math import prod

import numpy as np

from mendlite.checker.graph import Graph, Op, keeps_state
from mendlite.checker.lstm import (
    BIASES,
    CELL,
    CELL_CLIP,
    HIDDEN,
    RECURRENT,
    WEIGHTS,
    gate_factors,
)
from mendlite.checker.prepare_wide import REACH
from mendlite.checker.rounding import quantize_multiplier
from mendlite.checker.site import Found, Site, named

TYPES = {
    "int8": ("int8", "int32", "int16"),
    "int16": ("int8", "int64", "int16"),
    "float32": ("float32",) * 3,
}
"""Types of weights, biases and cell state by the input's."""

ABSENT = (*range(9, 12), *range(16, 18), *range(20, 24))
"""Inputs of peepholes, of a projection and of layer normalization."""

TANH = 4
"""The schema's number of the activation."""

INNER = 4
"""The intermediate tensor that has the quantization of the output before a projection."""

SUM_BOUND = 2.0**31 - 2**9


def lstm(site: Site) -> Found:
    """UNIDIRECTIONAL_SEQUENCE_LSTM of four gates and nothing beside."""
    op, kind = site.op, site.kind(0)
    given = [slot for slot in ABSENT if slot < len(op.inputs) and op.inputs[slot] >= 0]
    if len(op.inputs) not in {20, 24} or given:
        raise site.unsupported(f"inputs {list(op.inputs)}")
    if int(op.option(0, "b")) != TANH or op.option(3, "?") or op.option(5, "?"):
        raise site.unsupported("its options")
    if not 0 <= float(op.option(CELL_CLIP, "f")) < np.inf:
        raise site.unsupported("a limit of its cell state below 0")
    if kind not in TYPES:
        raise site.unsupported(f"type {kind}")
    if kind == "int16" and site.profile == "tflite_ref":
        raise site.unsupported("int16 inputs: LiteRT has no kernel for them")
    if keeps_state(site.graph):
        raise site.unsupported("its state, in a model that keeps values from frame to frame")
    shape = site.tensor(0).shape
    if len(shape) != 3:
        raise site.unsupported(f"an input of shape {list(shape)}")
    cells = prod(site.tensor(BIASES[0]).shape)
    _require_constants(site, kind, cells, shape[2])
    _require_states(site, kind, shape[0] * cells)
    if kind != "float32":
        _require_scales(site, kind)
        _require_sums(site, kind)
    return (shape[0], shape[1], cells), kind


def _require_constants(site: Site, kind: str, cells: int, width: int) -> None:
    weights, bias, _ = TYPES[kind]
    wanted = {
        **dict.fromkeys(WEIGHTS, (weights, (cells, width))),
        **dict.fromkeys(RECURRENT, (weights, (cells, cells))),
        **dict.fromkeys(BIASES, (bias, (cells,))),
    }
    for slot, form in wanted.items():
        tensor = site.tensor(slot)
        fits = not tensor.packed and (str(tensor.dtype), tensor.shape) == form
        if tensor.data is None or tensor.is_variable or not fits:
            raise site.unsupported(f"{named(tensor)} of {tensor.dtype} {list(tensor.shape)}")


def _require_states(site: Site, kind: str, values: int) -> None:
    for slot, wanted in ((HIDDEN, kind), (CELL, TYPES[kind][2])):
        tensor = site.tensor(slot)
        held = str(tensor.dtype) == wanted and prod(tensor.shape) == values
        if not held or not tensor.is_variable or tensor.data is not None:
            raise site.unsupported(f"{named(tensor)} is none of its states")


def _require_scales(site: Site, kind: str) -> None:
    """One scale each; the output's is the state's, the cell state's a power of two."""
    for slot in (0, *WEIGHTS, *RECURRENT, HIDDEN, CELL):
        _, zero = site.parameters(site.tensor(slot))
        if zero and (kind == "int16" or slot not in {0, HIDDEN}):
            raise site.unsupported(f"{named(site.tensor(slot))} has a zero-point")
    inner = site.op.intermediates[INNER : INNER + 1]
    if not inner or inner[0] < 0:
        raise site.unsupported("its intermediate tensors are missing")
    output = site.parameters(site.output)
    for tensor in (site.tensor(HIDDEN), site.graph.tensors[inner[0]]):
        if site.parameters(tensor) != output:
            raise site.unsupported(f"{named(tensor)} is quantized otherwise than the output")
    if np.log2(site.tensor(CELL).scale) not in range(-15, -8):
        raise site.unsupported(f"the scale {site.tensor(CELL).scale:g} of its cell state")


def _require_sums(site: Site, kind: str) -> None:
    """No sum of a gate leaves what its kernel bounds it by, nor int32 in steps of 2**-12."""
    for slot, slots in ((0, WEIGHTS), (HIDDEN, RECURRENT)):
        zero = site.tensor(slot).zero
        factors = gate_factors(site, slot, slots)
        for gate, factor in enumerate(factors):
            site.require_factor(factor)
            weights = np.asarray(site.tensor(slots[gate]).data, np.float64)
            bias = np.asarray(site.tensor(BIASES[gate]).data, np.float64) if slot == 0 else 0.0
            far = 2**15 if kind == "int16" else max(127 - zero, zero + 128)
            reach = float((np.abs(weights).sum(axis=1) * far + np.abs(bias)).max(initial=0))
            if not _fits(reach, factor, kind):
                raise site.unsupported("a gate's sum may leave int32")


def _fits(reach: float, factor: float, kind: str) -> bool:
    """Whether sums up to ``reach`` are defined, and their products with ``factor``.

    int8: each also when shifted. int16: int64 sums below ``REACH``, shifted by at most 7 bits.
    """
    if kind == "int16":
        shift = quantize_multiplier(factor, single=False)[1]
        return reach < REACH and shift <= 7 and reach * factor < SUM_BOUND
    return reach * 2 * max(factor, 0.5) < SUM_BOUND


def work(graph: Graph, op: Op) -> tuple[int, int]:
    """(values of 64 bits that an LSTM holds, its products) for one sample.

    Every value of the input and of the state is multiplied for the four gates of each cell.
    """
    if not op.inputs or not op.outputs or op.inputs[0] < 0:
        return 0, 0  # Preparation refuses it.
    sums = 4 * prod(graph.tensors[op.outputs[0]].shape)
    width = sum(sum(graph.tensors[t].shape[-1:]) for t in (op.inputs[0], op.outputs[0]))
    return 4 * sums, sums * width
