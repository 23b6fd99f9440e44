"""The checker's own SVDF: bytes of our kernels and of the runtimes, and what it does not run."""

from dataclasses import replace

import numpy as np
import pytest

from checked_kernels import require_equal
from int16_models import RUNTIMES
from mendlite.checker.evaluate import evaluate, evaluate_fast, multiplications, require_runnable
from mendlite.checker.frames import frames_of
from mendlite.checker.graph import keeps_state, read_graph
from mendlite.errors import BadInputError, MalformedModelError, UnsupportedModelError
from mendlite.model.rounding import MICRO, Profile
from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.reference.runner import ReferenceRunner
from svdf_models import (
    CONTRADICTING,
    FORMS,
    FRAMES,
    HAND_FRAMES,
    LACKING,
    MICRO_FORMS,
    RECORDINGS,
    WANTED,
    by_hand,
    drawn,
    hybrid_spec,
    one_unit_spec,
    streaming,
    svdf_spec,
    with_field,
    with_tensor,
    without_bias,
)
from tiny_models import build, float_twin

ALL = {**FORMS, **MICRO_FORMS}


def recordings(x):
    """Frames as the checker takes them: (n, frames, ...)."""
    return [x.reshape(RECORDINGS, FRAMES, *x.shape[1:])]


def agree(spec, x, profiles, near=1e-4):
    """All values of both evaluators are those of our kernels under these profiles."""
    model, graph = streaming(spec), read_graph(build(spec))
    tensors = [o.outputs[0] for o in model.operators]
    for profile in profiles:
        ours = collect(ReferenceRunner(model=model, profile=profile), [x], tensors)
        for run in (evaluate, evaluate_fast):
            found = run(graph, profile.value, recordings(x), tensors)
            for tensor in tensors:
                require_equal(found[tensor], ours[tensor], near)


@pytest.mark.parametrize("form", ALL.values(), ids=ALL)
def test_an_svdf_has_the_bytes_of_our_kernels(form):
    spec = svdf_spec(4, **form)
    both = form in FORMS.values()
    profiles = tuple(Profile) if both else MICRO
    agree(spec, drawn(streaming(spec))[0], profiles)


@pytest.mark.parametrize("name", RUNTIMES)
def test_an_svdf_has_the_bytes_of_every_runtime(name):
    spec = svdf_spec(5, rank=2, layers=2)
    model, graph, runtime = streaming(spec), read_graph(build(spec)), RUNTIMES[name]
    x, tensor = drawn(model)[0], model.outputs[0]
    profile = runtime.profile.of("SVDF").value
    if name == "tflite-runtime":
        tensor = model.operators[1].outputs[0]  # its dense layers round as TFLite Micro's
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), [x], [tensor])[tensor]
    require_equal(evaluate(graph, profile, recordings(x), [tensor])[tensor], theirs, 0)


@pytest.mark.parametrize("activation", ["NONE", "RELU", "RELU6"])
def test_a_float_svdf_is_near_our_kernels(activation):
    spec = float_twin(svdf_spec(activation=activation, rank=2))
    x = (0.03 * drawn(streaming(svdf_spec()))[0]).astype("f4")
    agree(spec, x, (Profile.TFLM,))


def test_a_table_computed_by_hand():
    graph = read_graph(build(by_hand()))
    units = graph.ops[0].outputs[0]
    frames = np.stack([HAND_FRAMES, HAND_FRAMES])
    for profile in ("tflm", "tflite_ref"):
        for run in (evaluate, evaluate_fast):
            found = run(graph, profile, [frames], [units])[units]
            assert found.reshape(-1).tolist() == WANTED * 2


def test_it_keeps_state_and_takes_frames_or_recordings():
    graph = read_graph(build(svdf_spec()))
    assert keeps_state(graph)
    assert frames_of(graph, (np.zeros((8, 5), np.int8),)) == 1
    assert frames_of(graph, (np.zeros((8, 4, 5), np.int8),)) == 4
    with pytest.raises(BadInputError, match=r"\(n, frames, \.\.\.\)"):
        evaluate(graph, "tflm", [np.zeros((8, 5), np.int8)], [graph.outputs[0]])


def test_its_products_are_counted():
    # Four filters of five values and six frames of memory, and three classes of four units.
    graph = read_graph(build(svdf_spec()))
    assert multiplications(graph) == 4 * 5 + 4 * 6 + 3 * 4


@pytest.mark.parametrize("why", {**LACKING, **CONTRADICTING})
def test_other_forms_are_refused(why):
    spec = svdf_spec()
    {**LACKING, **CONTRADICTING}[why](spec)
    graph = read_graph(build(spec))
    with pytest.raises((UnsupportedModelError, MalformedModelError), match="operator 0 SVDF"):
        require_runnable(graph, "tflm", [graph.outputs[0]])


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: spec.ops[0].inputs.pop(),
        lambda spec: spec.ops[0].inputs.clear(),
        lambda spec: spec.ops[0].inputs.__setitem__(4, -1),
        lambda spec: spec.ops[0].inputs.__setitem__(0, -1),
        with_tensor("in", shape=()),
        with_tensor("time0", shape=(24,)),
        with_tensor("time0", is_variable=True),
        with_tensor("feature0", is_variable=True),
    ],
)
def test_a_broken_one_is_refused_and_its_products_are_still_counted(change):
    spec = svdf_spec()
    change(spec)
    graph = read_graph(build(spec))
    assert multiplications(graph) >= 3 * 4
    with pytest.raises(
        (UnsupportedModelError, MalformedModelError), match="operator 0 SVDF|a scalar"
    ):
        require_runnable(graph, "tflm", [graph.outputs[0]])


