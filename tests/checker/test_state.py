"""The checker on models that keep values from frame to frame: the bytes of our kernels and LiteRT."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from repairs import PATHS, options, settings

import streaming_models as models
from checked_kernels import require_equal
from kits import recounted
from mendlite.checker.evaluate import evaluate, evaluate_fast
from mendlite.checker.form import loads
from mendlite.checker.graph import read_graph
from mendlite.checker.verify import check
from mendlite.errors import BadInputError, ClaimError, MalformedModelError, UnsupportedModelError
from mendlite.jobs.repair import repair
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.targets.open import load_case
from mendlite.tflite.reader import read
from own_kernels import PROFILES, RUNTIMES
from random_inputs import random_inputs
from small_targets import head, spoiled
from tampering import forged, make_kit, noticed
from tiny_models import build, float_twin

FRAMES, RECORDINGS = 5, 3


@pytest.mark.parametrize("name", models.SPECS)
def test_every_tensor_of_every_frame(name):
    data = build(models.SPECS[name])
    model, graph = replace(read(data), frames=FRAMES), read_graph(data)
    x = random_inputs(model, RECORDINGS * FRAMES, deviation=2)
    recordings = [v.reshape(RECORDINGS, FRAMES, *v.shape[1:]) for v in x]
    tensors = [
        t for o in model.operators for t in o.outputs if model.tensors[t].dtype.numpy is not None
    ]
    for runtime, profile in PROFILES.items():
        ours = collect(ReferenceRunner(model=model, profile=profile), x, tensors)
        theirs = collect(RUNTIMES[runtime].runner(model), x, tensors)
        for run in (evaluate, evaluate_fast):
            found = run(graph, profile.value, recordings, tensors)
            for tensor in tensors:
                require_equal(found[tensor], ours[tensor], 1e-5)
                require_equal(found[tensor], theirs[tensor], 1e-5)


def test_state_of_another_form_is_not_computed():
    spec = models.streaming_spec()
    spec.ops.append(spec.ops.pop(0))
    graph = read_graph(build(spec))
    with pytest.raises(UnsupportedModelError, match="used before CALL_ONCE"):
        evaluate(graph, "tflm", [np.zeros((1, 2, 2, 1, 3), np.int8)], graph.outputs)


@pytest.mark.parametrize(
    ("where", "name", "change"),
    [
        ("first", "VAR_HANDLE", {"outputs": []}),
        ("first", "READ_VARIABLE", {"inputs": []}),
        ("first", "READ_VARIABLE", {"outputs": []}),
        ("first", "ASSIGN_VARIABLE", {"inputs": [7]}),
        ("first", "ASSIGN_VARIABLE", {"inputs": [7, -1]}),
        ("initial", "VAR_HANDLE", {"outputs": []}),
        ("initial", "ASSIGN_VARIABLE", {"inputs": [0]}),
        ("initial", "ASSIGN_VARIABLE", {"inputs": []}),
        ("initial", "ASSIGN_VARIABLE", {"inputs": [0, -1]}),
        ("initial", "ASSIGN_VARIABLE", {"inputs": [0, 40]}),
        ("initial", "VAR_HANDLE", {"outputs": [-5]}),
    ],
)
def test_operators_of_variables_without_their_ends_are_refused_on_reading(where, name, change):
    spec = models.streaming_spec()
    ops = spec.ops if where == "first" else spec.others[0].ops
    op = next(op for op in ops if op.op == name)
    op.inputs, op.outputs = change.get("inputs", op.inputs), change.get("outputs", op.outputs)
    with pytest.raises(MalformedModelError, match=name + "|does not exist"):
        read_graph(build(spec))


def read_tensor_of(spec):
    return spec.tensors[next(op for op in spec.ops if op.op == "READ_VARIABLE").outputs[0]]


@pytest.mark.parametrize("shape", [(), (0, 2, 1, 3)])
def test_a_variable_without_rows_is_not_computed(shape):
    spec = models.streaming_spec()
    read_tensor_of(spec).shape = shape
    first = spec.others[0].tensors[1]
    first.shape, first.data = shape, np.zeros(shape, np.int8)
    graph = read_graph(build(spec))
    with pytest.raises(
        (MalformedModelError, UnsupportedModelError), match="variable|READ_VARIABLE"
    ):
        evaluate(graph, "tflm", [np.zeros((1, 2, 2, 1, 3), np.int8)], graph.outputs)


def test_what_is_read_of_a_variable_is_written_by_nothing_else():
    spec = models.streaming_spec()
    reads = next(op for op in spec.ops if op.op == "READ_VARIABLE")
    reads.outputs = [spec.inputs[0]]
    spec.tensors[spec.inputs[0]].shape = (1, 2, 1, 3)
    with pytest.raises(MalformedModelError, match="or an input of the model"):
        read_graph(build(spec))


def test_an_operator_that_writes_what_it_reads_has_no_producer_to_walk_to():
    spec = models.streaming_spec()
    reads = next(op for op in spec.ops if op.op == "READ_VARIABLE")
    spec.ops[spec.ops.index(reads) + 1].outputs.append(reads.outputs[0])
    with pytest.raises(MalformedModelError, match="also read or written before"):
        read_graph(build(spec))


@pytest.mark.parametrize(
    ("shape", "kind"),
    [((1, 2, 1, 3), np.int8), ((1, 2, 2, 1, 4), np.int8), ((1, 2, 2, 1, 3), np.uint8)],
)
@pytest.mark.parametrize("run", [evaluate, evaluate_fast])
def test_arrays_that_are_no_recordings_are_refused(run, shape, kind):
    graph = read_graph(build(models.streaming_spec()))
    with pytest.raises(BadInputError, match=r"it must be \(n, frames, \.\.\.\)"):
        run(graph, "tflm", [np.zeros(shape, kind)], graph.outputs)


def test_a_handle_has_no_values():
    spec = models.streaming_spec()
    spec.outputs.append(next(op for op in spec.ops if op.op == "VAR_HANDLE").outputs[0])
    model = replace(read(build(spec)), frames=FRAMES)
    runner = ReferenceRunner(model=model, profile=PROFILES["litert"])
    with pytest.raises(UnsupportedModelError, match="a variable's handle"):
        collect(runner, random_inputs(model, FRAMES), model.outputs)
    graph = read_graph(model.data)
    with pytest.raises(UnsupportedModelError, match="no operator computes tensor"):
        evaluate(graph, "tflm", [np.zeros((1, 2, 2, 1, 3), np.int8)], graph.outputs)


def write_streaming_target(folder, task):
    x = np.random.default_rng(4).normal(0, 2, (100, 6, 2, 1, 3)).astype(np.float32)
    np.savez(folder / "data.npz", x=x)
    (folder / "float.tflite").write_bytes(build(float_twin(models.streaming_spec(2))))
    (folder / "int8.tflite").write_bytes(build(spoiled(models.streaming_spec(2))))
    path, sets = folder / "target.toml", head("count = 40", "count = 20")
    path.write_text(f'{sets}[task]\nkind = "multi-label"\n{task}\n', encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=["frame", "recording"])
def kit(request, tmp_path_factory, keys):
    task = "" if request.param == "frame" else 'verdict = "recording"\nwindow = 3'
    folder = tmp_path_factory.mktemp(request.param)
    path = write_streaming_target(folder, task)
    case = load_case(str(path), options())
    with pytest.MonkeyPatch.context() as patched:
        # Other interpreters are asked in tests/jobs/test_streaming_repair.py.
        patched.setattr("mendlite.jobs.second_opinion.installed", lambda: ())
        repaired = repair(case, settings("bias"), PATHS)
    return make_kit(case, repaired, "x", key=keys[0], public=keys[1])


def test_a_certificate_of_recordings_holds(kit):
    assert noticed(kit) is None
    found = check(loads(kit.certificate), kit.base, kit.patched, None)
    assert found.missing == "no data"


def forge_output(values):
    outputs = values["sets"]["validation"]["outputs"]
    outputs["patched"] = outputs["patched"][:-1] + ("0" if outputs["patched"][-1] != "0" else "1")


def forge_count(values):
    entry = values["sets"]["validation"]
    recounted(entry, set(entry["failing"]["after"]) ^ {7})


def forge_length(values):
    for name in ("selection", "validation"):
        outputs = values["sets"][name]["outputs"]
        outputs |= {model: digests * 2 for model, digests in outputs.items()}


@pytest.mark.parametrize("forge", [forge_output, forge_count, forge_length])
def test_a_forged_recording_is_noticed(kit, forge):
    values = loads(kit.certificate)
    forge(values)
    with pytest.raises(ClaimError):
        check(loads(forged(kit, values).certificate), kit.base, kit.patched, kit.data)


def test_another_first_value_is_noticed(kit):
    """The frames before a recording decide its first ones."""
    graph, patched = read_graph(kit.base), bytearray(kit.patched)
    view = graph.tensors[next(iter(graph.variables.first.values()))]
    patched[view.at] ^= 32
    values = loads(kit.certificate)
    values["files"]["patched"]["sha256"] = sha256(patched).hexdigest()
    assert "which no edit declares" in noticed(forged(replace(kit, patched=bytes(patched)), values))
