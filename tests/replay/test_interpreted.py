"""Operators that mendlite's kernels lack are run by an interpreter, each alone."""

import struct

import numpy as np
import pytest
from flatbuffers import flexbuffers

import interpreted_models as models
from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.operators.kernel import InterpretedOperator
from mendlite.replay.operators.remote import PROCESSES
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.interpreted_words import interpreted_words
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import installed
from mendlite.replay.worker_process import DiedError, WorkerProcess
from mendlite.tflite.operator_options import _copied
from mendlite.tflite.reader import read
from mendlite.tflite.table_schema import MODEL
from mendlite.tflite.verified_table import VerifiedTable
from random_inputs import random_inputs
from tiny_models import ModelSpec, OpSpec, TensorSpec, build, conv_spec, float_twin

RUNTIMES = {runtime.name: runtime for runtime in installed()}


def inputs_of(model, count=5, seed=0):
    return random_inputs(model, count, seed, deviation=2)


def require_equal(model, runtime, profile, count=5):
    """Every tensor of ours has the bytes that the runtime computes for the whole file."""
    x = inputs_of(model, count)
    program = prepare(model, profile)
    tensors = [t for o in model.operators for t in o.outputs if t in program.batched]
    ours = collect(ReferenceRunner(model=model, profile=profile), x, tensors)
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), x, tensors)
    for tensor in tensors:
        assert ours[tensor].tobytes() == theirs[tensor].tobytes(), tensor
    return program


NHWC = (1, 4, 6, 2)
BOOLEAN = TensorSpec("in", (1, 5), "BOOL")


def over_all(axes, shape, **fields):
    """REDUCE_ANY of five booleans."""
    tensors = [BOOLEAN, TensorSpec("axes", (len(axes),), "INT32", np.array(axes, "<i4")),
               TensorSpec("out", shape, "BOOL")]  # fmt: skip
    return models.one("REDUCE_ANY", tensors, [0, 1], [2], "ReducerOptions", fields)


ALL = {
    "between layers": models.abs_spec(),
    "alone": models.one(
        "ABS", [models.values("in", NHWC), models.values("out", NHWC, scale=[0.06])], [0], [1]
    ),
    "of two inputs": models.one(
        "POW", [TensorSpec(name, NHWC, "FLOAT32") for name in "abo"], [0, 1], [2], "PowOptions",
    ),
    "more rows than samples": models.one(
        "ONE_HOT",
        [TensorSpec("in", (1,), "INT32"), *(TensorSpec(n, (), "INT32", np.array(v, "<i4"))
                                            for n, v in (("depth", 3), ("on", 5), ("off", -1))),
         TensorSpec("out", (3, 1), "INT32")],
        [0, 1, 2, 3], [4], "OneHotOptions", {"Axis": 0},
    ),
    "a scalar for each sample": over_all([0, 1], ()),
    "two outputs of other types": models.one(
        "TOPK_V2",
        [TensorSpec("in", (1, 6), "FLOAT32"), TensorSpec("k", (), "INT32", np.array(2, "<i4")),
         TensorSpec("values", (1, 2), "FLOAT32"), TensorSpec("places", (1, 2), "INT32")],
        [0, 1], [2, 3],
    ),
    "over the samples' axis": over_all([0], (1, 5), KeepDims=True),
}  # fmt: skip


@pytest.mark.parametrize("name", list(ALL))
def test_all_tensors_are_those_of_the_runtime(name):
    model = read(build(ALL[name]))
    runtime = RUNTIMES.get("litert") or RUNTIMES["tflite-runtime"]
    assert require_equal(model, runtime, runtime.profile).prepared.interpreted
    if "tflm" in RUNTIMES and name == "alone":
        require_equal(model, RUNTIMES["tflm"], RUNTIMES["tflm"].profile)


def test_the_float_model_runs_too():
    model = read(build(float_twin(models.abs_spec())))
    x = inputs_of(model)
    ours = collect(ReferenceRunner(model=model, profile=Profile.TFLM), x, model.outputs)
    theirs = collect(IsolatedRunner(model=model, runtime=_desktop()[0]), x, model.outputs)
    assert np.allclose(ours[model.outputs[0]], theirs[model.outputs[0]], rtol=1e-5, atol=1e-5)


