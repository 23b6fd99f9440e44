"""One operator in a file of its own, with any shapes, options and constants."""

from dataclasses import dataclass, field

import numpy as np

from tiny_models import ModelSpec, OpSpec, TensorSpec

KINDS = {"i1": "INT8", "u1": "UINT8", "f4": "FLOAT32", "i4": "INT32", "i8": "INT64", "i2": "INT16"}


@dataclass
class Given:
    """An input or output: its shape, type, scale and zero-point; ``data`` makes it a constant."""

    shape: tuple
    kind: str = "i1"
    scale: float | None = 0.1
    zero: int = 0
    data: np.ndarray | None = None
    axis: int = 0
    scales: list | None = field(default=None)


def constant(values, kind="i4", shape=None):
    array = np.array(values, f"<{kind}")
    array = array if shape is None else array.reshape(shape)
    return Given(array.shape, kind, None, data=array)


def spec_of(given, name):
    scaled = given.kind in {"i1", "u1"} and given.scale is not None
    scales = given.scales or ([given.scale] if scaled else None)
    return TensorSpec(
        name,
        given.shape,
        KINDS[given.kind],
        given.data,
        scale=scales,
        zero_point=None if scales is None else [given.zero] * len(scales),
        axis=given.axis,
    )


def model(op, inputs, output, options="", **fields):
    """The file's spec; inputs that are no constants are the graph's inputs, None is left out."""
    there = [x for x in inputs if x is not None]
    tensors = [spec_of(x, f"x{i}") for i, x in enumerate(there)] + [spec_of(output, "y")]
    numbers = iter(range(len(there)))
    slots = [-1 if x is None else next(numbers) for x in inputs]
    ends = [i for i, x in enumerate(there) if x.data is None]
    operator = OpSpec(op, slots, [len(there)], options, fields)
    return ModelSpec(tensors, [operator], ends, [len(there)])
