"""Small models with LOG_SOFTMAX: alone, and behind a classifier."""

from tiny_models import ModelSpec, OpSpec, TensorSpec, dense_spec

SCALES = (0.1, 0.0037, 1.3, 0.5, 17.0, 2.0**-12, 2.0**-20)


def log_softmax_spec(scale=0.1, shape=(1, 10), zero_point=-4, out=(1 / 16, 127)):
    tensors = [
        TensorSpec("in", shape, scale=[scale], zero_point=[zero_point]),
        TensorSpec("out", shape, scale=[out[0]], zero_point=[out[1]]),
    ]
    return ModelSpec(tensors, [OpSpec("LOG_SOFTMAX", [0], [1], "LogSoftmaxOptions")], [0], [1])


def classifier(seed=0):
    """int8: dense + ReLU, dense, and LOG_SOFTMAX."""
    spec = dense_spec(seed)
    spec.tensors.append(TensorSpec("log", (1, 3), scale=[1 / 16], zero_point=[127]))
    spec.ops.append(OpSpec("LOG_SOFTMAX", [6], [7], "LogSoftmaxOptions"))
    spec.outputs = [7]
    return spec
