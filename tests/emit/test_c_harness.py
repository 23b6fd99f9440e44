"""C harnesses: compiled strictly, run under the sanitizers, and compared byte by byte."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from c_programs import (
    CHECKERS,
    COMPILERS,
    OPTIONS,
    SANITIZED,
    STRICT,
    anything,
    compiled,
    expected,
    require_equal,
    run,
)

from int4_models import SPECS as INT4
from int4_models import with_int4
from mendlite.case.preprocess import quantized_inputs
from mendlite.emit.c_harness import ClassBox, c_harness
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import MICRO, Profile
from mendlite.targets.load import load_target
from mendlite.targets.samples import load_samples
from mendlite.tflite.reader import read, read_file
from tiny_models import ModelSpec, OpSpec, TensorSpec, build, conv_spec, dense_spec

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "targets" / "models" / "digits" / "int8.tflite"


def names_of(program):
    """All that the program's own file defines, static or not."""
    done = subprocess.run(
        ["nm", "--defined-only", "--format=posix", str(program)],
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.split()[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize("flags", [("-DMENDLITE_RUN",), ()])
@pytest.mark.parametrize("boxed", [True, False])
def test_every_name_but_main_has_the_prefix(tmp_path, boxed, flags):
    model = read(build(conv_spec()))
    source = c_harness(model, Profile.TFLM, None)
    if boxed:
        model = read(build(dense_spec(1, inputs=3, hidden=4)))
        box = ClassBox.around(np.zeros(3, np.int8), 1, 0, "a point")
        source = c_harness(model, Profile.TFLITE_REF, box)
    names = names_of(compiled(tmp_path, source, *STRICT, *flags, "-O0", "-c"))
    # What gcc makes of assert is its own.
    assert {name for name in names if not name.startswith(("mendlite_", "__"))} == {"main"}
    assert len(names) > 5
    macros = re.findall(r"# *define (\w+)", source.decode())
    assert [name for name in macros if not name.startswith("MENDLITE_")] == []


def validation(target, count, model, data_root=None):
    loaded = load_target(target, data_root=data_root)
    samples = load_samples(loaded, 0).validation
    return quantized_inputs(loaded.inputs, samples.take(slice(0, count)), model)[0]


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("profile", Profile)
def test_digits_compile_without_a_warning_and_give_the_hosts_bytes(tmp_path, compiler, profile):
    model = read_file(DIGITS)
    samples = validation("digits", 100, model)
    box = ClassBox.around(samples[:1], 1, 3, "1 step of a sample")
    for source in (c_harness(model, profile, None), c_harness(model, profile, box)):
        program = compiled(tmp_path, source, *SANITIZED, "-DMENDLITE_RUN", compiler=compiler)
        assert run(program, samples) == expected(model, profile, samples).tobytes()
        compiled(tmp_path, source, *STRICT, "-c", compiler=compiler)


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize(
    "case",
    [
        ("mlperf_kws", None, 20),
        ("mlperf_ic", None, 4),
        ("mnist_mlp_512", "models/qebverif/mnist_1blk_100_int8.tflite", 20),
        ("cifar_resnet20", None, 4),
    ],
)
def test_real_models_give_the_hosts_bytes(tmp_path, data_root, case, profile):
    target, file, count = case
    named = load_target(target, data_root=data_root).models.int8.path
    model = read_file(data_root / file if file else named)
    require_equal(tmp_path, model, profile, validation(target, count, model, data_root))


CONVS = {
    "stride": {"stride": (2, 1)},
    "dilation": {"dilation": (2, 2), "padding": 1},
    "valid": {"padding": 1, "activation": 3},
    "per tensor": {"per_channel": False, "activation": 0},
    "even kernel": {"kernel": (2, 4), "stride": (3, 2)},
    "depthwise": {"depthwise": True, "filters": 3},
    "depth multiplier": {"depthwise": True, "filters": 6, "stride": (2, 2)},
    "depthwise valid": {"depthwise": True, "padding": 1, "dilation": (1, 2)},
}


@pytest.mark.parametrize("name", ["dense", "odd conv", "odd depthwise"])
def test_int4_weights_give_the_hosts_bytes(tmp_path, name):
    make, places = INT4[name]
    model = read(with_int4(make(), *places)[0])
    require_equal(tmp_path, model, Profile.TFLITE_REF, anything(model))


def in_turn(what, table):
    """TFLite Micro's profiles in turn: they differ in dense layers and in the rounding of sums."""
    return MICRO[list(table).index(what) % len(MICRO)]


@pytest.mark.parametrize("what", CONVS)
def test_every_geometry_gives_the_hosts_bytes(tmp_path, what):
    model = read(build(conv_spec(**CONVS[what])))
    require_equal(tmp_path, model, in_turn(what, CONVS), anything(model))


def activation(name, shape, scale=0.1, zero=-7):
    return TensorSpec(name, shape, scale=[scale], zero_point=[zero])


def one_operator(
    op, shape, output, options="", constants=(), *, out_scale=0.1, out_zero=-7, **fields
):
    tensors = [activation("in", shape), *constants, activation("out", output, out_scale, out_zero)]
    last = len(tensors) - 1
    return ModelSpec(tensors, [OpSpec(op, list(range(last)), [last], options, fields)], [0], [last])


def indices(name, *values):
    return TensorSpec(name, np.shape(values), "INT32", np.array(values, "<i4"))


OPERATORS = {
    "average": one_operator("AVERAGE_POOL_2D", (1, 5, 6, 3), (1, 3, 3, 3), "Pool2DOptions",
                            Padding=0, StrideH=2, StrideW=2, FilterHeight=3, FilterWidth=3),
    "max": one_operator("MAX_POOL_2D", (1, 5, 6, 3), (1, 3, 3, 3), "Pool2DOptions", Padding=0,
                        StrideH=2, StrideW=2, FilterHeight=3, FilterWidth=3,
                        FusedActivationFunction=1),
    "mean": one_operator("MEAN", (1, 5, 6, 3), (1, 3), "ReducerOptions", [indices("axes", 1, 2)],
                         out_scale=0.03, out_zero=11),
    "mean of the middle": one_operator("MEAN", (1, 5, 6, 3), (1, 5, 1, 3), "ReducerOptions",
                                       [indices("axes", 2)], KeepDims=True),
    "pad": one_operator("PAD", (1, 3, 4, 2), (1, 4, 6, 5), "PadOptions",
                        [indices("pairs", (0, 0), (1, 0), (0, 2), (2, 1))]),
    "slice": one_operator("STRIDED_SLICE", (1, 6, 5, 4), (1, 3, 2, 4), "StridedSliceOptions",
                          [indices("begin", 0, 1, 0, 0), indices("end", 0, 6, -2, 4),
                           indices("step", 1, 2, 2, 1)], BeginMask=1, EndMask=1),
    "shrunk slice": one_operator("STRIDED_SLICE", (1, 6, 5), (1, 5), "StridedSliceOptions",
                                 [indices("begin", 0, -1, 0), indices("end", 0, 0, 0),
                                  indices("step", 1, 1, 1)], BeginMask=5, EndMask=5,
                                 ShrinkAxisMask=2),
    "squeeze": one_operator("SQUEEZE", (1, 1, 5, 1), (1, 5), "SqueezeOptions",
                            SqueezeDims=(1, -1)),
    "add a constant": one_operator(
        "ADD", (1, 4, 3), (1, 4, 3), "AddOptions",
        [TensorSpec("row", (3,), data=np.array([-128, 5, 127], np.int8), scale=[0.4],
                    zero_point=[3])], out_scale=0.3, FusedActivationFunction=1),
    "add one value": one_operator(
        "ADD", (1, 4, 1), (1, 4, 3), "AddOptions",
        [TensorSpec("row", (1, 1, 3), data=np.array([[[-9, 5, 99]]], np.int8), scale=[0.02],
                    zero_point=[0])], out_scale=0.05, out_zero=0),
}  # fmt: skip


@pytest.mark.parametrize("what", OPERATORS)
def test_every_operator_gives_the_hosts_bytes(tmp_path, what):
    model = read(build(OPERATORS[what]))
    require_equal(tmp_path, model, in_turn(what, OPERATORS), anything(model, 40))


@pytest.mark.parametrize("profile", Profile)
def test_multipliers_above_one_and_rows_of_a_dense_layer(tmp_path, profile):
    spec = dense_spec(3)
    spec.tensors[0].scale, spec.tensors[3].scale = [0.7], [0.002]
    spec.tensors[2].scale, spec.tensors[5].scale = [0.7 * 0.01], [0.002 * 0.02]
    model = read(build(spec))
    require_equal(tmp_path, model, profile, anything(model, 60))


def test_a_sample_that_is_cut_off_is_an_error(tmp_path):
    model = read(build(dense_spec()))
    source = c_harness(model, Profile.TFLM, None)
    program = compiled(tmp_path, source, *SANITIZED, "-DMENDLITE_RUN")
    assert subprocess.run([str(program)], input=b"abc", check=False).returncode == 1


def test_a_nudged_weight_is_noticed(tmp_path):
    spec = dense_spec()
    samples = anything(read(build(spec)), 200)
    before = expected(read(build(spec)), Profile.TFLM, samples).tobytes()
    spec.tensors[4].data = spec.tensors[4].data.copy()
    spec.tensors[4].data[0, 0] ^= 4
    source = c_harness(read(build(spec)), Profile.TFLM, None)
    assert run(compiled(tmp_path, source, *SANITIZED, "-DMENDLITE_RUN"), samples) != before


def test_what_it_cannot_hold_is_refused_by_name():
    def refused(spec, words):
        with pytest.raises(UnsupportedModelError, match=words):
            c_harness(read(build(spec)), Profile.TFLM, None)

    tanh = one_operator("TANH", (1, 4), (1, 4))
    refused(tanh, "operator 0 TANH: it is none of CONV_2D")
    wide = dense_spec()
    wide.tensors[2].data = np.full(5, 2**31 - 1000, "<i4")
    refused(wide, "operator 0 FULLY_CONNECTED: an accumulator of channel 0 may leave int32")
    steep = dense_spec()
    steep.tensors[3].scale = [1e-9]
    refused(steep, "may leave int32")
    cut = one_operator("MEAN", (1, 4), (4,), "ReducerOptions", [indices("axes", 0)])
    refused(cut, "operator 0 MEAN: a mean over the samples")
    rows = one_operator("SQUEEZE", (1, 2, 3), (2, 3), "SqueezeOptions")
    box = ClassBox.around(np.zeros(6, np.int8), 1, 0, "x")
    with pytest.raises(UnsupportedModelError, match="a top-1 class needs one row"):
        c_harness(read(build(rows)), Profile.TFLM, box)


def test_a_name_in_the_file_cannot_leave_its_comment(tmp_path):
    spec = dense_spec()
    spec.tensors[3].name = "*/ #error ??/ \\\n\u00e9"
    source = c_harness(read(build(spec)), Profile.TFLM, None)
    compiled(tmp_path, source, *STRICT, "-DMENDLITE_RUN")


if CHECKERS:  # neither is in Debian 12: they are not among what tools/install_cross.sh installs

    @pytest.mark.slow
    @pytest.mark.parametrize("checker", CHECKERS)
    @pytest.mark.parametrize("what", OPERATORS)
    def test_a_checker_finds_no_undefined_behaviour_for_any_input(tmp_path, checker, what):
        path = tmp_path / "harness.c"
        path.write_bytes(c_harness(read(build(OPERATORS[what])), Profile.TFLM, None))
        done = subprocess.run(
            [checker, str(path), *OPTIONS[checker]], capture_output=True, text=True, check=False
        )
        assert "VERIFICATION SUCCESSFUL" in done.stdout + done.stderr
