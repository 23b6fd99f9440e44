"""Certificates of language models: every position is a test that the checker counts again."""

import numpy as np
import pytest
from language_kits import language_kit

from kits import forged, noticed, recounted
from language_models import POSITIONS, TOKENS, language_spec
from mendlite.checker.figures import CheckedModels, CheckedSamples
from mendlite.checker.form import answers_digest, loads
from mendlite.checker.graph import read_graph
from mendlite.checker.nudged import NUDGED
from mendlite.checker.plan import task_of
from mendlite.checker.tasks import CheckedTask
from mendlite.errors import ClaimError
from small_targets import spoiled
from tiny_models import build, dense_spec, float_twin


def at_positions():
    """int8 logits of 5 tokens at each of 4 positions."""
    spec = dense_spec(inputs=16, hidden=12, classes=5)
    for tensor in spec.tensors:
        if tensor.data is None:
            tensor.shape = (1, 4, tensor.shape[1])
    for op in spec.ops:
        op.fields["KeepNumDims"] = True
    return spec


def write_static(folder):
    """Static int8: each position has a digest of its stored logits."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 5, (400, 4))
    np.savez(folder / "data.npz", x=rng.normal(0, 2, (400, 4, 16)).astype("f4"), y=labels)
    (folder / "float.tflite").write_bytes(build(float_twin(at_positions())))
    (folder / "int8.tflite").write_bytes(build(spoiled(at_positions())))


def write_dynamic(folder):
    """int8 weights and float activations, as language models are deployed."""
    tokens = np.random.default_rng(3).integers(0, TOKENS, (400, POSITIONS + 1))
    np.savez(folder / "data.npz", x=tokens[:, :-1].astype(np.uint8), y=tokens[:, 1:])
    (folder / "float.tflite").write_bytes(build(language_spec(quantized=False)))
    (folder / "int8.tflite").write_bytes(build(language_spec(quantized=True)))


FILES = {"static": write_static, "dynamic": write_dynamic}


def made(folder, name, positions, keys):
    FILES[name](folder)
    return language_kit(folder, positions, keys)


@pytest.fixture(scope="module", params=[(n, p) for n in FILES for p in ("all", "last")], ids=str)
def kit(tmp_path_factory, keys, request):
    return made(tmp_path_factory.mktemp("tokens"), *request.param, keys)


def relabelled(kit, values, entry):
    """Accuracies follow the entry's listed tokens."""
    name = next(n for n, e in values["sets"].items() if e is entry)
    labels = np.asarray(kit.data.sets[name].labels)
    times = len(entry["answers"]["teacher"]) // len(labels)
    labels = (labels if times > 1 else labels[:, -1]).reshape(-1)
    for model, listed in entry["answers"].items():
        entry["figures"]["accuracy"][model] = int(np.sum(labels == listed)) / labels.size


def test_it_holds_at_every_position(kit):
    values = loads(kit.certificate)
    entry = values["sets"]["validation"]
    times = 1 if values["recipe"]["task"].get("positions") == "last" else 4
    assert len(entry["answers"]["patched"]) == times * entry["samples"]
    assert entry["figures"]["failing_before"] > 0
    assert noticed(kit) is None


def test_a_failing_position_left_out_is_noticed(kit):
    values = loads(kit.certificate)
    entry = values["sets"]["validation"]
    answers, failing = entry["answers"], entry["failing"]["after"]
    worst = farthest_from_a_tie(kit, values, failing)
    answers["patched"][worst] = answers["teacher"][worst]
    recounted(entry, {p for p in failing if p != worst})
    relabelled(kit, values, entry)
    assert "validation: the certificate's entry for patched" in noticed(forged(kit, values))


def farthest_from_a_tie(kit, values, failing):
    """The failing position at which the repaired model is the surest."""
    (heads,) = logits(kit, values)
    teacher = np.array(values["sets"]["validation"]["answers"]["teacher"])
    gap = heads.max(axis=1) - heads[np.arange(len(heads)), teacher]
    return max(failing, key=lambda p: gap[p])


