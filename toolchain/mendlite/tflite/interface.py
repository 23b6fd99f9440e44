"""The quantized inputs and outputs of a file's graph, and in which two files differ."""

from __future__ import annotations

from collections.abc import Iterator

from mendlite.model.graph import Model
from mendlite.model.interface import InterfaceChange, InterfaceTensor, Parameters, Side


def interface_tensors(model: Model) -> Iterator[InterfaceTensor]:
    """The inputs of the graph that have a scale and a zero-point, then its outputs."""
    for side, tensors in ((Side.INPUT, model.inputs), (Side.OUTPUT, model.outputs)):
        for number, index in enumerate(tensors):
            tensor = model.tensors[index]
            if tensor.quant is not None:
                yield InterfaceTensor(
                    side=side,
                    number=number,
                    tensor=index,
                    name=tensor.name,
                    dtype=tensor.dtype.value,
                    parameters=Parameters(scale=tensor.scale, zero_point=tensor.zero_point),
                )


def interface_changes(base: Model, other: Model) -> tuple[InterfaceChange, ...]:
    """The inputs and outputs whose parameters differ between two files of one graph.

    The files' own values are compared, wherever they lie: an edit of a vector that an inner tensor
    shares with an output counts. What only one of the files has is left out.
    """
    others = {(one.side, one.number): one.parameters for one in interface_tensors(other)}
    changes = []
    for one in interface_tensors(base):
        new = others.get((one.side, one.number), one.parameters)
        if new != one.parameters:
            changes.append(
                InterfaceChange(
                    side=one.side,
                    number=one.number,
                    tensor=one.tensor,
                    name=one.name,
                    dtype=one.dtype,
                    old=one.parameters,
                    new=new,
                )
            )
    return tuple(changes)
