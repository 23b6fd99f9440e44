"""Shape, type and scales of SVDF; other forms are not computed here."""

from __future__ import annotations

import numpy as np

from mendlite.checker.site import Found, Site, named
from mendlite.checker.svdf import ACTIVATION, BIAS, FEATURES, RANK, STATE, TIME, factors

KEPT = {"int8": ("int16", "int8"), "float32": ("float32",)}
"""Types of state and time weights by the input's; int8 weights under float32 stand apart."""

RELU = 1
"""The schema's number of the activation."""

BIAS_STEP = 1e-5
"""How far a bias' scale may be from that of the sums."""

SUM_BOUND = 2.0**31 - 2**9


def svdf(site: Site) -> Found:
    """SVDF of constant weights whose state is a variable tensor."""
    op, kind = site.op, site.kind(0)
    if len(op.inputs) != 5 or op.inputs[STATE] < 0:
        raise site.unsupported(f"inputs {list(op.inputs)}")
    if kind not in KEPT:
        raise site.unsupported(f"type {kind}")
    source, rank = site.tensor(0).shape, int(op.option(RANK, "i"))
    filters = site.tensor(FEATURES).shape[0] if site.tensor(FEATURES).shape else 0
    if len(source) != 2 or rank < 1 or filters < 1 or filters % rank:
        raise site.unsupported(f"an input of shape {list(source)}, {filters} filters, rank {rank}")
    weights = "int8" if (kind, site.kind(FEATURES)) == ("float32", "int8") else kind
    _require_constants(site, weights, filters, rank)
    _require_state(site, filters * source[0])
    if kind == "int8":
        _require_form(site)
        _require_scales(site)
        _require_sums(site)
        return (source[0], filters // rank), kind
    site.activation(ACTIVATION)
    if weights == "int8":
        _require_weight_scales(site)
    return (source[0], filters // rank), kind


def _require_constants(site: Site, weights: str, filters: int, rank: int) -> None:
    """Feature weights of type ``weights``, and what belongs to them and to the input's type."""
    memory, kind = site.tensor(TIME).shape[1:] or (1,), site.kind(0)
    wanted: dict[int, tuple[tuple[str, ...], tuple[int, ...]]] = {
        FEATURES: ((weights,), (filters, site.tensor(0).shape[1])),
        TIME: (KEPT[kind] if weights == kind else (weights,), (filters, memory[0])),
    }
    if site.op.inputs[BIAS] >= 0:
        wanted[BIAS] = (("int32" if kind == "int8" else kind,), (filters // rank,))
    for slot, (kinds, shape) in wanted.items():
        tensor = site.tensor(slot)
        fits = str(tensor.dtype) in kinds and tensor.shape == shape and not tensor.packed
        if tensor.data is None or tensor.is_variable or not fits:
            raise site.unsupported(f"{named(tensor)} of {tensor.dtype} {list(tensor.shape)}")


def _require_state(site: Site, rows: int) -> None:
    state, time, kind = site.tensor(STATE), site.tensor(TIME), site.kind(0)
    wanted = kind if kind == "float32" else str(time.dtype)
    held = state.is_variable and state.data is None and str(state.dtype) == wanted
    first = site.tensor(0).shape[0]
    shared = sum(site.op.inputs[STATE] in op.inputs for op in site.graph.ops) > 1
    if shared or not held or wanted not in KEPT[kind]:
        raise site.unsupported(f"{named(state)} is not its state")
    if state.shape != (first, rows // first * time.shape[1]):
        raise site.unsupported(f"{named(state)} has shape {list(state.shape)}")


def _require_form(site: Site) -> None:
    """What the profile's runtime runs: LiteRT reads a state as int16, TFLite Micro a bias."""
    if site.profile == "tflite_ref":
        if str(site.tensor(STATE).dtype) != "int16" or int(site.op.option(ACTIVATION, "b")) != RELU:
            raise site.unsupported("a state of 8 bits, or another activation than RELU")
    elif site.op.inputs[BIAS] < 0:
        raise site.unsupported("no bias")


def _require_weight_scales(site: Site) -> None:
    """int8 weights under a float32 input: one scale and no zero-point each."""
    for slot in (FEATURES, TIME):
        if site.parameters(site.tensor(slot))[1]:
            raise site.unsupported(f"{named(site.tensor(slot))} has a zero-point")


def _require_scales(site: Site) -> None:
    for slot in (0, FEATURES, TIME, STATE):
        _, zero = site.parameters(site.tensor(slot))
        if zero and not (slot == 0 or (str(site.tensor(slot).dtype) == "int8" and slot == STATE)):
            raise site.unsupported(f"{named(site.tensor(slot))} has a zero-point")
    site.parameters(site.output)
    if site.op.inputs[BIAS] >= 0 and site.tensor(BIAS).quant is not None:
        own, _ = site.parameters(site.tensor(BIAS))
        step = np.float32(site.tensor(STATE).scale) * np.float32(site.tensor(TIME).scale)
        if abs(own - float(step)) >= BIAS_STEP:
            raise site.unsupported(f"{named(site.tensor(BIAS))} counts in other steps")
    for factor in factors(site):
        site.require_factor(factor)
        if factor == 0:
            raise site.unsupported("a multiplier of 0")


def _require_sums(site: Site) -> None:
    """No feature leaves int32, in its own steps or in the state's."""
    zero, factor = site.tensor(0).zero, factors(site)[0]
    weights = np.asarray(site.tensor(FEATURES).data, np.float64)
    reach = float(np.abs(weights).sum(axis=1).max()) * max(127 - zero, zero + 128)
    if reach * 2 * max(factor, 0.5) >= SUM_BOUND:
        raise site.unsupported("a feature's sum may leave int32")