def logits(kit, values):
    """The repaired model's real logits at the positions of the validation samples."""
    part = checked(kit, values)
    graph = part.models.patched
    found = part.run(graph, graph.outputs)[graph.outputs[0]].astype(np.float64)
    view = graph.tensors[graph.outputs[0]]
    return [found if view.quant is None else (found - view.zero) * view.scale]


def checked(kit, values):
    base = read_graph(kit.base)
    models = CheckedModels(
        base=base, patched=read_graph(kit.patched), teacher=read_graph(kit.data.teacher),
        profile=values["profile"], rules=tuple(kit.data.recipe["inputs"]), taught_by="float",
    )  # fmt: skip
    samples = kit.data.sets["validation"]
    return CheckedSamples(
        name="validation", entry=values["sets"]["validation"], models=models,
        task=task_of(values, base, None), samples=samples, rows=tuple(range(samples.count)), fast=True,
    )  # fmt: skip


def test_a_teachers_token_of_another_model_is_noticed(kit):
    values = loads(kit.certificate)
    entry = values["sets"]["selection"]
    teacher = entry["answers"]["teacher"]
    teacher[0] = (teacher[0] + 1) % 5
    entry["teacher_sha256"] = answers_digest(teacher)
    for when, model in (("before", "base"), ("after", "patched")):
        pairs = zip(teacher, entry["answers"][model], strict=True)
        entry["failing"][when] = [i for i, (a, b) in enumerate(pairs) if a != b]
    before = entry["failing"]["before"]
    entry["figures"]["failing_before"] = len(before)
    recounted(entry, set(entry["failing"]["after"]))
    relabelled(kit, values, entry)
    assert "selection: the certificate's entry for teacher" in noticed(forged(kit, values))


def test_few_samples_at_once_find_the_same(kit, monkeypatch):
    """Of a large vocabulary the logits of some samples are held at once."""
    monkeypatch.setattr("mendlite.checker.figures.HEAD_VALUES", 9000)
    assert noticed(kit) is None


def test_other_positions_than_the_targets_are_noticed(kit):
    values = loads(kit.certificate)
    values["recipe"]["task"]["positions"] = "first"
    assert "positions 'first'" in noticed(forged(kit, values))


def task(last):
    return CheckedTask(
        kind="next-token", tolerance=None, threshold=0.5, boxes=0, scores=1, rows=1, positions=2,
        last=last,
    )  # fmt: skip


@pytest.mark.parametrize(("last", "chosen"), [(False, [0, 1, 2, 3]), (True, [1, 3])])
def test_positions_by_hand(last, chosen):
    """Two samples of two positions and three tokens."""
    view = read_graph(build(language_spec(quantized=True))).tensors[0]
    values = np.arange(12.0).reshape(2, 2, 3)
    view = type(view)(**{f: getattr(view, f) for f in view.__slots__} | {"shape": (1, 2, 3)})
    found = task(last).by_test(view, values)
    assert (found == values.reshape(4, 3)[chosen]).all()
    assert task(last).labels_by_test(np.array([[5, 6], [7, 8]])).tolist() == [
        [5, 6, 7, 8][i] for i in chosen
    ]
    assert task(last).labels_by_test(np.zeros((2, 3))) is None or last
    assert task(last).tests_of_sample == len(chosen) // 2


def test_ids_that_are_no_whole_numbers_are_noticed(tmp_path, keys):
    kit = made(tmp_path, "dynamic", "all", keys)
    part = checked(kit, loads(kit.certificate))
    halves = part.samples.raw[0] + 0.5
    wrong = type(part.samples)(raw=(halves,), labels=part.samples.labels)
    with pytest.raises(ClaimError, match="no whole numbers"):
        CheckedSamples(
            **{f: getattr(part, f) for f in part.__slots__} | {"samples": wrong}
        ).run(part.models.base, part.models.base.outputs)  # fmt: skip


def test_nudged_floats_move_by_their_last_bits(tmp_path, keys):
    kit = made(tmp_path, "dynamic", "all", keys)
    part = checked(kit, loads(kit.certificate))
    graph = part.models.base
    (tensor,) = graph.outputs
    plain = part.run(graph, [tensor])[tensor]
    moved = np.abs(part.run(graph, [tensor], NUDGED)[tensor] - plain)
    assert 0 < moved.max() < 1e-2 * np.ptp(plain)
