"""Small streaming models: an SVDF, and a dense layer behind it."""

import numpy as np

from tiny_models import ModelSpec, OpSpec, TensorSpec

ACTIVATIONS = {"NONE": 0, "RELU": 1, "RELU6": 3}


def svdf_spec(
    seed=0, *, inputs=5, units=4, rank=1, memory=6, classes=3, activation="RELU", state="INT16",
    state_zero=0, state_scale=0.002, time_scale=None, out_scale=0.02, zero_point=-128, bias=True,
    batch=1, layers=1, logit_scale=0.06,
):  # fmt: skip
    """int8: SVDF layers one behind the other, and a dense layer on the last one's units.

    ``state`` is the type of states and time weights, INT16 or INT8.
    """
    rng = np.random.default_rng(seed)
    tensors = [TensorSpec("in", (batch, inputs), scale=[0.03], zero_point=[-9])]
    ops, source, width = [], 0, inputs
    most = {"INT16": 32767, "INT8": 127}[state]
    for number in range(layers):
        filters, first = units * rank, len(tensors)
        of_time = 1.0 / most if time_scale is None else time_scale
        values = rng.integers(-most, most + 1, (filters, memory))
        tensors += [
            TensorSpec(f"feature{number}", (filters, width), scale=[0.011], zero_point=[0],
                       data=rng.integers(-127, 128, (filters, width)).astype(np.int8)),
            TensorSpec(f"time{number}", (filters, memory), state, scale=[of_time], zero_point=[0],
                       data=values.astype(f"<i{1 if state == 'INT8' else 2}")),
            TensorSpec(f"bias{number}", (units,), "INT32", scale=[state_scale * of_time],
                       zero_point=[0], data=np.clip(
                           rng.normal(0, 0.3, units) / state_scale / of_time, -(2**30), 2**30
                       ).astype("<i4")),
            TensorSpec(f"state{number}", (batch, memory * filters), state, scale=[state_scale],
                       zero_point=[state_zero], is_variable=True),
            TensorSpec(f"units{number}", (batch, units), scale=[out_scale],
                       zero_point=[zero_point]),
        ]  # fmt: skip
        ops.append(
            OpSpec("SVDF", [source, first, first + 1, first + 2 if bias else -1, first + 3],
                   [first + 4], "SVDFOptions",
                   {"Rank": rank, "FusedActivationFunction": ACTIVATIONS[activation]})
        )  # fmt: skip
        source, width = first + 4, units
    first = len(tensors)
    tensors += [
        TensorSpec("w", (classes, units), scale=[0.01], zero_point=[0],
                   data=rng.integers(-127, 128, (classes, units)).astype(np.int8)),
        TensorSpec("b", (classes,), "INT32", scale=[0.01 * out_scale], zero_point=[0],
                   data=rng.integers(-900, 900, classes).astype("<i4")),
        TensorSpec("out", (batch, classes), scale=[logit_scale], zero_point=[3]),
    ]  # fmt: skip
    ops.append(
        OpSpec("FULLY_CONNECTED", [source, first, first + 1], [first + 2], "FullyConnectedOptions")
    )
    return ModelSpec(tensors, ops, [0], [first + 2])
