"""Verdicts: proved, refuted by a replayed input, undecided; by every means the same."""

from pathlib import Path

import numpy as np
import pytest

from mendlite.certify import input_splitting as splitting
from mendlite.certify.bounds.branching import branch
from mendlite.certify.bounds.network import InputBox
from mendlite.certify.bounds.property import MOST_CLASSES, ClassIs, ErrorBound, SameClass
from mendlite.certify.bounds.query import gap
from mendlite.certify.bounds.reach import reach
from mendlite.certify.decide import ProofEffort, certify
from mendlite.certify.decide_smt import certify_smt
from mendlite.certify.lowering.lower import lower
from mendlite.certify.model_pair import ModelPair
from mendlite.certify.proof_task import ProofTask
from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.model.clock import TimeLimit
from mendlite.model.rounding import Profile
from mendlite.model.verification import Method, ProofVerdict
from mendlite.solvers.maximisers import make_maximiser
from mendlite.tflite.reader import read, read_file
from small_networks import models_of, tiny_models
from tiny_models import OpSpec, TensorSpec, build, dense_spec, float_twin

SOLVER = ProofEffort(seconds=20.0, solver=make_maximiser("highs"))
BARE = ProofEffort(seconds=20.0, solver=make_maximiser("highs"), attack=False)


def decided(models, box, wanted, effort, decide=certify):
    return decide(ProofTask(models=models, box=box, wanted=wanted), effort)


def everything(models, box):
    """All stored inputs of a small box with both networks' outputs."""
    axes = [np.arange(a, b + 1) for a, b in zip(box.low, box.high, strict=True)]
    x = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")], axis=1)
    return x, models.replay(box, x)