def test_an_operator_of_ours_along_the_samples_axis_runs_sample_by_sample():
    spec = models.one(
        "TRANSPOSE",
        [models.values("in", (1, 3, 4)),
         TensorSpec("order", (3,), "INT32", np.array([1, 0, 2], "<i4")),
         models.values("out", (3, 1, 4))],
        [0, 1], [2],
    )  # fmt: skip
    program = require_equal(read(build(spec)), *_desktop())
    assert program.prepared.one_by_one
    assert not program.prepared.interpreted


def test_a_mean_over_all_axes_is_one_of_each_sample():
    spec = ModelSpec(
        [models.values("in", (1, 6)), TensorSpec("axes", (2,), "INT32", np.array([0, 1], "<i4")),
         models.values("mean", ()), models.values("out", (1, 6))],
        [OpSpec("MEAN", [0, 1], [2], "ReducerOptions"), OpSpec("SUB", [0, 2], [3], "SubOptions")],
        [0], [3],
    )  # fmt: skip
    program = require_equal(read(build(spec)), *_desktop())
    assert set(program.prepared.one_by_one) == {0, 1}


def test_a_number_of_rows_that_data_decide_is_refused():
    spec = models.one(
        "WHERE", [TensorSpec("in", (1, 5), "BOOL"), TensorSpec("out", (3, 2), "INT64")], [0], [1]
    )
    x = np.random.default_rng(0).integers(0, 2, (5, 5)).astype(np.bool_)
    with pytest.raises(MalformedModelError, match=r"WHERE: its output.*\[3, 2\] in the file, but"):
        prepare(read(build(spec)), _desktop()[1]).kernel(0)([x])


def test_groups_of_channels_are_run_and_left_alone():
    spec = conv_spec(1, channels=4, filters=4, kernel=(2, 2))
    spec.tensors[1].shape, spec.tensors[1].data = (4, 2, 2, 2), spec.tensors[1].data[..., :2].copy()
    model = read(build(spec))
    require_equal(model, *_desktop())
    assert "groups" in model.layers[0].frozen
    assert "groups" in model.layers[0].bias_frozen


def _desktop():
    runtime = RUNTIMES.get("litert") or RUNTIMES["tflite-runtime"]
    return runtime, runtime.profile


@pytest.mark.parametrize("profile", [Profile.TFLITE_REF, Profile.TFLM])
def test_a_custom_operator_that_the_runtimes_register_is_run(profile):
    model = read(build(models.detection_spec()))
    assert not model.unsupported
    runtime = RUNTIMES["tflm"] if profile is Profile.TFLM else _desktop()[0]
    program = require_equal(model, runtime, profile)
    assert [model.operators[i].op for i in program.prepared.interpreted] == [
        "CUSTOM:TFLite_Detection_PostProcess"
    ]


@pytest.mark.parametrize("profile", [Profile.TFLITE_REF, Profile.TFLM])
@pytest.mark.parametrize(("tensor", "shape"), [(-1, (3, 1)), (-1, (2,)), (-2, (4,))])
def test_detections_that_no_count_belongs_to_are_refused(profile, tensor, shape):
    """The third output is of another type: no desktop's runtime infers the shapes then."""
    spec = models.detection_spec()
    spec.tensors[tensor].shape = shape
    spec.tensors[-2].type = "INT32"
    model = read(build(spec))
    runner = ReferenceRunner(model=model, profile=profile)
    with pytest.raises((MalformedModelError, UnsupportedModelError), match="PostProcess"):
        list(runner.run([np.zeros((6, 6), np.int8)], model.outputs))


def test_samples_are_run_at_once_where_that_changes_no_byte():
    kernel, x = _kernel(ALL["alone"])
    kernel(x)
    assert list(kernel.together) == [len(x[0])]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("samples", [5, 64])
def test_a_sum_over_the_samples_is_none(reverse, samples):
    """The last sample, or the first, is the same alone and among others: more are compared."""
    kernel, _ = _kernel(models.sum_spec(reverse=reverse))
    x = np.random.default_rng(1).integers(-99, 99, (samples, 5)).astype("<i8")
    assert np.array_equal(kernel([x, np.int32(0)])[0], x)
    assert kernel.together is None


def test_and_one_by_one_where_it_does():
    kernel, x = _kernel(ALL["over the samples' axis"])
    for _ in range(2):
        assert np.array_equal(kernel([*x, x[0]])[0], x[0])
    assert kernel.together is None