@pytest.mark.parametrize(
    ("change", "profile", "form"),
    [
        (lambda _: None, "tflite_ref", {"state": "INT8"}),
        (with_field(FusedActivationFunction=0), "tflite_ref", {}),
        (without_bias, "tflm", {}),
    ],
)
def test_what_the_profiles_runtime_does_not_run_is_refused(change, profile, form):
    spec = svdf_spec(**form)
    change(spec)
    graph = read_graph(build(spec))
    with pytest.raises(UnsupportedModelError, match="operator 0 SVDF"):
        require_runnable(graph, profile, [graph.outputs[0]])


def test_recordings_do_not_hand_their_state_on():
    spec = svdf_spec(rank=2)
    model, graph = streaming(spec), read_graph(build(spec))
    (x,) = recordings(drawn(model)[0])
    tensor = graph.outputs[0]
    alone = [evaluate(graph, "tflm", [row[None]], [tensor])[tensor] for row in x]
    whole = evaluate_fast(graph, "tflm", [x], [tensor])[tensor]
    assert (whole == np.concatenate(alone)).all()
    one = replace(model, frames=1)
    frames = [drawn(model)[0]]
    single = collect(ReferenceRunner(model=one, profile=Profile.TFLM), frames, [tensor])[tensor]
    assert (single != whole).any(), "the frames before matter"


def test_two_do_not_share_a_state():
    spec = svdf_spec(inputs=4, layers=2)
    spec.ops[1].inputs[4] = spec.ops[0].inputs[4]
    graph = read_graph(build(spec))
    with pytest.raises(UnsupportedModelError, match="operator 0 SVDF"):
        require_runnable(graph, "tflm", [graph.outputs[0]])


HYBRID = {
    "plain": {},
    "rank 2, short memory": {"rank": 2, "memory": 3},
    "several rows": {"batch": 2},
    "no bias": {"bias": False},
    "two layers": {"layers": 2, "rank": 2},
}


@pytest.mark.parametrize("uneven", [False, True], ids=["symmetric", "asymmetric"])
@pytest.mark.parametrize("activation", ["NONE", "RELU"])
@pytest.mark.parametrize("form", HYBRID.values(), ids=HYBRID)
def test_int8_weights_between_float_values_are_near_our_kernels(form, activation, uneven):
    spec = hybrid_spec(uneven=uneven, activation=activation, **form)
    model = streaming(spec)
    x = np.random.default_rng(6).normal(0, 1, drawn(model)[0].shape).astype("f4")
    x[4] = 0
    profiles = (Profile.TFLITE_REF,) if not form.get("bias", True) else tuple(Profile)
    agree(spec, x, profiles, near=2e-6 * RANGE)


RANGE = 40
"""Of the values above, as the tolerance counts."""


@pytest.mark.parametrize("uneven", [False, True], ids=["symmetric", "asymmetric"])
@pytest.mark.parametrize("form", HYBRID.values(), ids=HYBRID)
def test_int8_weights_between_float_values_are_near_litert(form, uneven):
    spec = hybrid_spec(uneven=uneven, **form)
    model, graph, runtime = streaming(spec), read_graph(build(spec)), RUNTIMES["litert"]
    x = (0.03 * drawn(model)[0]).astype("f4")
    x[4] = 0
    units = [graph.ops[0].outputs[0]]
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), [x], units)[units[0]]
    for run in (evaluate, evaluate_fast):
        found = run(graph, "tflite_ref", recordings(x), units)[units[0]]
        np.testing.assert_allclose(found, theirs, atol=2e-6 * np.abs(theirs).max())


HYBRID_LACKING = {
    "'time0' of float32": with_tensor("time0", type="FLOAT32", data=np.ones((4, 6), "<f4")),
    "'feature0' has a zero-point": with_tensor("feature0", zero_point=[1]),
    "'time0' has a zero-point": with_tensor("time0", zero_point=[1]),
    "'state0' is not its state": with_tensor("state0", type="INT8"),
    "'bias0' of int32": with_tensor("bias0", type="INT32", data=np.ones(4, "<i4")),
}


@pytest.mark.parametrize("why", HYBRID_LACKING)
def test_other_forms_with_int8_weights_are_not_run(why):
    spec = hybrid_spec()
    HYBRID_LACKING[why](spec)
    graph = read_graph(build(spec))
    with pytest.raises(UnsupportedModelError, match=f"operator 0 SVDF: the checker.*{why}"):
        require_runnable(graph, "tflite_ref", [graph.outputs[0]])


def test_int8_weights_between_float_values_by_hand():
    """0.5 is 127 steps of 0.5 / 127, and 0.3 is 76.2 of them, which count as 76."""
    graph = read_graph(build(one_unit_spec()))
    units = graph.ops[0].outputs[0]
    frames = [np.array([[[0.5, 0.3]]], "<f4")]
    wanted = 1.5 * (2.0 * 0.5 - 1.0 * 76 * 0.5 / 127) + 0.25
    for run in (evaluate, evaluate_fast):
        found = run(graph, "tflite_ref", frames, [units])[units]
        assert found.reshape(-1) == pytest.approx(wanted, rel=1e-6)
