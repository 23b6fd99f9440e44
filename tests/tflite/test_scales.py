"""Which scales may change, what changes with them, and that every runtime agrees."""

import numpy as np
import pytest

from mendlite.model.delta import Field
from mendlite.model.rounding import Profile
from mendlite.replay.interpreter import reference_profile
from mendlite.replay.registry import make_runner
from mendlite.tflite.channel_groups import channel_groups
from mendlite.tflite.edits import make_delta
from mendlite.tflite.patch import apply
from mendlite.tflite.reader import read, read_file
from mendlite.tflite.rescale import rescale_edits
from mendlite.tflite.scale_groups import scale_groups
from tiny_models import OpSpec, TensorSpec, build, dense_spec


def with_softmax():
    spec = dense_spec()
    spec.tensors.append(TensorSpec("p", (1, 3), scale=[1 / 256], zero_point=[-128]))
    spec.ops.append(OpSpec("SOFTMAX", [6], [7], "SoftmaxOptions", {"Beta": 1.0}))
    spec.outputs = [7]
    return spec


def free(model):
    return [group for group in scale_groups(model) if group.frozen is None]


def test_ends_and_fixed_parameters_stay():
    model = read(build(with_softmax()))
    assert [group.tensors for group in free(model)] == [(3,), (6,)]
    assert {g.frozen for g in scale_groups(model) if g.frozen} == {
        "an input or output of the graph"
    }


def test_an_operator_that_fixes_its_parameters():
    spec = dense_spec()
    spec.tensors += [
        TensorSpec("l", (1, 3), scale=[1 / 256], zero_point=[-128]),
        TensorSpec("m", (1, 3), scale=[0.1], zero_point=[0]),
    ]
    spec.ops += [OpSpec("LOGISTIC", [6], [7]), OpSpec("RESHAPE", [7], [8], "ReshapeOptions", {})]
    spec.outputs = [8]
    frozen = {g.tensors: g.frozen for g in scale_groups(read(build(spec)))}
    assert frozen[6,] == "operator 2 LOGISTIC fixes its parameters"


def test_a_frozen_group_is_not_rescaled():
    model = read(build(with_softmax()))
    frozen = next(group for group in scale_groups(model) if group.frozen)
    with pytest.raises(ValueError, match="the group is frozen"):
        rescale_edits(model, frozen, 0.1, 0)


def test_pass_through_operators_share(data_root):
    model = read_file(data_root / "models" / "mlperf_ic" / "pretrainedResnet_quant.tflite")
    pool = next(o for o in model.operators if o.op == "AVERAGE_POOL_2D")
    reshape = next(o for o in model.operators if o.op == "RESHAPE")
    group = next(g for g in scale_groups(model) if pool.inputs[0] in g.tensors)
    assert set(group.tensors) == {pool.inputs[0], pool.outputs[0], reshape.outputs[0]}
    assert group.frozen is None


def test_biases_are_said_anew_in_their_new_unit():
    model = read(build(with_softmax()))
    group = free(model)[0]
    edits = {(e.tensor, e.field): e for e in rescale_edits(model, group, 0.05, -100)}
    assert edits[3, Field.SCALE].new[0] == np.float32(0.05)
    assert edits[3, Field.ZERO_POINT].new[0] == -100
    bias = edits[5, Field.DATA]
    assert np.array_equal(
        bias.new, np.rint(bias.old * (np.float32(0.1) / np.float64(np.float32(0.05))))
    )
    assert edits[5, Field.SCALE].new[0] == pytest.approx(0.05 * 0.02)
    assert set(edits) == {
        (3, Field.SCALE),
        (3, Field.ZERO_POINT),
        (5, Field.DATA),
        (5, Field.SCALE),
    }


def noise(model, count):
    shape = (count, *model.tensors[model.inputs[0]].shape[1:])
    return np.random.default_rng(0).integers(-128, 128, shape).astype(np.int8)


@pytest.mark.parametrize("name", ["mlperf_ic/pretrainedResnet_quant", "mlperf_kws/kws_ref_model"])
@pytest.mark.parametrize("runner", ["interpreter", "tflm"])
def test_every_runtime_takes_the_new_scales(data_root, name, runner):
    model = read_file(data_root / "models" / f"{name}.tflite")
    edits = []
    for group in free(model):
        quant = model.tensors[group.tensors[0]].quantization()
        zero = int(quant.zero_point[0])
        edits += rescale_edits(model, group, float(quant.scale[0]) * 0.8, max(zero - 3, -128))
    # A bias is edited once for its input's scale; no two groups feed one layer.
    patched = read(apply(model.data, make_delta(model, edits), model))
    tensors = [g.tensors[-1] for g in free(patched)]
    profile = reference_profile() if runner == "interpreter" else Profile.TFLM
    found = []
    for kernels in ("reference", runner):
        slices = list(make_runner(kernels, patched, profile).run([noise(patched, 4)], tensors))
        found.append([np.concatenate([s[t] for s in slices]).ravel() for t in tensors])
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))


def test_channels_pass_through_additions_and_pools(data_root):
    model = read_file(data_root / "models" / "mlperf_ic" / "pretrainedResnet_quant.tflite")
    found = [(g.makers, g.readers) for g in channel_groups(model)]
    assert found == [
        ((0, 2), (1, 3, 5)),
        ((1,), (2,)),
        ((3,), (4,)),
        ((4, 5), (6, 8)),
        ((6,), (7,)),
        ((7, 8), (9,)),
    ]


def test_channels_stop_at_relu6_and_at_the_ends():
    model = read(build(dense_spec()))
    assert [(g.makers, g.readers) for g in channel_groups(model)] == [((0,), (1,))]
    spec = dense_spec()
    spec.ops[0].fields = {"FusedActivationFunction": 3}
    assert channel_groups(read(build(spec))) == ()
    spec = dense_spec()
    spec.outputs = [3, 6]
    assert channel_groups(read(build(spec))) == ()


def test_reading_the_extents_fixes_nothing():
    spec = dense_spec()
    spec.tensors.append(TensorSpec("extents", (2,), "INT32"))
    spec.ops.insert(1, OpSpec("SHAPE", [3], [7], "ShapeOptions", {"OutType": 2}))
    model = read(build(spec))
    assert [group.frozen for group in scale_groups(model) if 3 in group.tensors] == [None]