def _kernel(spec, profile=None):
    model = read(build(spec))
    program = prepare(model, profile or _desktop()[1])
    return program.interpreted(0), inputs_of(model)


def test_an_unknown_custom_operator_is_refused():
    spec = models.one(
        "CUSTOM", [models.values("in", (1, 4)), models.values("out", (1, 4))], [0], [1],
        custom="MyOp",
    )  # fmt: skip
    model = read(build(spec))
    assert "neither LiteRT nor TFLite Micro registers" in model.unsupported[0]
    with pytest.raises(UnsupportedModelError, match="CUSTOM:MyOp.*builtin operators alone"):
        prepare(model, Profile.TFLM)


def test_another_shape_than_the_files_is_refused():
    for profile in (Profile.TFLITE_REF, Profile.TFLM):
        spec = models.one(
            "ABS", [models.values("in", (1, 4)), models.values("out", (1, 8))], [0], [1]
        )
        with pytest.raises(MalformedModelError, match=r"ABS: its output.*\[1, 8\].*\[1, 4\]"):
            prepare(read(build(spec)), profile).kernel(0)


def test_what_no_interpreter_takes_is_refused_with_their_words():
    spec = models.one(
        "ABS",
        [models.values("in", (1, 4)), models.values("out", (1, 4), type="INT16")], [0], [1],
    )  # fmt: skip
    with pytest.raises(UnsupportedModelError, match="no interpreter runs it: ") as error:
        prepare(read(build(spec)), Profile.TFLITE_REF).kernel(0)
    assert "\n" not in str(error.value)


def test_an_interpreter_that_dies_ends_in_one_line(monkeypatch):
    kernel, x = _kernel(ALL["alone"])
    kernel.together = None
    with PROCESSES.one() as process:
        process._process.kill()
        process._process.wait()
    with monkeypatch.context() as late:
        # It dies after it was taken: one that died before is not.
        late.setattr(WorkerProcess, "alive", True)
        with pytest.raises(UnsupportedModelError, match="operator 0 ABS: .*died with status -9"):
            kernel(x)
    assert len(kernel(x)[0]) == len(x[0]), "another process is started"


def test_an_interpreter_that_hangs_is_ended():
    kernel, x = _kernel(ALL["alone"])
    with PROCESSES.one() as process, pytest.raises(DiedError, match="did not end within 0 s"):
        process.ask(next(_requests(kernel, x)), 0.0)
    assert process._process.returncode is not None


def _requests(kernel: InterpretedOperator, x):
    from mendlite.replay.operators.messages import RunOperator

    many = np.concatenate([x[0]] * 2000)
    yield RunOperator(
        key=kernel.alone.key, times=len(many), inputs=(many,), whole=(False,), reset=False
    )


def test_words_name_operator_number_and_runtime():
    runtime, profile = _desktop()
    words = interpreted_words(read(build(ALL["between layers"])), profile)
    assert words == f"ABS 1 ({runtime.kernels})"
    runner = ReferenceRunner(model=read(build(ALL["between layers"])), profile=profile)
    assert runner.kernels.endswith("operators run by the interpreter: " + words)


def test_options_that_are_copied_are_those_of_the_schema():
    """Each kind of options with a vector or a string is listed with its fields."""
    import inspect

    import tflite
    from mendlite.tflite.operator_options import NOT_COPIED, VECTORS

    found = {}
    for kind in vars(tflite.BuiltinOptions):
        module = getattr(tflite, kind, None)
        if inspect.isclass(module) and hasattr(tflite, f"{kind}Start"):
            source = inspect.getsource(inspect.getmodule(module))
            slots = [line for line in source.splitlines() if "UOffsetTRelativeSlot(" in line]
            if slots:
                found[kind] = [int(s.split("Slot(")[1].split(",")[0]) for s in slots]
    assert found == {
        **{kind: [field] for kind, field in VECTORS.items()},
        **{kind: found.get(kind) for kind in NOT_COPIED},
    }


