"""Sparse constants: the reader expands them, and DENSIFY computes LiteRT's bytes."""

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read

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
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


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


def by_litert(data):
    runtime = Interpreter(
        model_content=data,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    runtime.allocate_tensors()
    runtime.set_tensor(0, np.zeros((1, 1), np.float32))
    runtime.invoke()
    return runtime.get_tensor(2)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("kind", VECTORS)
def test_the_values_are_those_by_hand_and_litert_s(name, dtype, kind):
    data = case_of(name, dtype, kind)
    model = read(data)
    wanted = np.array(EXPECTED[name], TYPES[dtype][1])
    assert np.array_equal(model.tensors[1].dense, wanted)
    runner = ReferenceRunner(model=model, profile=Profile.TFLITE_REF)
    (values,) = runner.run([np.zeros((1, 1), np.float32)], [2])
    assert np.array_equal(values[2].reshape(wanted.shape), wanted)
    assert by_litert(data).tobytes() == wanted.tobytes()


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


@pytest.mark.parametrize("what", WRONG)
def test_what_contradicts_itself_is_refused(what):
    parts = {"order": (0, 1), "blocks": (), "levels": ROWS, "values": np.array([1, 2, 3])}
    parts |= WRONG[what]
    sparsity = sparsity_of(parts["order"], parts["blocks"], parts["levels"], 1)
    with pytest.raises(MalformedModelError, match="tensor 1 'sparse'.*: its sparse values"):
        read(model_of((3, 5), sparsity, parts["values"]))


def test_a_small_file_does_not_take_much_memory():
    sparsity = sparsity_of((0, 1), (), [("dense", 1), ("csr", [0, 1], [5])], 1)
    model = read(model_of((1, 2**26), sparsity, np.array([1])))
    assert model.tensors[1].dense is None
    with pytest.raises(UnsupportedModelError, match="is sparse"):
        list(ReferenceRunner(model=model, profile=Profile.TFLM).run(
            [np.zeros((1, 1), np.float32)], [3]))  # fmt: skip


def test_values_that_end_with_the_file_are_not_read_beyond_it():
    """Indices of 4 bytes where the verifier, which does not know their type, counts 1 each."""
    data = case_of("rows")
    for end in range(len(data) - 40, len(data)):
        try:
            read(data[:end])
        except MalformedModelError:
            continue


def test_only_densify_reads_a_sparse_constant():
    model = read(case_of("rows"))
    assert not any("sparse" in why for why in model.unsupported)
