"""Small models with sparse constants behind DENSIFY, by LiteRT's own tables."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TYPES = {"FLOAT32": (0, "<f4"), "FLOAT16": (1, "<f2"), "INT8": (9, "i1")}
VECTORS = {
    1: (schema.Int32VectorT, np.int32),
    2: (schema.Uint16VectorT, np.uint16),
    3: (schema.Uint8VectorT, np.uint8),
}

ROWS = [("dense", 3), ("csr", [0, 2, 2, 3], [0, 4, 2])]
"""3 rows of 5: values at (0, 0), (0, 4), (2, 2)."""

BLOCKED = [("dense", 2), ("csr", [0, 1, 3], [1, 0, 1]), ("dense", 2), ("dense", 1)]
"""4 rows of 2 in blocks of 2 by 1: the second column above, both below."""

CASES = {
    "rows": ((3, 5), (0, 1), (), ROWS, np.array([1, 2, 3])),
    "columns first": ((5, 3), (1, 0), (), ROWS, np.array([1, 2, 3])),
    "blocks": ((4, 2), (0, 1, 2, 3), (0, 1), BLOCKED, np.arange(1, 7)),
    "nothing sparse": ((2, 3), (0, 1), (), [("dense", 2), ("dense", 3)], np.arange(1, 7)),
}

EXPECTED = {
    "rows": [[1, 0, 0, 0, 2], [0, 0, 0, 0, 0], [0, 0, 3, 0, 0]],
    "columns first": [[1, 0, 0], [0, 0, 0], [0, 0, 3], [0, 0, 0], [2, 0, 0]],
    "blocks": [[0, 1], [0, 2], [3, 5], [4, 6]],
    "nothing sparse": [[1, 2, 3], [4, 5, 6]],
}
"""By hand."""

WRONG = {
    "an order that names a level twice": {"order": (0, 0)},
    "a level too few": {"levels": ROWS[:1]},
    "too few values": {"values": np.array([1, 2])},
    "an index outside the shape": {"levels": [ROWS[0], ("csr", [0, 2, 2, 3], [0, 5, 2])]},
    "falling segments": {"levels": [ROWS[0], ("csr", [0, 2, 1, 3], [0, 4, 2])]},
    "segments beyond the indices": {"levels": [ROWS[0], ("csr", [0, 2, 2, 9], [0, 4, 2])]},
    "a negative index": {"levels": [ROWS[0], ("csr", [0, 2, 2, 3], [0, -1, 2])]},
    "a huge dense level": {"levels": [("dense", 2**31 - 1), ("dense", 2**31 - 1)]},
    "a negative dense level": {"levels": [("dense", -3), ROWS[1]]},
    "a block of no dimension": {
        "blocks": (7,),
        "order": (0, 1, 2),
        "levels": [*ROWS, ("dense", 1)],
    },
}


def wrong_model(what):
    """A file whose sparse constant contradicts itself."""
    parts = {"order": (0, 1), "blocks": (), "levels": ROWS, "values": np.array([1, 2, 3])}
    parts |= WRONG[what]
    sparsity = sparsity_of(parts["order"], parts["blocks"], parts["levels"], 1)
    return model_of((3, 5), sparsity, parts["values"])


def sparsity_of(order, blocks, levels, kind):
    made = schema.SparsityParametersT()
    made.traversalOrder, made.blockMap, made.dimMetadata = list(order), list(blocks) or None, []
    table, dtype = VECTORS[kind]
    for level in levels:
        one = schema.DimensionMetadataT()
        if level[0] == "dense":
            one.format, one.denseSize = 0, level[1]
        else:
            one.format, one.arraySegmentsType, one.arrayIndicesType = 1, kind, kind
            one.arraySegments, one.arrayIndices = table(), table()
            one.arraySegments.values = np.array(level[1], dtype)
            one.arrayIndices.values = np.array(level[2], dtype)
        made.dimMetadata.append(one)
    return made


def model_of(shape, sparsity, values, dtype="FLOAT32"):
    """DENSIFY of a sparse constant, and an ADD of an input, so that there is one."""
    number, storage = TYPES[dtype]
    tensors = [tensor("in", (1, 1), 0), tensor("sparse", shape, number, 1)]
    tensors += [tensor("dense", shape, number), tensor("out", (1, 1), 0)]
    tensors[1].sparsity = sparsity
    if dtype == "INT8":
        for one in tensors[1:3]:
            one.quantization = schema.QuantizationParametersT()
            one.quantization.scale, one.quantization.zeroPoint = [0.5], [0]
    graph = schema.SubGraphT()
    graph.tensors, graph.inputs, graph.outputs = tensors, [0], [3, 2]
    graph.operators = [operator(0, [1], [2]), operator(1, [0, 0], [3])]
    graph.operators[1].builtinOptionsType = schema.BuiltinOptions.AddOptions
    graph.operators[1].builtinOptions = schema.AddOptionsT()
    model = schema.ModelT()
    model.version, model.subgraphs = 3, [graph]
    model.operatorCodes = [code(124), code(0)]
    model.buffers = [schema.BufferT(), schema.BufferT()]
    model.buffers[1].data = np.frombuffer(values.astype(storage).tobytes(), np.uint8)
    return packed(model)


def packed(model):
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def densified(data, index, *, half=False):
    """The file with its constant matrix ``index`` stored sparse, row by row, behind DENSIFY.

    ``half``: as float16, and DEQUANTIZE behind DENSIFY.
    """
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    graph = model.subgraphs[0]
    whole = graph.tensors[index]
    storage = next(s for number, s in TYPES.values() if number == whole.type)
    held = bytes(bytearray(model.buffers[whole.buffer].data))
    values = np.frombuffer(held, storage).reshape(whole.shape)
    if half:
        values = values.astype("<f2")
    rows, columns = np.nonzero(values)
    ends = np.searchsorted(rows, np.arange(len(values) + 1))
    made = tensor("sparse", whole.shape, TYPES["FLOAT16"][0] if half else whole.type)
    made.sparsity = sparsity_of((0, 1), (), [("dense", len(values)), ("csr", ends, columns)], 1)
    made.quantization, made.buffer = whole.quantization, len(model.buffers)
    model.buffers.append(schema.BufferT())
    model.buffers[-1].data = np.frombuffer(values[rows, columns].tobytes(), np.uint8)
    whole.buffer = 0
    graph.tensors.append(made)
    _append(model, 124, len(graph.tensors) - 1, index)
    if half:
        graph.tensors.append(tensor("half", whole.shape, made.type))
        graph.operators[-1].outputs = [len(graph.tensors) - 1]
        _append(model, 6, len(graph.tensors) - 1, index)
    count = 2 if half else 1
    graph.operators = graph.operators[-count:] + graph.operators[:-count]
    return packed(model)


def _append(model, number, read, written):
    model.operatorCodes.append(code(number))
    made = operator(len(model.operatorCodes) - 1, [read], [written])
    model.subgraphs[0].operators.append(made)


def tensor(name, shape, kind, buffer=0):
    made = schema.TensorT()
    made.name, made.shape, made.type, made.buffer = name, list(shape), kind, buffer
    return made


def operator(number, inputs, outputs):
    made = schema.OperatorT()
    made.opcodeIndex, made.inputs, made.outputs = number, inputs, outputs
    return made


def code(number):
    made = schema.OperatorCodeT()
    made.builtinCode, made.deprecatedBuiltinCode, made.version = number, number, 1
    return made


def case_of(name, dtype="FLOAT32", kind=1):
    shape, order, blocks, levels, values = CASES[name]
    return model_of(shape, sparsity_of(order, blocks, levels, kind), values, dtype)