def test_options_whose_vector_lies_at_their_end_are_refused():
    """A vtable whose table ends two bytes before its only field does; behind it the vector [7]."""
    data = struct.pack("<3H2x i I 2I", 6, 6, 4, 8, 4, 1, 7)
    options = VerifiedTable(data, MODEL, 8)
    with pytest.raises(MalformedModelError, match="operator 0: its ReshapeOptions end within"):
        _copied(options, "ReshapeOptions", "operator 0")
    empty = VerifiedTable(data[:2] + b"\x02" + data[3:], MODEL, 8)
    with pytest.raises(
        MalformedModelError, match="operator 0: its ReshapeOptions are a table of 2"
    ):
        _copied(empty, "ReshapeOptions", "operator 0")
    whole = VerifiedTable(data[:2] + b"\x08" + data[3:], MODEL, 8)
    assert _copied(whole, "ReshapeOptions", "operator 0")[1] == ((4, struct.pack("<2I", 1, 7)),)


def test_a_scalar_that_depends_on_no_sample_has_no_axis():
    """STRIDED_SLICE of SHAPE with an ellipsis mask: PACK stacks it with a constant scalar."""
    tensors = [
        models.values("in", (1, 5)),
        *(TensorSpec("n", (1,), "INT32", np.array([n], "<i4")) for n in (1, 2)),
        TensorSpec("shape", (2,), "INT32"),
        TensorSpec("width", (), "INT32"),
        TensorSpec("one", (), "INT32", np.array(1, "<i4")),
        TensorSpec("pair", (2,), "INT32"),
    ]
    masks = {"ShrinkAxisMask": 1, "EllipsisMask": 4}
    ops = [
        OpSpec("SHAPE", [0], [3], "ShapeOptions", {"OutType": 2}),
        OpSpec("STRIDED_SLICE", [3, 1, 2, 1], [4], "StridedSliceOptions", masks),
        OpSpec("PACK", [5, 4], [6], "PackOptions", {"ValuesCount": 2}),
    ]
    model = read(build(ModelSpec(tensors, ops, [0], [6])))
    runner = ReferenceRunner(model=model, profile=Profile.TFLITE_REF)
    found = collect(runner, inputs_of(model, 2), [4, 6])
    assert found[4].tolist() == [5, 5]
    assert found[6].tolist() == [1, 5] * 2


def test_a_convolution_by_a_vector_is_refused():
    """Its weights are no matrix of patches; no interpreter runs it either."""
    vector = TensorSpec("shape", (4,), "INT32")
    tensors = [models.values("in", (1, 2, 2, 2)), vector, models.values("out", (1, 8))]
    ops = [
        OpSpec("SHAPE", [0], [1], "ShapeOptions", {"OutType": 2}),
        OpSpec("CONV_2D", [0, 1], [2], "Conv2DOptions"),
    ]
    model = read(build(ModelSpec(tensors, ops, [0], [2])))
    runner = ReferenceRunner(model=model, profile=Profile.TFLITE_REF)
    with pytest.raises(UnsupportedModelError, match="CONV_2D"):
        collect(runner, inputs_of(model, 2), [2])


@pytest.mark.skipif("tflm" not in RUNTIMES, reason="TFLite Micro is not installed")
def test_an_operator_with_a_state_of_its_own_begins_anew_with_each_sample():
    fields = {
        "alternate_one_minus_smoothing": 15401,
        "alternate_smoothing": 983,
        "clamping": False,
        "min_signal_remaining": 819,
        "num_channels": 4,
        "one_minus_smoothing": 15975,
        "smoothing": 409,
        "smoothing_bits": 10,
        "spectral_subtraction_bits": 14,
    }
    tensors = [TensorSpec("row", (1, 4), "UINT32"),
               *(TensorSpec(name, (4,), "UINT32") for name in ("in", "out", "noise"))]  # fmt: skip
    op = OpSpec("CUSTOM", [1], [2, 3], custom="SignalFilterBankSpectralSubtraction",
                custom_options=bytes(flexbuffers.Dumps(fields)))  # fmt: skip
    first = OpSpec("RESHAPE", [0], [1], "ReshapeOptions", {"NewShape": (4,)})
    model = read(build(ModelSpec(tensors, [first, op], [0], [2])))
    require_equal(model, RUNTIMES["tflm"], RUNTIMES["tflm"].profile)
    x = np.tile(np.array([[1000, 2000, 3000, 4000]], np.uint32), (3, 1))
    y = collect(ReferenceRunner(model=model, profile=Profile.TFLM), [x], [2])[2].reshape(3, 4)
    assert y.all()
    assert np.array_equal(y, np.tile(y[:1], (3, 1)))


