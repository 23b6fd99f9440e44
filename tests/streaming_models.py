"""Small streaming models: values that they keep from frame to frame lie in variables."""

import numpy as np

from tiny_models import ModelSpec, OpSpec, TensorSpec, float_twin


class Graph:
    """Tensors and operators of a streaming model, added one after the other."""

    def __init__(self, seed=0, initial=None):
        self.rng = np.random.default_rng(seed)
        self.initial = initial
        self.tensors, self.handles, self.ops, self.first = [], [], [], []
        self.ops.append(OpSpec("CALL_ONCE", [], [], "CallOnceOptions", {"InitSubgraphIndex": 1}))

    def tensor(self, name, shape, scale=0.05, zero=0, **more):
        self.tensors.append(
            TensorSpec(name, tuple(shape), scale=[scale], zero_point=[zero], **more)
        )
        return len(self.tensors) - 1

    def numbers(self, values):
        values = np.array(values, "<i4")
        self.tensors.append(TensorSpec("n", values.shape, "INT32", values))
        return len(self.tensors) - 1

    def op(self, *args):
        self.ops.append(OpSpec(*args))

    def variable(self, name, shape, scale, zero, initial=None):
        """A handle, and the tensor that is read of it."""
        self.tensors.append(TensorSpec(name, (), "RESOURCE"))
        handle = len(self.tensors) - 1
        self.ops.append(OpSpec("VAR_HANDLE", [], [handle], "VarHandleOptions",
                               {"SharedName": name}))  # fmt: skip
        read = self.tensor(f"{name} read", shape, scale, zero)
        self.op("READ_VARIABLE", [handle], [read])
        values = np.full(shape, zero, np.int8) if initial is None else initial
        self.first.append((name, values, scale, zero))
        return handle, read

    def layer(self, kind, source, filters, kernel=(1, 1), *, scale=0.1, zero=-128, activation=1):
        """A layer with weights per channel and biases; returns its output."""
        shape, s = self.tensors[source].shape, self.tensors[source].scale[0]
        depthwise, dense = kind == "DEPTHWISE_CONV_2D", kind == "FULLY_CONNECTED"
        weights = (filters, shape[-1]) if dense else (filters, *kernel, shape[-1])
        weights = (1, *kernel, shape[-1]) if depthwise else weights
        count = 1 if dense else filters
        scales = self.rng.uniform(0.004, 0.02, count).astype(np.float32)
        w = self.tensor("w", weights, axis=3 if depthwise else 0,
                        data=self.rng.integers(-127, 128, weights).astype(np.int8))  # fmt: skip
        self.tensors[w].scale, self.tensors[w].zero_point = list(scales), [0] * count
        bias = self.rng.integers(-400, 400, filters).astype("<i4")
        self.tensors.append(TensorSpec("b", (filters,), "INT32", bias, scale=list(scales * s),
                                       zero_point=[0] * count))  # fmt: skip
        b, out = len(self.tensors) - 1, (1, filters)
        if not dense:
            out = (1, shape[1] - kernel[0] + 1, shape[2] - kernel[1] + 1, filters)
        y = self.tensor(f"{kind} out", out, scale, zero)
        fields = {"FusedActivationFunction": activation}
        options = {"CONV_2D": "Conv2DOptions", "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions"}
        if not dense:
            fields |= {"Padding": 1, "StrideW": 1, "StrideH": 1, "DilationWFactor": 1,
                       "DilationHFactor": 1}  # fmt: skip
        if depthwise:
            fields["DepthMultiplier"] = 1
        self.op(kind, [source, w, b], [y], options.get(kind, "FullyConnectedOptions"), fields)
        return y

    def remember(self, name, source, past):
        """``source`` behind the last ``past`` frames of it, which the variable keeps."""
        _, _, width, channels = self.tensors[source].shape
        scale, zero = self.tensors[source].scale[0], self.tensors[source].zero_point[0]
        initial = None if self.initial is None else self.initial((1, past, width, channels))
        handle, read = self.variable(name, (1, past, width, channels), scale, zero, initial)
        rows = past + self.tensors[source].shape[1]
        joined = self.tensor(f"{name} joined", (1, rows, width, channels), scale, zero)
        self.op("CONCATENATION", [read, source], [joined], "ConcatenationOptions", {"Axis": 1})
        kept = self.tensor(f"{name} kept", (1, past, width, channels), scale, zero)
        ends = [self.numbers([0, rows - past, 0, 0]), self.numbers([0, rows, 0, 0]),
                self.numbers([1, 1, 1, 1])]  # fmt: skip
        self.op("STRIDED_SLICE", [joined, *ends], [kept], "StridedSliceOptions",
                {"BeginMask": 13, "EndMask": 13})  # fmt: skip
        self.op("ASSIGN_VARIABLE", [handle, kept], [])
        return joined

    def spec(self, inputs, outputs):
        return ModelSpec(self.tensors, self.ops, inputs, outputs, others=[self._first_values()])

    def _first_values(self):
        tensors, ops = [], []
        for name, values, scale, zero in self.first:
            tensors += [
                TensorSpec(name, (), "RESOURCE"),
                TensorSpec(f"{name} first", values.shape, data=values, scale=[scale],
                           zero_point=[zero]),
            ]  # fmt: skip
            handle = len(tensors) - 2
            ops += [
                OpSpec("VAR_HANDLE", [], [handle], "VarHandleOptions", {"SharedName": name}),
                OpSpec("ASSIGN_VARIABLE", [handle, handle + 1], []),
            ]
        return ModelSpec(tensors, ops, [], [])


