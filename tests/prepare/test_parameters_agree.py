"""Operators with other scales and zero-points: what LiteRT's Prepare refuses is never accepted."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from mendlite.checker.graph import read_graph
from mendlite.checker.prepare import require_prepared
from mendlite.errors import MendliteError
from mendlite.model.delta import Field
from mendlite.model.rounding import Profile
from mendlite.prepare.model import prepare_model
from mendlite.tflite.edits import field_edit, make_delta
from mendlite.tflite.patch import apply
from mendlite.tflite.reader import read
from model_fuzz.models_of_tests import of_tests


def single_operators():
    for name, data in of_tests():
        try:
            model = read(data)
        except MendliteError:
            continue
        if len(model.operators) == 1 and refusal(data) == "":
            yield name, model


def refusal(data):
    """Why LiteRT does not prepare a file; empty where it does."""
    reference = OpResolverType.BUILTIN_REF
    try:
        made = Interpreter(model_content=data, experimental_op_resolver_type=reference)
        made.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        return str(error)
    return ""


def changed(model):
    """(what, bytes) of each tensor's scale doubled or halved, and its zero-point moved by 5."""
    for tensor in model.tensors:
        if tensor.quant is None or not tensor.quant.scale.size:
            continue
        scale, zero = tensor.quant.scale.astype(np.float32), tensor.quant.zero_point
        for field, values in (
            (Field.SCALE, scale * 2),
            (Field.SCALE, scale / 2),
            (Field.ZERO_POINT, zero + 5),
        ):
            delta = make_delta(model, [field_edit(model, tensor.index, field, values)])
            yield f"{tensor.name} {field.value}", apply(model.data, delta, model)


def accepted_by_runner(data):
    try:
        return not prepare_model(read(data), Profile.TFLITE_REF).interpreted
    except MendliteError:
        return False


def accepted_by_checker(data):
    try:
        graph = read_graph(data)
        require_prepared(graph, "tflite_ref", graph.ops)
    except MendliteError:
        return False
    return True


@pytest.mark.slow
def test_what_litert_refuses_is_not_accepted():
    wrong, refused = [], 0
    for name, model in single_operators():
        for what, data in changed(model):
            why = refusal(data)
            refused += why != ""
            if why and (accepted_by_runner(data) or accepted_by_checker(data)):
                wrong.append((name, what, why[-80:]))
    assert refused > 100
    assert not wrong
