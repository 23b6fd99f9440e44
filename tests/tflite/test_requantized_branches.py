"""A QUANTIZE frees the range of a branch from the operator that forces it, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

import tflite
from joined_models import FORCED, JOINS, joined_spec
from mendlite.errors import BadInputError
from mendlite.model.rounding import Profile
from mendlite.packages import TFLM, version
from mendlite.repair.layers.activation_range import Range, with_range
from mendlite.replay.arena import tflm_arena
from mendlite.replay.collect import collect
from mendlite.replay.package_profiles import runner_profile
from mendlite.replay.registry import make_runner
from mendlite.tflite.delta_file import dumps_json, dumps_npz, loads
from mendlite.tflite.diff import diff
from mendlite.tflite.graph_edit import edit_graph, undo_edit, with_plan
from mendlite.tflite.graph_plan import every_edit
from mendlite.tflite.patch import apply, revert
from mendlite.tflite.reader import read
from mendlite.tflite.scale_groups import scale_groups
from tiny_models import OpSpec, TensorSpec, build

NARROW, WIDE = 3, 6
"""The branches' tensors; NARROW is the one that others read, too."""


def edited(spec):
    model = read(build(spec))
    return model, with_plan(model, every_edit(model))


def group_of(model, tensor):
    return next(g for g in scale_groups(model) if tensor in g.tensors)


def freed(model):
    """The model in which the narrow branch has a tenth of the forced range."""
    return with_range(model, group_of(model, NARROW), Range(scale=0.007, zero_point=-7))


def outputs(model, runner="reference", profile=Profile.TFLM):
    x = np.random.default_rng(0).integers(-128, 128, (20, 6, 5, 3)).astype(np.int8)
    wanted = list(model.outputs)
    return collect(make_runner(runner, model, profile), [x], wanted)[wanted[0]]


@pytest.mark.parametrize("join", JOINS)
def test_a_quantize_stands_in_front_of_the_operator_that_forces_the_range(join):
    model, graph = edited(joined_spec(join=join))
    (one,) = graph.edit.requantizations
    after, new = graph.model, len(model.tensors)
    assert (one.index, one.reader, one.source, one.tensor) == (3, 3, NARROW, new)
    assert [o.op for o in after.operators[2:5]] == ["CONV_2D", "QUANTIZE", join]
    assert (after.operators[3].inputs, after.operators[3].outputs) == ((NARROW,), (new,))
    assert after.operators[4].inputs == (new, WIDE)
    assert after.operators[2].inputs[0] == NARROW
    tensor = after.tensors[new]
    assert (tensor.scale, tensor.zero_point) == (model.tensors[WIDE].scale, -20)
    assert (tensor.shape, tensor.name) == ((1, 6, 5, 4), "mendlite/requantized_18")
    own, forced = group_of(after, NARROW), group_of(after, WIDE)
    assert (own.tensors, own.frozen, forced.frozen) == (one.tensors, None, None)
    assert new in forced.tensors


def test_all_other_operators_and_tensors_are_those_of_the_base_file():
    model, graph = edited(joined_spec())
    others = [o for o in graph.model.operators if o.index not in {3, 4}]
    kept = [o for o in model.operators if o.index != 3]
    assert [(o.op, o.inputs, o.outputs, o.options) for o in others] == [
        (o.op, o.inputs, o.outputs, o.options) for o in kept
    ]
    for old, new in zip(model.tensors, graph.model.tensors, strict=False):
        assert (old.name, old.shape, old.dtype) == (new.name, new.shape, new.dtype)
        assert np.array_equal(old.data, new.data)
        if old.quant is not None:
            assert old.quant.scale.tolist() == new.quant.scale.tolist()
    moved = len(graph.model.data) - len(model.data)
    assert graph.model.data[8 + moved :] == model.data[8:]


@pytest.mark.parametrize("change", [{}, {"pooled": True}, {"second": "add"}])
def test_the_edit_alone_changes_no_value(change):
    model, graph = edited(joined_spec(**change))
    assert np.array_equal(outputs(model), outputs(graph.model))
    assert not np.array_equal(outputs(model), outputs(freed(graph.model)))


@pytest.mark.parametrize("join", JOINS)
@pytest.mark.parametrize("runner", ["interpreter", "tflm"])
def test_interpreters_compute_the_same_bytes_with_a_range_of_its_own(join, runner):
    _, graph = edited(joined_spec(join=join))
    model = freed(graph.model)
    assert np.array_equal(
        outputs(model, "reference", runner_profile(runner)), outputs(model, runner)
    )


@pytest.mark.skipif(not version(TFLM), reason="needs tflite-micro")
def test_the_arena_grows_by_the_new_tensor_where_its_source_stays_alive():
    """120 elements are 128 bytes in steps of 16; the interpreter's structures come on top."""
    growth = []
    for behind in (False, True):
        spec = joined_spec()
        if behind:
            spec.ops.insert(4, spec.ops.pop(2))
        model, graph = edited(spec)
        growth.append(tflm_arena(graph.model) - tflm_arena(model))
    assert growth[1] - growth[0] == 128


