"""Random inputs of any model."""

import numpy as np

from mendlite.model.rows import sample_shape


def random_inputs(model, count, seed=0, deviation=30):
    """``count`` samples for each input: every integer of its type alike, floats about 0."""
    rng = np.random.default_rng(seed)
    inputs = []
    for index in model.inputs:
        tensor = model.tensors[index]
        shape = (count, *sample_shape(tensor))
        if tensor.dtype.numpy.kind == "f":
            inputs.append(rng.normal(0, deviation, shape).astype(np.float32))
        elif tensor.dtype.numpy.kind == "b":
            inputs.append(rng.integers(0, 2, shape).astype(np.bool_))
        else:
            limits = np.iinfo(tensor.dtype.numpy)
            values = rng.integers(limits.min, limits.max + 1, shape)
            inputs.append(values.astype(tensor.dtype.numpy))
    return inputs
