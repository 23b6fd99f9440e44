"""Small models with operators that mendlite's kernels lack."""

import numpy as np
from flatbuffers import flexbuffers

from tiny_models import ModelSpec, OpSpec, TensorSpec, dense_spec


def abs_spec(seed=0):
    """int8: dense, ABS to other steps, dense."""
    spec = dense_spec(seed, inputs=8, hidden=6, classes=4)
    spec.ops[0].fields["FusedActivationFunction"] = 0
    spec.tensors[3].zero_point = [4]
    spec.tensors.append(TensorSpec("abs", (1, 6), scale=[0.1], zero_point=[-90]))
    spec.ops.insert(1, OpSpec("ABS", [3], [7]))
    spec.ops[2].inputs = [7, 4, 5]
    return spec


def one(op, tensors, inputs, outputs, *options, **more):
    """A model of one operator; the graph's inputs are those of its inputs without data."""
    given = [i for i in inputs if i >= 0 and tensors[i].data is None]
    return ModelSpec(tensors, [OpSpec(op, inputs, outputs, *options, **more)], given, outputs)


def values(name, shape, **more):
    """An int8 tensor."""
    more = {"scale": [0.1], "zero_point": [0], **more}
    return TensorSpec(name, shape, **more)


def sum_spec(*, reverse):
    """CUMSUM of int64 along the samples' own axis: alone, each sample is its own sum."""
    tensors = [
        TensorSpec("in", (1, 5), "INT64"),
        TensorSpec("axis", (), "INT32", np.array(0, "<i4")),
        TensorSpec("out", (1, 5), "INT64"),
    ]
    return one("CUMSUM", tensors, [0, 1], [2], "CumsumOptions", {"Reverse": reverse})


def clipped_spec(seed=0):
    """int8: as ``abs_spec``, with RELU in the middle."""
    spec = abs_spec(seed)
    spec.ops[1] = OpSpec("RELU", [3], [7])
    return spec


DETECTION = {
    "max_detections": 4, "max_classes_per_detection": 1, "detections_per_class": 10,
    "use_regular_nms": False, "num_classes": 2, "y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0,
    "w_scale": 5.0, "nms_score_threshold": 0.1, "nms_iou_threshold": 0.6,
}  # fmt: skip


def detection_spec(seed=0):
    """int8 dense layers to boxes and scores of 5 anchors, DEQUANTIZE, and the post-processing."""
    rng, tensors, ops = np.random.default_rng(seed), [values("in", (1, 6))], []
    for count in (20, 15):
        base, weights = len(tensors), rng.integers(-127, 128, (count, 6)).astype(np.int8)
        shape = (1, 5, count // 5)
        tensors += [
            TensorSpec(f"w{base}", weights.shape, data=weights, scale=[0.01], zero_point=[0]),
            values(f"y{base}", (1, count), scale=[0.05]),
            TensorSpec(f"shape{base}", (3,), "INT32", np.array(shape, "<i4")),
            values(f"rows{base}", shape, scale=[0.05]),
            TensorSpec(f"real{base}", shape, "FLOAT32"),
        ]
        ops += [
            OpSpec("FULLY_CONNECTED", [0, base, -1], [base + 1], "FullyConnectedOptions"),
            OpSpec("RESHAPE", [base + 1, base + 2], [base + 3]),
            OpSpec("DEQUANTIZE", [base + 3], [base + 4]),
        ]
    anchors = rng.uniform(0.2, 0.8, (5, 4)).astype("<f4")
    tensors += [
        TensorSpec("anchors", (5, 4), "FLOAT32", anchors),
        TensorSpec("boxes", (1, 4, 4), "FLOAT32"),
        TensorSpec("classes", (1, 4), "FLOAT32"),
        TensorSpec("scores", (1, 4), "FLOAT32"),
        TensorSpec("count", (1,), "FLOAT32"),
    ]
    builder = flexbuffers.Builder()
    with builder.Map():
        for key, value in DETECTION.items():
            add = {bool: builder.Bool, int: builder.Int, float: builder.Float}[type(value)]
            add(key, value)
    options = bytes(builder.Finish())
    ops.append(
        OpSpec("CUSTOM", [5, 10, 11], [12, 13, 14, 15], custom="TFLite_Detection_PostProcess",
               custom_options=options)
    )  # fmt: skip
    return ModelSpec(tensors, ops, [0], [12, 13, 14, 15])