@pytest.mark.skipif("tflm" not in RUNTIMES, reason="TFLite Micro is not installed")
def test_tflite_micro_takes_a_number_of_rank_0_for_each_sample():
    tensors = [BOOLEAN, TensorSpec("axes", (2,), "INT32", np.array([0, 1], "<i4")),
               TensorSpec("any", (), "BOOL"), TensorSpec("other", (), "BOOL"),
               TensorSpec("in2", (1, 5), "BOOL")]  # fmt: skip
    ops = [OpSpec("REDUCE_ANY", [0, 1], [2], "ReducerOptions"), OpSpec("LOGICAL_NOT", [2], [3])]
    model = read(build(ModelSpec(tensors[:4], ops, [0], [3])))
    x = inputs_of(model)
    y = collect(ReferenceRunner(model=model, profile=Profile.TFLM), x, [3])[3]
    assert np.array_equal(y.reshape(-1), ~x[0].any(axis=1))


@pytest.mark.parametrize("runtime", [name for name in ("litert", "tflm") if name in RUNTIMES])
def test_a_product_with_a_constant_of_scale_0_is_the_runtimes(runtime):
    zeros = TensorSpec("zeros", (1, 6), "INT16", np.full((1, 6), 7, "<i2"), scale=[0.0],
                       zero_point=[0])  # fmt: skip
    ends = [TensorSpec(name, (1, 6), "INT16", scale=[scale], zero_point=[0])
            for name, scale in (("in", 0.01), ("out", 1e-20))]  # fmt: skip
    spec = ModelSpec(
        [ends[0], zeros, ends[1]], [OpSpec("MUL", [0, 1], [2], "MulOptions")], [0], [2]
    )
    model = read(build(spec))
    chosen = RUNTIMES[runtime]
    assert require_equal(model, chosen, chosen.profile).prepared.interpreted


def upsampling_spec():
    """An image twice as wide and high, its size from SHAPE; the file knows no shape behind that."""

    def numbers(name, values):
        return TensorSpec(name, np.shape(values), "INT32", np.array(values, "<i4"))

    tensors = [
        TensorSpec("in", (1, 2, 3, 2), "FLOAT32"), numbers("two", 2), numbers("one", [1]),
        numbers("second", [2]), numbers("third", [3]), TensorSpec("shape", (4,), "INT32"),
        *(TensorSpec(name, (), "INT32") for name in ("height", "width", "tall", "wide")),
        TensorSpec("size", (2,), "INT32"), TensorSpec("large", (), "FLOAT32"),
        TensorSpec("out", (), "FLOAT32"), numbers("pads", [[0, 0], [1, 1], [1, 1], [0, 0]]),
    ]  # fmt: skip
    mask = {"ShrinkAxisMask": 1}
    ops = [
        OpSpec("SHAPE", [0], [5], "ShapeOptions", {"OutType": 2}),
        OpSpec("STRIDED_SLICE", [5, 2, 3, 2], [6], "StridedSliceOptions", mask),
        OpSpec("STRIDED_SLICE", [5, 3, 4, 2], [7], "StridedSliceOptions", mask),
        OpSpec("MUL", [6, 1], [8], "MulOptions"),
        OpSpec("MUL", [7, 1], [9], "MulOptions"),
        OpSpec("PACK", [8, 9], [10], "PackOptions", {"ValuesCount": 2}),
        OpSpec("RESIZE_NEAREST_NEIGHBOR", [0, 10], [11], "ResizeNearestNeighborOptions"),
        OpSpec("MIRROR_PAD", [11, 13], [12], "MirrorPadOptions"),
    ]
    return ModelSpec(tensors, ops, [0], [12])


def test_shapes_that_the_file_leaves_out_are_inferred_as_litert_does():
    model = read(build(upsampling_spec()))
    runtime, profile = _desktop()
    x = inputs_of(model)
    y = collect(ReferenceRunner(model=model, profile=profile), x, [11, 12])
    assert (y[11].shape, y[12].shape) == ((5, 4, 6, 2), (5, 6, 8, 2))
    assert np.array_equal(y[11][:, ::2, ::2], x[0])
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), x, [11, 12])
    assert all(np.array_equal(y[t], theirs[t]) for t in y)
    with pytest.raises(MalformedModelError, match=r"has shape \[\] in the file"):
        prepare(model, Profile.TFLM)
