"""Interpreters by name, in processes of their own, against our kernels under their profiles."""

import sys

import numpy as np
import pytest
from test_elementwise_agree import FIRST, MUL_NEAR_TIES, SECOND, pair_model

from hidden_packages import hide
from mendlite.errors import BadInputError, MissingPackageError, UnsupportedModelError
from mendlite.jobs.comparison import Others, compare_operators
from mendlite.model.device_report import BoardVerdict
from mendlite.model.rounding import TFLITE_2_14, Profile
from mendlite.packages import LITERT, TFLITE_RUNTIME
from mendlite.replay import isolated, worker_process
from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.package_profiles import profile_of
from mendlite.replay.registry import make_runner
from mendlite.replay.runtimes import installed, require_runtimes
from mendlite.replay.worker_process import WorkerProcess, WorkerProcesses
from mendlite.tflite.reader import read
from tiny_models import OpSpec, TensorSpec, build, dense_spec

RUNTIMES = pytest.mark.parametrize("runtime", installed(), ids=lambda runtime: runtime.name)


def samples(model, count=40):
    shape = model.tensors[model.inputs[0]].shape[1:]
    return [np.random.default_rng(0).integers(-128, 128, (count, *shape)).astype(np.int8)]


@RUNTIMES
def test_a_process_of_its_own_gives_the_runtimes_bytes(runtime):
    model = read(build(dense_spec()))
    written = [operator.outputs[0] for operator in model.operators]
    inputs = samples(model)
    apart = collect(IsolatedRunner(model=model, runtime=runtime), inputs, written)
    here = collect(runtime.runner(model), inputs, written)
    ours = collect(make_runner("reference", model, runtime.profile), inputs, written)
    for tensor in written:
        assert np.array_equal(apart[tensor], here[tensor])
        assert np.array_equal(apart[tensor], ours[tensor])


@RUNTIMES
@pytest.mark.parametrize("scales", MUL_NEAR_TIES)
def test_the_profile_of_each_holds_beside_the_layers(runtime, scales):
    """tflite-runtime 2.14 rounds dense layers as TFLite Micro does and products as the desktop."""
    model = pair_model("MUL", scales, (-128, 0, 0))
    out = list(model.outputs)
    theirs = collect(runtime.runner(model), [FIRST, SECOND], out)
    ours = collect(make_runner("reference", model, runtime.profile), [FIRST, SECOND], out)
    assert np.array_equal(theirs[out[0]], ours[out[0]])


def channelwise(*, floats):
    """The dense model with a scale for each channel; with ``floats`` its activations are float."""
    spec, rng = dense_spec(), np.random.default_rng(1)
    tensors = {tensor.name: tensor for tensor in spec.tensors}
    for weights, bias, entry in (("w1", "b1", "in"), ("w2", "b2", "h")):
        count = len(tensors[bias].data)
        scales = [float(x) for x in rng.uniform(0.005, 0.03, count)]
        tensors[weights].scale, tensors[weights].zero_point = scales, [0] * count
        step = [scale * tensors[entry].scale[0] for scale in scales]
        tensors[bias].scale, tensors[bias].zero_point = step, [0] * count
        if floats:
            tensors[bias].data = (tensors[bias].data * step).astype("<f4")
    for name in ("in", "h", "out", "b1", "b2") if floats else ():
        tensors[name].type, tensors[name].scale, tensors[name].zero_point = "FLOAT32", None, None
    return read(build(spec))


@RUNTIMES
@pytest.mark.parametrize("floats", [False, True])
def test_a_scale_for_each_channel_is_followed_or_refused(runtime, floats):
    """tflite-runtime 2.14 takes the first scale for all channels, silently."""
    model = channelwise(floats=floats)
    others = Others(runner=runtime.runner, profile=runtime.profile)
    x = np.random.default_rng(0).normal(0, 2, (40, 6)).astype(np.float32)
    inputs = [x] if floats else samples(model)
    if floats and runtime.name != "litert":
        with pytest.raises(UnsupportedModelError, match="cannot run this file: "):
            compare_operators("m", model, others, inputs)
    else:
        assert compare_operators("m", model, others, inputs).verdict is BoardVerdict.IDENTICAL


def test_profiles_by_package():
    assert profile_of(TFLITE_RUNTIME, "2.14.0") is TFLITE_2_14
    assert profile_of(TFLITE_RUNTIME, "unknown") is TFLITE_2_14
    assert profile_of(LITERT, "2.3.0") is Profile.TFLITE_REF
    assert TFLITE_2_14.of("FULLY_CONNECTED") is Profile.TFLM
    assert TFLITE_2_14.of("MUL") is TFLITE_2_14.of("CONV_2D") is Profile.TFLITE_REF


def refused(runner):
    with pytest.raises(UnsupportedModelError) as caught:
        collect(runner, samples(runner.model), list(runner.model.outputs))
    return str(caught.value)