def test_what_a_pool_joins_to_the_branch_is_freed_with_it():
    model, graph = edited(joined_spec(pooled=True))
    (one,) = graph.edit.requantizations
    pool = next(o for o in model.operators if o.op == "MAX_POOL_2D")
    assert (one.source, one.tensors) == (pool.outputs[0], (NARROW, pool.outputs[0]))


def test_a_pool_that_becomes_mean_is_a_reader_that_computes():
    model, graph = edited(joined_spec(second="pool"))
    (mean,), (one,) = graph.edit.operators, graph.edit.requantizations
    assert model.operators[mean.index].op == "AVERAGE_POOL_2D"
    assert graph.model.operators[mean.index].op == "MEAN"
    assert (mean.axes_tensor, one.tensor) == (len(model.tensors), len(model.tensors) + 1)
    assert graph.edit.written == {NARROW, *mean.tensors}
    final = freed(graph.model)
    assert apply(model.data, diff(model, final)) == final.data


@pytest.mark.parametrize("change", [{"second": "none"}, {"second": "none", "pooled": True}])
def test_a_branch_that_nothing_else_reads_stays(change):
    assert every_edit(read(build(joined_spec(**change)))).empty


def test_the_operator_code_of_a_file_that_has_quantize_is_used():
    spec = joined_spec()
    spec.tensors.append(TensorSpec("coarse", (1, 6, 5, 4), scale=[0.2], zero_point=[0]))
    spec.ops.append(OpSpec("QUANTIZE", [NARROW], [len(spec.tensors) - 1]))
    for base, more in ((joined_spec(), 1), (spec, 0)):
        model, graph = edited(base)
        counts = [
            tflite.Model.GetRootAsModel(m.data, 0).OperatorCodesLength()
            for m in (model, graph.model)
        ]
        assert counts[1] - counts[0] == more
        assert np.array_equal(outputs(model), outputs(graph.model))


def test_shape_reads_no_values():
    spec = joined_spec(second="none")
    spec.tensors.append(TensorSpec("extents", (4,), "INT32"))
    spec.ops.append(OpSpec("SHAPE", [NARROW], [len(spec.tensors) - 1], "ShapeOptions", {}))
    assert every_edit(read(build(spec))).empty


def test_a_branch_that_is_an_output_of_the_graph_stays():
    spec = joined_spec()
    spec.outputs.append(NARROW)
    assert every_edit(read(build(spec))).empty


def test_a_branch_whose_range_another_reader_fixes_stays():
    spec = joined_spec()
    spec.tensors.append(TensorSpec("curve", (1, 6, 5, 4), scale=[1 / 256], zero_point=[-128]))
    spec.ops.append(OpSpec("LOGISTIC", [NARROW], [len(spec.tensors) - 1]))
    assert every_edit(read(build(spec))).empty


def test_branches_that_meet_again_behind_the_join_stay():
    """MAXIMUM of the branch and of what the join makes of it needs one range for both."""
    spec = joined_spec(join="MAXIMUM")
    joined = spec.ops[3].outputs[0]
    spec.tensors.append(TensorSpec("again", (1, 6, 5, 4), **FORCED))
    again = len(spec.tensors) - 1
    spec.ops.insert(4, OpSpec("SELECT_V2", [again + 1, NARROW, joined], [again]))
    condition = np.ones((1, 6, 5, 4), bool)
    spec.tensors.append(TensorSpec("condition", condition.shape, "BOOL", condition))
    assert every_edit(read(build(spec))).empty


@pytest.mark.parametrize("dumps", [dumps_json, dumps_npz])
def test_a_delta_has_the_graphs_edit_and_makes_and_undoes_it(dumps):
    model, graph = edited(joined_spec())
    assert edit_graph(model.data, graph.edit) == graph.model.data
    assert undo_edit(graph.model.data, graph.edit) == model.data
    final = freed(graph.model)
    delta = loads(dumps(diff(model, final)))
    assert delta.graph == graph.edit
    assert apply(model.data, delta) == final.data
    assert revert(final.data, delta) == model.data
    assert b'"version": 3' in dumps_json(delta)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"version": 3', '"version": 2'),
        ('"reader": ', '"writer": '),
        ('"reader": ', '"reader": -'),
        ('"requantizations": ', '"others": '),
        ('"inserted": "', '"inserted": "AAAA'),
    ],
)
def test_a_broken_record_is_refused_in_one_line(old, new):
    model, graph = edited(joined_spec())
    data = dumps_json(diff(model, graph.model)).decode()
    assert old in data
    with pytest.raises(BadInputError):
        apply(model.data, loads(data.replace(old, new, 1).encode()))


def test_a_record_without_insertions_is_that_of_version_2():
    model = read(build(joined_spec(second="pool")))
    graph = with_plan(model, replace(every_edit(model), forced=()))
    data = dumps_json(diff(model, graph.model))
    assert b'"version": 2' in data
    assert b"requantizations" not in data
    assert loads(data).graph == graph.edit
