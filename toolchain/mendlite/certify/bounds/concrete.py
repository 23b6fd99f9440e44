"""Both networks at single inputs, in float64: values, and gradients for the search.

The second network's rounding is to the nearest step here; the kernels' own integers come from a
runner. A refutation is claimed on those alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mendlite.certify.bounds.float_error import Floats, gamma
from mendlite.certify.bounds.maps import Dense
from mendlite.certify.bounds.network import Affine, MaximumNode, Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Values of a network at n inputs: ``sums`` by node, ``tensors`` by tensor.

    All f64[n, N]; a MaximumNode has no sums (None).
    """

    sums: list[Floats | None]
    tensors: list[Floats]


def run(network: Network, x: Floats) -> Run:
    """Compute ``network`` at real inputs x [n, K]; quantized sums are rounded to their step."""
    sums: list[Floats | None] = []
    tensors = [x]
    for node in network.nodes:
        if isinstance(node, MaximumNode):
            sums.append(None)
            tensors.append(tensors[node.source][:, node.index].max(axis=2))
            continue
        total = np.broadcast_to(node.bias, (len(x), node.size)).copy()
        for linear_map, source in zip(node.maps, node.sources, strict=True):
            total += linear_map.forward(tensors[source])
        sums.append(total)
        rounded = total if node.step is None else np.rint(total / node.step) * node.step
        tensors.append(np.clip(rounded, node.low, node.high))
    return Run(sums=sums, tensors=tensors)


def outputs(network: Network, x: Floats) -> Floats:
    """The outputs [n, N] at real inputs."""
    return run(network, x).tensors[-1]


def output_error(network: Network, x: Floats) -> Floats:
    """How far float64 may be from the real outputs at x [n, K], f64[n, N], by intervals.

    For a network without noise: what a claim on its computed outputs must leave as room.
    """
    values = run(network, x)
    errors = [np.zeros_like(x)]
    for node, total in zip(network.nodes, values.sums, strict=True):
        if isinstance(node, MaximumNode) or total is None:
            assert isinstance(node, MaximumNode)  # noqa: S101 - only a MaximumNode has no sums
            errors.append(errors[node.source][:, node.index].max(axis=2))
            continue
        size = np.broadcast_to(np.abs(node.bias), total.shape).copy()
        error = np.zeros_like(total)
        for linear_map, source in zip(node.maps, node.sources, strict=True):
            absolute = linear_map.magnitude()
            size += absolute.forward(np.abs(values.tensors[source]))
            error += absolute.forward(errors[source])
        errors.append(error * (1 + 1e-9) + gamma(max(m.taps for m in node.maps)) * size)
    return errors[-1]


def gradient(network: Network, values: Run, rows: Floats) -> Floats:
    """Gradients [n, K] of ``rows[i] @ outputs`` at each of n inputs; rounding is looked through."""
    pending = {len(network.nodes): rows}
    for node in range(len(network.nodes) - 1, -1, -1):
        here = pending.pop(node + 1, None)
        if here is None:
            continue
        step = network.nodes[node]
        if isinstance(step, MaximumNode):
            slopes = _through_maximum(step, values.tensors[step.source], here)
            _add(pending, step.source, slopes)
            continue
        sums = values.sums[node]
        assert sums is not None  # noqa: S101 - an affine node has sums
        here = here * ((sums > step.low) & (sums < step.high))
        _through_sum(pending, step, here)
    return pending.get(0, np.zeros((len(rows), network.inputs)))


def _through_sum(pending: dict[int, Floats], step: Affine, rows: Floats) -> None:
    for linear_map, source in zip(step.maps, step.sources, strict=True):
        _add(pending, source, linear_map.backward(rows))


def _through_maximum(step: MaximumNode, x: Floats, rows: Floats) -> Floats:
    slopes = np.zeros_like(x)
    tap = x[:, step.index].argmax(axis=2)
    for target, winners, row in zip(slopes, tap, rows, strict=True):
        np.add.at(target, np.take_along_axis(step.index, winners[:, None], axis=1)[:, 0], row)
    return slopes


def _add(pending: dict[int, Floats], tensor: int, rows: Floats) -> None:
    pending[tensor] = pending[tensor] + rows if tensor in pending else rows


def matrix_of(node: Affine) -> Floats:
    """The one dense matrix of a node; raises ValueError for another kind."""
    if len(node.maps) != 1 or not isinstance(node.maps[0], Dense):
        raise ValueError(f"{node.name} is no dense layer")
    return node.maps[0].matrix