def test_a_runtime_that_hangs_is_given_up(monkeypatch, tmp_path):
    other_program(
        monkeypatch,
        tmp_path,
        "import sys\nfrom multiprocessing.connection import Connection\n"
        "line = Connection(int(sys.argv[1]))\n"
        "while True: line.recv()",
    )
    model = read(build(dense_spec()))
    runner = IsolatedRunner(model=model, runtime=installed()[0], start=1e-3)
    assert "did not end within 0 s" in refused(runner)


def other_program(monkeypatch, folder, source):
    """Another program stands where the runtime's process would be started."""
    (folder / "other_program.py").write_text(source)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    monkeypatch.setattr(isolated, "PROCESSES", WorkerProcesses("other_program"))


@pytest.mark.parametrize("source", ["import os; os.abort()", "print('hello')", ""])
def test_a_runtime_that_dies_is_given_up(monkeypatch, tmp_path, source):
    other_program(monkeypatch, tmp_path, source)
    model = read(build(dense_spec()))
    assert "died on this file with status" in refused(
        IsolatedRunner(model=model, runtime=installed()[0])
    )


def test_a_process_is_kept_after_a_good_run_alone(monkeypatch):
    """Starting one costs more than a short run; what refused a file may be in any state."""
    processes = WorkerProcesses("mendlite.replay.isolated_worker")
    monkeypatch.setattr(isolated, "PROCESSES", processes)
    started = []

    def start(*words):
        started.append(WorkerProcess(*words))
        return started[-1]

    monkeypatch.setattr(worker_process, "WorkerProcess", start)
    good, bad = read(build(dense_spec())), read(build(unknown_to_runtimes()))
    runtime = next(runtime for runtime in installed() if runtime.name != "tflm")

    def run(model):
        return collect(IsolatedRunner(model=model, runtime=runtime), samples(model), model.outputs)

    first, again = run(good), run(good)
    assert np.array_equal(first[good.outputs[0]], again[good.outputs[0]])
    assert len(started) == 1
    refused(IsolatedRunner(model=bad, runtime=runtime))
    assert not started[0].alive
    run(good)
    assert len(started) == 2
    started[1].end()
    assert np.array_equal(run(good)[good.outputs[0]], first[good.outputs[0]])
    assert len(started) == 3
    processes.close()
    assert not any(process.alive for process in started)


def unknown_to_runtimes():
    """A network whose LOGISTIC has another output scale than the interpreters prescribe."""
    spec = dense_spec()
    spec.tensors.append(TensorSpec("p", (1, 3), scale=[0.0039], zero_point=[-128]))
    spec.ops.append(OpSpec("LOGISTIC", [6], [7]))
    spec.outputs = [7]
    return spec


def test_what_a_runtime_lacks_is_said_in_its_words():
    spec = unknown_to_runtimes()
    runtime = next(found for found in installed() if found.name != "tflm")
    text = refused(IsolatedRunner(model=read(build(spec)), runtime=runtime))
    assert text.startswith(f"{runtime.kernels}")
    assert "cannot run this file" in text


def test_names(monkeypatch):
    first = installed()[0]
    assert require_runtimes(f" {first.name}, {first.name}") == (first,)
    with pytest.raises(BadInputError, match="no runtime is called 'nope'; there are: litert,"):
        require_runtimes("tflm,nope")
    with pytest.raises(BadInputError, match="no runtime is named"):
        require_runtimes(" , ")
    hide(monkeypatch, "ai_edge_litert", "tflite_runtime", "tflite_micro")
    assert installed() == ()
    for name, way in (
        ("litert", "ai-edge-litert: pip install ai-edge-litert"),
        ("tflite-runtime", r"tflite-runtime: pip install 'mendlite\[tflite-runtime\]' \(Python"),
        ("tflm", r"tflite-micro: pip install 'mendlite\[tflm\]' \(Linux on x86-64\)"),
        ("interpreter", "ai-edge-litert: pip install ai-edge-litert"),
    ):
        with pytest.raises(MissingPackageError, match=f"runtime {name} needs {way}"):
            require_runtimes(name)


@RUNTIMES
def test_constants_behind_the_flatbuffer_are_run_or_refused(runtime):
    """TFLite Micro takes them for zeros, without an error: its figures are another model's."""
    spec = dense_spec()
    spec.outside = True
    model = read(build(spec))
    inputs = samples(model)
    runner = IsolatedRunner(model=model, runtime=runtime)
    if runtime.name == "tflm":
        with pytest.raises(UnsupportedModelError, match="constants lie behind the flatbuffer"):
            collect(runner, inputs, model.outputs)
        return
    ours = collect(make_runner("reference", model, runtime.profile), inputs, model.outputs)
    found = collect(runner, inputs, model.outputs)
    assert np.array_equal(found[model.outputs[0]], ours[model.outputs[0]])
