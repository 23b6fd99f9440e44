"""A global AVERAGE_POOL_2D becomes MEAN, and nothing else of the file changes."""

import numpy as np
import pytest

import tflite
from mendlite.errors import BadInputError
from mendlite.model.rounding import Profile
from mendlite.repair.layers.activation_range import Range, with_range
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.tflite.delta_file import dumps_json, dumps_npz, loads
from mendlite.tflite.diff import diff
from mendlite.tflite.graph_edit import edit_graph, undo_edit, with_plan
from mendlite.tflite.graph_plan import every_edit
from mendlite.tflite.patch import apply, revert
from mendlite.tflite.reader import read
from mendlite.tflite.scale_groups import scale_groups
from pooled_models import pooled_spec
from small_networks import residual_spec
from tiny_models import build


def edited_graph(model):
    return with_plan(model, every_edit(model))


def edited(**changes):
    model = read(build(pooled_spec(**changes)))
    return model, edited_graph(model)


def with_another_range(model):
    group = next(g for g in scale_groups(model) if 4 in g.tensors)
    return with_range(model, group, Range.of(0.0, 20.0))


@pytest.mark.parametrize("changes", [{}, {"padding": 0}, {"squeeze": True}, {"other_pool": True}])
def test_the_pool_is_a_mean_with_a_range_of_its_own(changes):
    model, graph = edited(**changes)
    after = graph.model
    pool = next(o for o in model.operators if 4 in o.outputs)
    mean = after.operators[pool.index]
    assert (mean.op, mean.outputs) == ("MEAN", pool.outputs)
    assert mean.inputs == (pool.inputs[0], len(model.tensors))
    assert after.tensors[-1].data.tolist() == [1, 2]
    assert after.tensors[4].shape == model.tensors[4].shape
    group = next(g for g in scale_groups(after) if 4 in g.tensors)
    assert group.tensors == graph.edit.operators[0].tensors == (4, 6)
    assert group.frozen is None
    assert not after.unsupported


def test_all_other_operators_and_tensors_are_those_of_the_base_file():
    model, graph = edited(other_pool=True)
    for old, new in zip(model.operators, graph.model.operators, strict=True):
        assert (old == new) is (4 not in old.outputs)
    moved = len(graph.model.data) - len(model.data)
    for old, new in zip(model.tensors, graph.model.tensors, strict=False):
        assert (old.name, old.shape, old.dtype) == (new.name, new.shape, new.dtype)
        assert np.array_equal(old.data, new.data)
        if old.quant is not None:
            assert old.quant.scale.tolist() == new.quant.scale.tolist()
    assert graph.model.data[8 + moved :] == model.data[8:]
    assert moved % 16 == 0


def test_a_code_that_nothing_else_uses_goes():
    for other in (False, True):
        data = edited(other_pool=other)[1].model.data
        codes = tflite.Model.GetRootAsModel(data, 0)
        found = {codes.OperatorCodes(i).BuiltinCode() for i in range(codes.OperatorCodesLength())}
        assert (tflite.BuiltinOperator.AVERAGE_POOL_2D in found) is other
        assert tflite.BuiltinOperator.MEAN in found


def test_the_values_are_the_pools_within_a_step():
    model, graph = edited()
    x = np.random.default_rng(0).integers(-128, 128, (50, 6, 5, 3)).astype(np.int8)
    before, after = (
        collect(make_runner("reference", m, Profile.TFLM), [x], [4])[4].astype(int)
        for m in (model, graph.model)
    )
    assert np.abs(before - after).max() <= 1


def test_the_record_makes_the_file_and_takes_it_back():
    model, graph = edited()
    assert edit_graph(model.data, graph.edit) == graph.model.data
    assert undo_edit(graph.model.data, graph.edit) == model.data
    with pytest.raises(BadInputError, match="another file"):
        edit_graph(graph.model.data, graph.edit)


@pytest.mark.parametrize("dumps", [dumps_json, dumps_npz])
def test_a_delta_has_the_graphs_edit_and_those_of_the_values(dumps):
    model, graph = edited()
    final = with_another_range(graph.model)
    delta = loads(dumps(diff(model, final)))
    assert delta.graph == graph.edit
    assert delta.size > 0
    assert apply(model.data, delta) == final.data
    assert revert(final.data, delta) == model.data


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"base_root": ', '"base_root": 1'),
        ('"inserted": "', '"inserted": "AAAA'),
        ('"version": 2', '"version": 1'),
        ('"root": ', '"root": -'),
        ('"inserted": "', '"inserted": "!'),
        ('"axes_tensor": ', '"tensor": '),
    ],
)
def test_a_broken_record_is_refused_in_one_line(old, new):
    model, graph = edited()
    data = dumps_json(diff(model, graph.model)).decode()
    assert old in data
    with pytest.raises(BadInputError):
        apply(model.data, loads(data.replace(old, new, 1).encode()))


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (pooled_spec(activation=3, scale=0.5), "RELU6 clips beyond 6"),
        (residual_spec(0), "a pool of 2x2 positions"),
    ],
    ids=["clips", "not global"],
)
def test_other_pools_stay(spec, why):
    assert edited_graph(read(build(spec))) is None, why


def test_a_fused_activation_that_changes_nothing_does_not_matter():
    assert edited_graph(read(build(pooled_spec(activation=1)))) is not None


def test_a_pool_whose_values_leave_the_graph_stays():
    spec = pooled_spec()
    spec.outputs = [9, 6]
    assert edited_graph(read(build(spec))) is None