def streaming_spec(seed=0, initial=None) -> ModelSpec:
    """Two convolutions over time with a memory each, a dense layer and a sigmoid, as wake words."""
    g = Graph(seed, initial)
    x = g.tensor("in", (1, 2, 1, 3), 0.05, -3)
    h = g.layer("CONV_2D", g.remember("a", x, 2), 4, (4, 1))
    h = g.layer("DEPTHWISE_CONV_2D", g.remember("b", h, 3), 4, (4, 1), scale=0.2, zero=5,
                activation=0)  # fmt: skip
    flat = g.tensor("flat", (1, 4), 0.2, 5)
    g.op("RESHAPE", [h, g.numbers([1, 4])], [flat])
    y = g.layer("FULLY_CONNECTED", flat, 1, scale=0.08, zero=3, activation=0)
    out = g.tensor("out", (1, 1), 1 / 256, -128)
    g.op("LOGISTIC", [y], [out])
    return g.spec([x], [out])


def recurrent_spec(seed=0) -> ModelSpec:
    """h = dense([h of the frame before, x]): a layer between a variable's reading and storing."""
    g = Graph(seed)
    x = g.tensor("in", (1, 3), 0.05, 2)
    handle, before = g.variable("h", (1, 4), 0.1, -128, np.full((1, 4), 17, np.int8))
    same = g.tensor("x", (1, 3), 0.1, -128)
    g.op("QUANTIZE", [x], [same])
    joined = g.tensor("joined", (1, 7), 0.1, -128)
    g.op("CONCATENATION", [before, same], [joined], "ConcatenationOptions", {"Axis": 1})
    h = g.layer("FULLY_CONNECTED", joined, 4)
    y = g.layer("FULLY_CONNECTED", h, 2, scale=0.2, zero=3, activation=0)
    g.op("ASSIGN_VARIABLE", [handle, h], [])
    return g.spec([x], [y])


def delay_spec(seed=0) -> ModelSpec:
    """A layer on the frame before; what was stored is read once more in the same frame."""
    g = Graph(seed)
    x = g.tensor("in", (1, 3), 0.05, 2)
    handle, before = g.variable("past", (1, 3), 0.05, 2, np.array([[1, -5, 90]], np.int8))
    late = g.layer("FULLY_CONNECTED", before, 4)
    g.op("ASSIGN_VARIABLE", [handle, x], [])
    now = g.tensor("now", (1, 3), 0.05, 2)
    g.op("READ_VARIABLE", [handle], [now])
    soon = g.layer("FULLY_CONNECTED", now, 4)
    y = g.tensor("y", (1, 4), 0.1, -10)
    g.op("ADD", [late, soon], [y], "AddOptions", {})
    return g.spec([x], [y])


SPECS = {
    "memories": streaming_spec(),
    "first values other than zero": streaming_spec(
        3, lambda shape: np.arange(np.prod(shape)).reshape(shape).astype(np.int8)
    ),
    "a layer between reading and storing": recurrent_spec(),
    "the frame before, and what was just stored": delay_spec(),
    "float": float_twin(streaming_spec(1)),
}
