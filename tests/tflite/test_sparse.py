"""Sparse constants: the reader expands them, and DENSIFY computes LiteRT's bytes."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from sparse_models import (
    CASES,
    EXPECTED,
    TYPES,
    VECTORS,
    WRONG,
    case_of,
    model_of,
    sparsity_of,
    wrong_model,
)


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


@pytest.mark.parametrize("what", WRONG)
def test_what_contradicts_itself_is_refused(what):
    with pytest.raises(MalformedModelError, match="tensor 1 'sparse'.*: its sparse values"):
        read(wrong_model(what))


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
    assert model.notes[-1].startswith("operator 0 DENSIFY reads a sparse constant, which neither")
