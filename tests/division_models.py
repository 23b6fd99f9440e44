"""int8 divisions by constants."""

import numpy as np

from tiny_models import ModelSpec, OpSpec, TensorSpec

DIVISIONS = {
    "by one value": {"divisors": [[100]]},
    "by a negative one": {"divisors": [[-127]]},
    "by a row": {"divisors": [[127, -127, 64, -65, 100, 99, -128]]},
    "with zero-points": {"zeros": (-9, 3, 11), "divisors": [[100, -90]]},
    "clipped": {"scales": (0.1, 1 / 127, 0.03), "divisors": [[127]]},
    "with RELU6": {"activation": 3, "scales": (0.1, 1 / 127, 0.06), "divisors": [[90]]},
}


def division_spec(
    *, scales=(0.1, 1 / 127, 0.1), zeros=(0, 0, 0), divisors=((100,),), activation=0, computed=False
):  # fmt: skip
    """All bytes, in rows as wide as the divisors."""
    row = np.array(divisors, np.int8)
    shape = (1, 256, row.shape[1])
    tensors = [
        TensorSpec("x", shape, scale=[scales[0]], zero_point=[zeros[0]]),
        TensorSpec("c", row.shape, data=None if computed else row, scale=[scales[1]],
                   zero_point=[zeros[1]]),
        TensorSpec("y", shape, scale=[scales[2]], zero_point=[zeros[2]]),
    ]  # fmt: skip
    op = OpSpec("DIV", [0, 1], [2], "DivOptions", {"FusedActivationFunction": activation})
    return ModelSpec(tensors, [op], [0, 1] if computed else [0], [2])


def every_byte(width):
    """All bytes in every column."""
    return [np.repeat(np.arange(-128, 128, dtype=np.int8), width).reshape(1, 256, width)]
