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
    shares with an output counts.
    """
    pairs = zip(interface_tensors(base), interface_tensors(other), strict=True)
    return tuple(
        InterfaceChange(
            side=old.side,
            number=old.number,
            tensor=old.tensor,
            name=old.name,
            dtype=old.dtype,
            old=old.parameters,
            new=new.parameters,
        )
        for old, new in pairs
        if old.parameters != new.parameters
    )
