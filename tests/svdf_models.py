"""Small streaming models: an SVDF, and a dense layer behind it."""

from dataclasses import replace

import numpy as np

from mendlite.tflite.reader import read
from tiny_models import ModelSpec, OpSpec, TensorSpec, build, float_twin

FRAMES, RECORDINGS = 11, 9

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


def hybrid_spec(whole=None, *, uneven=False, **form):
    """float32 with int8 weights: the layers of a spec with int8 states in dynamic range."""
    whole = whole or svdf_spec(state="INT8", **form)
    spec = float_twin(whole)
    for tensor, own in zip(spec.tensors, whole.tensors, strict=True):
        if own.name.startswith(("feature", "time", "w")):
            tensor.type, tensor.data, tensor.scale, tensor.zero_point = (
                "INT8",
                own.data,
                own.scale,
                [0],
            )
    for op in spec.ops[:-1]:
        op.fields["AsymmetricQuantizeInputs"] = uneven
    return spec


def one_unit_spec():
    """A hybrid SVDF of one unit over two inputs: weights 2, -1 and 1.5, bias 0.25."""
    spec = hybrid_spec(inputs=2, units=1, memory=1, classes=1, activation="NONE")
    values = {"feature0": np.array([[4, -2]], "i1"), "time0": np.array([[3]], "i1"),
              "bias0": np.array([0.25], "<f4")}  # fmt: skip
    for tensor in spec.tensors:
        tensor.data = values.get(tensor.name, tensor.data)
        tensor.scale = [0.5] if tensor.name in {"feature0", "time0"} else tensor.scale
    return spec


FORMS = {
    "plain": {},
    "rank 2": {"rank": 2},
    "rank 3": {"rank": 3, "memory": 4},
    "memory of one frame": {"memory": 1},
    "memory longer than a recording": {"memory": 14},
    "zero-point": {"zero_point": 3},
    "saturating state": {"state_scale": 1e-5},
    "sums that leave int32": {"state_scale": 1e-5, "memory": 14, "rank": 3, "out_scale": 0.01},
    "multiplier above 1": {"state_scale": 1e-5, "time_scale": 1.0, "out_scale": 5e-6},
    "several rows": {"batch": 3},
    "three layers": {"layers": 3, "rank": 2},
}

MICRO_FORMS = {
    "no activation": {"activation": "NONE", "zero_point": 4},
    "RELU6 is not applied": {"activation": "RELU6", "out_scale": 0.5},
    "int8 state": {"state": "INT8", "state_scale": 0.03, "state_zero": -3},
    "int8 state that wraps": {"state": "INT8", "state_scale": 0.002, "state_zero": 90},
    "int8 state of three layers": {
        "state": "INT8", "state_scale": 0.03, "state_zero": 17, "layers": 3, "rank": 2,
    },
}  # fmt: skip


def streaming(spec, frames=FRAMES):
    return replace(read(build(spec)), frames=frames)


def drawn(model, seed=3):
    """Frames of recordings over all of int8, and near 0."""
    shape = model.tensors[0].shape
    rng = np.random.default_rng(seed)
    values = rng.integers(-128, 128, (FRAMES * RECORDINGS, *shape[shape[0] == 1 :]))
    values[: 3 * FRAMES] = values[: 3 * FRAMES] // 16
    return [values.astype(np.int8)]


def by_hand():
    """Two inputs, one unit of two filters, three frames of memory; multipliers 1/2 and 1."""
    spec = svdf_spec(inputs=2, units=1, rank=2, memory=3, classes=2, zero_point=-10)
    values = {
        "feature0": np.array([[1, 2], [3, -1]], "i1"),
        "time0": np.array([[4, -2, 1], [1, 0, 2]], "<i2"),
        "bias0": np.array([5], "<i4"),
    }
    scales = {"in": 0.5, "feature0": 0.25, "state0": 0.25, "time0": 0.125, "units0": 0.03125}
    for tensor in spec.tensors:
        tensor.data = values.get(tensor.name, tensor.data)
        tensor.scale = [scales[tensor.name]] if tensor.name in scales else tensor.scale
        tensor.zero_point = [1] if tensor.name == "in" else tensor.zero_point
        tensor.scale = [0.25 * 0.125] if tensor.name == "bias0" else tensor.scale
    return spec


HAND_FRAMES = np.array([[5, 3], [2, -2], [1, 11], [0, 1]], "i1")
WANTED = [9, -9, 20, -32]


def with_field(**fields):
    return lambda spec: spec.ops[0].fields.update(**fields)


def with_tensor(name, **values):
    def change(spec):
        for tensor in spec.tensors:
            if tensor.name == name:
                for key, value in values.items():
                    setattr(tensor, key, value)

    return change


def without_bias(spec):
    spec.ops[0].inputs[3] = -1


LACKING = {
    "has a zero-point": with_tensor("time0", zero_point=[2]),
    "'state0' has a zero-point": with_tensor("state0", zero_point=[2]),
    "is no variable": with_tensor("state0", is_variable=False, data=np.zeros((1, 24), "<i2")),
    "its bias counts in other steps": with_tensor("bias0", scale=[1.0]),
    "is INT16, not INT8": with_tensor("feature0", type="INT16", data=np.ones((4, 5), "<i2")),
}

CONTRADICTING = {
    "are no units of rank 3": with_field(Rank=3),
    "are no units of rank 0": with_field(Rank=0),
    "its feature weights have shape [4, 4], its input 5 values": with_tensor(
        "feature0", shape=(4, 4), data=np.ones((4, 4), np.int8)
    ),
    "its time weights have shape [3, 6], for 4 filters": with_tensor(
        "time0", shape=(3, 6), data=np.ones((3, 6), "<i2")
    ),
    "has shape [1, 20], not [1, 24]": with_tensor("state0", shape=(1, 20)),
    "has shape [3], not [4]": with_tensor("bias0", shape=(3,), data=np.ones(3, "<i4")),
    "has shape [1, 5] in the file, but the operator writes [1, 4]": with_tensor(
        "units0", shape=(1, 5)
    ),
    "they must be of one type": with_tensor("state0", type="INT8"),
}
