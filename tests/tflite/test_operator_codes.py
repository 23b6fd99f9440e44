"""Operator codes: the larger of the two fields, whichever of them a writer fills."""

import pytest

from mendlite.checker.graph import read_graph
from mendlite.errors import MalformedModelError
from mendlite.tflite.reader import read
from model_tables import CODES
from tiny_models import build, dense_spec

DENSE = CODES["FULLY_CONNECTED"]


def with_codes(codes):
    spec = dense_spec()
    for operator in spec.ops:
        operator.codes = codes
    return build(spec)


@pytest.mark.parametrize(
    "codes", [(0, DENSE), (DENSE, 0), (DENSE, DENSE), (-1, DENSE), (DENSE, -7)]
)
def test_either_field_may_hold_the_code(codes):
    data = with_codes(codes)
    assert [o.op for o in read(data).operators] == ["FULLY_CONNECTED"] * 2
    assert [o.name for o in read_graph(data).ops] == ["FULLY_CONNECTED"] * 2


@pytest.mark.parametrize("name", ["DEQUANTIZE", "MUL", "QUANTIZE", "SUB"])
def test_an_operator_in_the_new_field_alone_is_not_read_as_add(name):
    assert read(with_codes((0, CODES[name]))).operators[0].op == name


def test_a_negative_code_is_no_operator():
    with pytest.raises(MalformedModelError, match="operator 0: its operator code -3 is negative"):
        read(with_codes((-3, -9)))


@pytest.mark.data
@pytest.mark.parametrize("name", ["mnist_dynamic_oscar", "kws_imbalanced_static"])
def test_what_litert_quantizer_inserts_is_read_as_litert_reads_it(data_root, name):
    path = data_root.parent / "cases" / "public" / "24-litert-quantizer" / f"{name}.tflite"
    operators = [o.op for o in read(path.read_bytes()).operators]
    inserted = {"mnist_dynamic_oscar": ("MUL", 2), "kws_imbalanced_static": ("DEQUANTIZE", 1)}[name]
    assert operators.count(inserted[0]) >= inserted[1]
    assert "ADD" not in operators
