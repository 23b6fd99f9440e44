"""A small character model as converters write one: ids made positive, an embedding, a layer norm.

Keras looks ids up as ``where(ids < 0, ids + tokens, ids)`` (LESS, ADD and SELECT), and normalizes
with the negative of the mean (NEG); scores of later positions are taken away by SELECT_V2.
"""

import numpy as np

from tiny_models import ModelSpec, OpSpec, TensorSpec

TOKENS, POSITIONS, WIDTH = 40, 5, 8


class _Graph:
    """Tensors and operators in the order in which they are added."""

    def __init__(self, rng):
        self.rng, self.tensors, self.ops = rng, [], []

    def tensor(self, name, shape, kind="FLOAT32", data=None, **more):
        self.tensors.append(TensorSpec(name, shape, kind, data, **more))
        return len(self.tensors) - 1

    def constant(self, name, values, kind="FLOAT32"):
        return self.tensor(name, np.shape(values), kind, values)

    def op(self, name, inputs, shape, kind="FLOAT32", options="", **fields):
        output = self.tensor(f"{name} {len(self.ops)}", shape, kind)
        self.ops.append(OpSpec(name, inputs, [output], options, fields))
        return output

    def dense(self, x, width, outputs, *, quantized, wrong=0):
        """Float, or with int8 weights in steps of a scale a channel, up to ``wrong`` off."""
        name = f"dense {len(self.ops)}"
        weights = self.rng.normal(0, 1, (outputs, width)).astype(np.float32)
        if quantized:
            scale = np.abs(weights).max(axis=1) / 127
            off = np.random.default_rng(1).integers(-wrong, wrong + 1, weights.shape)
            stored = np.clip(np.rint(weights / scale[:, None]) + off, -127, 127)
            w = self.tensor(f"{name}/w", weights.shape, "INT8", stored.astype(np.int8),
                            scale=list(scale), zero_point=[0] * outputs)  # fmt: skip
        else:
            w = self.constant(f"{name}/w", weights)
        b = self.constant(f"{name}/b", np.zeros(outputs, np.float32))
        shape = (*self.tensors[x].shape[:-1], outputs)
        return self.op("FULLY_CONNECTED", [x, w, b], shape, options="FullyConnectedOptions",
                       KeepNumDims=True)  # fmt: skip


def _embedded(graph, ids):
    shape = (1, POSITIONS)
    zero = graph.constant("zero", np.array(0, np.int32), "INT32")
    count = graph.constant("tokens", np.array(TOKENS, np.int32), "INT32")
    below = graph.op("LESS", [ids, zero], shape, "BOOL", "LessOptions")
    raised = graph.op("ADD", [ids, count], shape, "INT32", "AddOptions")
    places = graph.op("SELECT", [below, raised, ids], shape, "INT32", "SelectOptions")
    table = graph.constant("table", graph.rng.normal(0, 1, (TOKENS, WIDTH)).astype(np.float32))
    return graph.op("GATHER", [table, places], (*shape, WIDTH), options="GatherOptions", Axis=0)


def _centred(graph, x):
    """``x`` plus the negative of its mean."""
    axes = graph.constant("axes", np.array([2], np.int32), "INT32")
    mean = graph.op("MEAN", [x, axes], (1, POSITIONS, 1), options="ReducerOptions", KeepDims=True)
    negative = graph.op("NEG", [mean], (1, POSITIONS, 1), options="NegOptions")
    return graph.op("ADD", [x, negative], (1, POSITIONS, WIDTH), options="AddOptions")


def _attended(graph, x):
    """Causal attention of one head."""
    query, key, value = (graph.dense(x, WIDTH, WIDTH, quantized=False) for _ in range(3))
    square = (1, POSITIONS, POSITIONS)
    scores = graph.op("BATCH_MATMUL", [query, key], square, options="BatchMatMulOptions",
                      AdjY=True)  # fmt: skip
    place = np.arange(POSITIONS, dtype=np.int32)
    rows, columns = (graph.constant("places", p, "INT32") for p in (place[:, None], place))
    seen = graph.op("GREATER_EQUAL", [rows, columns], square[1:], "BOOL", "GreaterEqualOptions")
    far = graph.constant("far", np.array(-30, np.float32))
    kept = graph.op("SELECT_V2", [seen, scores, far], square, options="SelectV2Options")
    shares = graph.op("SOFTMAX", [kept], square, options="SoftmaxOptions", Beta=1.0)
    mixed = graph.op("BATCH_MATMUL", [shares, value], (1, POSITIONS, WIDTH),
                     options="BatchMatMulOptions")  # fmt: skip
    return graph.op("ADD", [x, mixed], (1, POSITIONS, WIDTH), options="AddOptions")


def gpt_spec(*, quantized, seed=0):
    """int32 ids (1, POSITIONS) to float logits of TOKENS, float or with wrong int8 weights in its last layer."""
    graph = _Graph(np.random.default_rng(seed))
    ids = graph.tensor("ids", (1, POSITIONS), "INT32")
    x = _centred(graph, _embedded(graph, ids))
    x = _attended(graph, x)
    logits = graph.dense(x, WIDTH, TOKENS, quantized=quantized, wrong=30)
    return ModelSpec(graph.tensors, graph.ops, [ids], [logits])