@pytest.fixture(params=[True, False], ids=["splitting", "solver alone"])
def _means(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(splitting, "FEATURES", -1)


@pytest.mark.usefixtures("_means")
@pytest.mark.parametrize("seed", range(6))
def test_the_error_bound_is_decided_on_both_sides_of_the_truth(seed):
    """Complete for small networks: all inputs are enumerated, and eps put just above and below."""
    models, box = tiny_models(seed)
    _, replay = everything(models, box)
    worst = np.abs(replay.second - replay.first)[:, 0].max()
    above = decided(models, box, ErrorBound(epsilon=worst * 1.01 + 1e-3, outputs=(0,)), BARE)
    below = decided(models, box, ErrorBound(epsilon=worst * 0.99, outputs=(0,)), BARE)
    assert above.verdict is ProofVerdict.PROVED
    assert below.verdict is ProofVerdict.REFUTED
    found = np.array(below.counter_example.input)
    assert ((found >= box.low) & (found <= box.high)).all()
    again = models.replay(box, found[None])
    assert np.abs(again.second - again.first)[0, 0] >= worst * 0.99


@pytest.mark.usefixtures("_means")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("wanted", [SameClass(), SameClass(sign=-1.0), ClassIs(wanted=0)])
def test_class_verdicts_are_those_of_enumeration(seed, wanted):
    models, box = tiny_models(seed)
    _, replay = everything(models, box)
    holds = not wanted.violated(replay.first, replay.error, replay.second).any()
    found = decided(models, box, wanted, SOLVER)
    assert found.verdict is (ProofVerdict.PROVED if holds else ProofVerdict.REFUTED)


@pytest.mark.parametrize("seed", range(4))
def test_z3_gives_the_same_answers(seed):
    models, box = tiny_models(seed, radius=1)
    _, replay = everything(models, box)
    worst = float(np.abs(replay.second - replay.first).max())
    for wanted in (
        ErrorBound(epsilon=worst * 1.01 + 1e-3, outputs=(0, 1)),
        ErrorBound(epsilon=worst * 0.99, outputs=(0, 1)),
        SameClass(),
        ClassIs(wanted=1),
    ):
        ours = decided(models, box, wanted, SOLVER)
        exact = decided(models, box, wanted, TimeLimit.of(60.0), certify_smt)
        assert exact.verdict is ours.verdict
        assert exact.means is Method.SMT


def test_a_nudged_weight_changes_the_verdict():
    spec = dense_spec(2)
    reference, box_of = float_twin(spec), lambda s: s.box(np.full(6, -2), np.full(6, 2))
    good = ModelPair.of(read(build(reference)), read(build(spec)), Profile.TFLM)
    bound = max(max(b.upper, -b.lower)
                for b in decided(good, box_of(good), SameClass(), ProofEffort(seconds=60, solver=None)).bounds)  # fmt: skip
    wanted = ErrorBound(epsilon=float(bound) * 1.001, outputs=(0, 1, 2))
    assert decided(good, box_of(good), wanted, SOLVER).verdict is ProofVerdict.PROVED
    for channel in range(3):
        spec.tensors[5].data = spec.tensors[5].data.copy()
        spec.tensors[5].data[channel] += 4000
    bad = ModelPair.of(read(build(reference)), read(build(spec)), Profile.TFLM)
    found = decided(bad, box_of(bad), wanted, SOLVER)
    assert found.verdict is ProofVerdict.REFUTED
    assert found.means is Method.SEARCH


def test_a_patch_moves_outputs_no_further_than_its_certificate():
    spec, patched = dense_spec(4), dense_spec(4)
    patched.tensors[4].data = patched.tensors[4].data.copy()
    patched.tensors[4].data[1, 2] += 3
    patched.tensors[4].data[1, 2] = np.clip(patched.tensors[4].data[1, 2], -127, 127)
    models = ModelPair.of(read(build(spec)), read(build(patched)), Profile.TFLM)
    box = models.box(np.full(6, -128), np.full(6, 127))
    found = decided(models, box, ErrorBound(epsilon=1e6, outputs=(0, 1, 2)), SOLVER)
    assert found.verdict is ProofVerdict.PROVED
    untouched = [found.bounds[0], found.bounds[2]]
    assert all(b.lower == b.upper == 0 for b in untouched)
    rng = np.random.default_rng(0)
    replay = models.replay(box, rng.integers(-128, 128, (500, 6)))
    moved = (replay.second - replay.first)[:, 1]
    assert moved.max() <= found.bounds[1].upper
    assert moved.min() >= found.bounds[1].lower


def test_without_time_what_is_open_is_undecided_with_its_bound():
    models, box = tiny_models(0, radius=4)
    found = decided(
        models, box, ErrorBound(epsilon=1e-3, outputs=(0,)),
        ProofEffort(seconds=0.0, solver=None, attack=False),
    )  # fmt: skip
    assert found.verdict is ProofVerdict.UNDECIDED
    assert found.open_questions
    assert found.bounds[0].upper > 1e-3


def test_branching_narrows_the_bound_and_stays_sound():
    models, box = tiny_models(3, radius=6, hidden=(6, 6))
    bounds = reach(models.networks, box)
    query = ErrorBound(epsilon=1e-9, outputs=(0,)).queries(2, None)[0]
    steps = []
    branch(bounds, query, lambda top, _c, _w: steps.append(top) or len(steps) > 60)
    assert steps == sorted(steps, reverse=True)
    assert steps[-1] <= gap(query, bounds)[1]
    x = np.random.default_rng(0).integers(box.low, box.high + 1, (2000, box.low.size))
    replay = models.replay(box, x)
    assert (replay.second - replay.first)[:, 0].max() <= steps[-1]


def test_operators_that_are_not_verified_are_named_first():
    spec = dense_spec()
    spec.tensors.append(TensorSpec("p", (1, 3), scale=[1 / 256], zero_point=[-128]))
    spec.ops.append(OpSpec("LOGISTIC", [6], [7]))
    spec.outputs = [7]
    with pytest.raises(UnsupportedModelError, match="operator 2 LOGISTIC"):
        ModelPair.of(read(build(float_twin(spec))), read(build(spec)), Profile.TFLM)


def test_an_output_that_no_value_reaches_is_refused_whatever_follows_it():
    spec = dense_spec()
    spec.tensors.append(TensorSpec("size", (2,), "INT32"))
    spec.tensors.append(TensorSpec("p", (1, 3), scale=[1 / 256], zero_point=[-128]))
    spec.ops.insert(1, OpSpec("SHAPE", [3], [7]))
    spec.ops.append(OpSpec("LOGISTIC", [6], [8]))
    spec.outputs = [7]
    with pytest.raises(UnsupportedModelError, match="no operator computes the logits"):
        lower(read(build(spec)), Profile.TFLM)


def test_graphs_that_differ_cannot_be_compared():
    with pytest.raises(UnsupportedModelError, match="different operators"):
        ModelPair.of(
            read(build(float_twin(dense_spec(hidden=4)))), read(build(dense_spec())), Profile.TFLM
        )


def test_a_box_is_exact_in_float64():
    box = InputBox(
        low=np.array([-128]), high=np.array([127]), scale=float(np.float32(0.1)), zero_point=3
    )
    assert box.real().upper[0] == float(np.float32(0.1)) * 124


@pytest.mark.data
def test_symbolic_bounds_are_five_times_tighter_on_the_deep_mnist_network(data_root):
    folder = Path(data_root) / "models" / "qebverif"
    names = ("mnist_3blk_100_100_100_float.tflite", "mnist_3blk_100_100_100_int8.tflite")
    models = ModelPair.of(*(read_file(folder / name) for name in names), Profile.TFLM)
    images = np.load(Path(data_root) / "mnist" / "test.npz")["images"][:5].reshape(5, -1)
    ratios = []
    for image in images.astype(int) - 128:
        box = models.box(np.clip(image - 3, -128, 127), np.clip(image + 3, -128, 127))
        tight, plain = reach(models.networks, box), reach(models.networks, box, symbolic=False)
        ratios.append((plain.output.difference.width / tight.output.difference.width).mean())
    assert np.mean(ratios) >= 5


@pytest.mark.parametrize("seed", range(5))
def test_splitting_the_inputs_decides_what_enumeration_does(seed, monkeypatch):
    monkeypatch.setattr(splitting, "ENUMERATED", 400)
    models, box = tiny_models(seed, radius=5)
    _, replay = everything(models, box)
    worst = np.abs(replay.second - replay.first)[:, 0].max()
    for epsilon, holds in ((worst * 1.001, True), (worst * 0.999, False)):
        wanted = ErrorBound(epsilon=epsilon, outputs=(0,))
        queries = wanted.queries(2, models.networks.second.nodes[-1].step)
        found = splitting.split(models, box, wanted, queries, lambda _d, _w: False)
        if holds:
            assert found is True
        else:
            assert models.breaks(box, wanted, found)


def test_inputs_of_many_features_are_not_split():
    models = models_of(dense_spec(0, inputs=splitting.FEATURES + 1))
    box = models.box(np.full(17, -2), np.full(17, 2))
    wanted = SameClass()
    queries = wanted.queries(3, 0.4)
    assert splitting.split(models, box, wanted, queries, lambda _d, _w: False) is None


@pytest.mark.parametrize("wanted", [SameClass(), SameClass(sign=-1.0), ClassIs(wanted=1)])
def test_no_input_both_keeps_and_violates_a_property(wanted):
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 500, 3))
    error = np.full_like(first, 0.05)
    kept, broken = wanted.kept(first, error, second), wanted.violated(first, error, second)
    assert not (kept & broken).any()
    assert kept.any()
    assert broken.any()


def test_pairs_of_classes_share_their_forms():
    queries = SameClass().queries(MOST_CLASSES, 0.5)
    forms = {id(form) for query in queries for form in (query.goal, *query.also)}
    assert len(forms) == 2 * len(queries) == 2 * MOST_CLASSES * (MOST_CLASSES - 1)
    with pytest.raises(UnsupportedModelError, match="has 1000 outputs, 999,000 pairs of classes"):
        SameClass().queries(1000, 0.5)


@pytest.mark.parametrize("decide", [certify, certify_smt])
@pytest.mark.parametrize("wanted", [SameClass(), ClassIs(wanted=0)])
def test_one_output_has_no_classes_to_prove_anything_about(decide, wanted):
    models = models_of(dense_spec(classes=1))
    box = models.box(np.full(6, -1), np.full(6, 1))
    effort = TimeLimit.of(1.0) if decide is certify_smt else ProofEffort(seconds=1, solver=None)
    with pytest.raises(BadInputError, match="1 output: there are no classes"):
        decided(models, box, wanted, effort, decide)
