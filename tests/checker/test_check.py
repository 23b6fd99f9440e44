"""Every check in its failing direction, and certificates of every task and teacher."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from repairs import PATHS, options, settings

from kits import recounted
from mendlite.case.execution import Execution
from mendlite.checker.draw import SampleDraw
from mendlite.checker.edits import bytes_changed
from mendlite.checker.figures import CheckedModels
from mendlite.checker.form import loads
from mendlite.checker.graph import read_graph
from mendlite.checker.plan import CheckEffort
from mendlite.checker.tasks import CheckedTask
from mendlite.checker.verify import check
from mendlite.errors import ClaimError
from mendlite.jobs.certificate import make_certificate
from mendlite.jobs.repair import repair
from mendlite.model.rounding import Profile
from mendlite.targets.open import load_case
from small_targets import CASES, write_target
from tampering import forged, make_kit, noticed
from tiny_models import dense_spec


def test_a_certificate_says_what_the_report_says(digits, kit):
    values, report = loads(kit.certificate), digits[1].report
    found = values["sets"]["validation"]["figures"]
    assert found["failing_before"] == report.validation.int8.failing
    assert found["failing_after"] == report.validation.repaired.failing
    assert found["fixed"] == report.validation.repaired.fixed
    assert found["regressed"] == report.validation.repaired.regressed
    assert found["accuracy"] == {
        "teacher": report.validation.float.accuracy,
        "base": report.validation.int8.accuracy,
        "patched": report.validation.repaired.accuracy,
    }
    assert values["checks"]["bytes"]["bytes_changed"] == report.repair.bytes_changed
    assert values["checks"]["bytes"]["edits"] == report.repair.edits
    assert values["files"]["base"] == {
        "name": "int8.tflite", "bytes": len(kit.base), "sha256": report.files.int8.sha256,
    }  # fmt: skip
    assert bytes_changed(kit.base, kit.patched) == report.repair.bytes_changed


def test_it_names_no_folder(kit):
    assert b"some/where" not in kit.certificate
    assert str(Path.cwd()).encode() not in kit.certificate


def test_the_same_repair_gives_the_same_certificate(digits):
    made = [make_certificate(*digits, "digits") for _ in range(2)]
    assert made[0] == made[1]


def test_without_data_it_says_that_figures_were_not_computed(kit):
    found = check(loads(kit.certificate), kit.base, kit.patched, None)
    assert found.missing == "no data"
    assert [line.split(":")[0] for line in found.checks] == ["bytes", "lists"]
    whole = check(loads(kit.certificate), kit.base, kit.patched, kit.data, 40)
    assert whole.missing is None
    assert "computed again on 40 of 700 samples" in whole.checks[-1]


def changed(kit, path, value):
    """The kit sealed anew with one value of its certificate changed."""
    values = loads(kit.certificate)
    here = values
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value(deepcopy(here[path[-1]])) if callable(value) else value
    return forged(kit, values)


VALIDATION = ("sets", "validation")
FAILING = {
    "the base's digest": (("files", "base", "sha256"), "0" * 64, "the base file is not the cert"),
    "the patched file's length": (("files", "patched", "bytes"), 1, "has 12960 bytes, not 1"),
    "the float's digest": (("files", "float", "sha256"), "0" * 64, "the float file is not"),
    "no float": (("files", "float"), None, "a float model and the certificate none"),
    "a tensor that is not there": (("edits", 0, "tensor"), 999, "tensor 999, which does not exist"),
    "a negative tensor": (("edits", 0, "tensor"), -1, "tensor -1, which does not exist"),
    "an activation": (("edits", 0, "tensor"), 0, "has no values in the file to edit"),
    "no scale there": (("edits", 0), lambda e: {**e, "tensor": 8, "kind": "zero_point"}, "zero_point"),
    "another kind": (("edits", 0, "kind"), "weight", "declared as weight, but it is a bias"),
    "another name": (("edits", 0, "name"), "x", "it is '"),
    "another type": (("edits", 0, "dtype"), "int8", "of type int32"),
    "an index beyond": (("edits", 0, "index", -1), 10**6, "not rising ones of"),
    "a negative index": (("edits", 0, "index", 0), -1, "not rising ones of"),
    "an index twice": (("edits", 0, "index", 1), 0, "not rising ones of"),
    "an index that is true": (("edits", 0, "index", 1), True, "not a list of integers"),
    "an index as text": (("edits", 0, "index", 1), "1", "not a list of integers"),
    "no index": (("edits", 0), lambda e: {**e, "index": [], "offset": [], "old": [], "new": []}, "not rising ones of"),
    "another offset": (("edits", 0, "offset", 0), lambda v: v + 4, "not where the values lie"),
    "another old value": (("edits", 0, "old", 0), lambda v: v + 1, "the old value at index 0 is declared"),
    "another new value": (("edits", 0, "new", 0), lambda v: v + 1, "the new value at index 0 is declared"),
    "a fraction": (("edits", 0, "new", 0), 0.5, "a new value is of another type"),
    "a value more": (("edits", 0, "new"), lambda v: [*v, 1], "new values for"),
    "an edit twice": (("edits",), lambda v: [*v, v[0]], "declares a byte twice"),
    "an edit less": (("edits",), lambda v: v[1:], "which no edit declares"),
    "the number of bytes": (("checks", "bytes", "bytes_changed"), 3, "the certificate has"),
    "the kinds": (("checks", "bytes", "by_kind"), {}, "the certificate has"),
    "an unknown task": (("recipe", "task", "kind"), "guessing", "task 'guessing' is unknown"),
    "another task": (("recipe", "task", "kind"), "regression", "has no classes to list"),
    "another threshold": (("recipe", "task", "threshold"), 0.7, "is not the target's"),
    "another teacher": (("recipe", "teacher"), "labels", "is not the target's"),
    "more samples": ((*VALIDATION, "samples"), 701, "not one a sample"),
    "failing tests": ((*VALIDATION, "figures", "failing_after"), 0, "failing_after is 0, but"),
    "a count that is true": ((*VALIDATION, "figures", "regressed"), True, "regressed is True"),
    "a test beyond": ((*VALIDATION, "failing", "after"), [700], "not rising positions of 700"),
    "tests in disorder": ((*VALIDATION, "failing", "after"), lambda v: v[::-1], "not rising pos"),
    "a test twice": ((*VALIDATION, "failing", "before"), lambda v: [v[0], *v], "not rising pos"),
    "answers less": ((*VALIDATION, "answers", "base"), lambda v: v[1:], "not one class per sample"),
    "other answers": ((*VALIDATION, "answers", "teacher", 0), lambda v: (v + 1) % 10, "do not match their digest"),
    "a failing test that does not differ": ((*VALIDATION, "answers", "patched", 0), lambda v: (v + 1) % 10, "not where classes differ"),
    "an answer that is true": ((*VALIDATION, "answers", "base", 0), True, "a class is no int"),
    "digests of another length": ((*VALIDATION, "outputs", "base"), "00", "not one a sample"),
    "digests of other digits": ((*VALIDATION, "outputs", "base"), "x" * 5600, "not one a sample"),
    "no digests": ((*VALIDATION, "outputs", "base"), None, "no digests of the outputs of base"),
    "the inputs' digest": ((*VALIDATION, "inputs_sha256"), "0" * 64, "inputs_sha256 is not"),
    "the labels' digest": ((*VALIDATION, "labels_sha256"), None, "labels_sha256 is not"),
    "recorded outputs": (("sets", "repair", "recorded_sha256"), "0" * 64, "recorded_sha256 is not"),
    "the accuracy": ((*VALIDATION, "figures", "accuracy", "base"), 1.0, "accuracy of base is 1.0"),
    "no accuracy": ((*VALIDATION, "figures", "accuracy", "teacher"), None, "accuracy of teacher"),
    "another profile": (("profile",), "tflite_ref", "is not the model's"),
    "fewer repair samples": (("sets", "repair", "samples"), 3, "has 400 samples, not 3"),
    "no sets": (("sets",), {}, "has not the form of a certificate: there is no entry"),
    "no edits": (("edits",), 5, "has not the form of a certificate: an entry has another form"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAILING)
def test_each_check_can_fail(kit, what):
    path, value, message = FAILING[what]
    assert message in str(noticed(changed(kit, path, value)))


def test_a_sample_in_two_sets_is_noticed(digits, keys):
    case, repaired = digits
    twice = replace(
        case.sets.repair.take(slice(0, 400)), raw=case.sets.validation.take(slice(0, 400)).raw
    )
    overlapping = replace(case, sets=replace(case.sets, repair=twice))
    found = make_kit(overlapping, repaired, "digits", key=keys[0], public=keys[1])
    assert noticed(found) == "a sample is in both repair and validation"


def test_models_of_another_length_or_form_are_noticed(kit):
    values = loads(kit.certificate)
    for data in (kit.patched[:-4], kit.patched + bytes(4)):
        from hashlib import sha256

        values["files"]["patched"] |= {"bytes": len(data), "sha256": sha256(data).hexdigest()}
        message = noticed(forged(replace(kit, patched=data), values))
        assert "the files have" in message or "a model file is broken" in message


def test_a_far_answer_of_the_teacher_is_no_tie():
    """What float32 sums may decide is far less than what tells classes apart."""
    task = CheckedTask(kind="classification", tolerance=None, threshold=0.5, boxes=0, scores=1)
    heads = [np.array([[1.0, 1.0 - 1e-6, 0.0], [1.0, 0.5, 0.0]])]
    assert task.accepted(heads, [1, 1], 1e-4).tolist() == [True, False]
    assert task.accepted(heads, [1, 1], 0.0).tolist() == [False, False]
    assert task.accepted(heads, [3, -1], 1e9).tolist() == [False, False]
    labels = CheckedTask(kind="multi-label", tolerance=None, threshold=0.5, boxes=0, scores=1)
    heads = [np.array([[1e-6, 2.0], [1.0, 2.0]])]
    assert labels.accepted(heads, ["01", "01"], 1e-4).tolist() == [True, False]
    assert labels.accepted(heads, ["0", "01"], 1e-4).tolist() == [False, False]


def test_a_large_model_is_drawn_from(kit):
    effort = CheckEffort(draw=SampleDraw(seed="a"), seconds=1e-9)
    found = check(loads(kit.certificate), kit.base, kit.patched, kit.data, effort=effort)
    assert "computed again on 32 of 700 samples" in found.checks[-1]
    assert "; false entries would have been missed with probability " in found.checks[-1]
    assert "too few to see the claimed difference: `everything` computes every one" in str(
        found.missing
    )
    again = check(loads(kit.certificate), kit.base, kit.patched, kit.data, effort=effort)
    assert again == found


def test_what_is_done_once_does_not_count_for_every_sample(kit, monkeypatch):
    """The clock runs 1 second a run and 1 / 100 a sample: 897 samples take 13 seconds, not 65."""
    from mendlite.checker import plan

    clock, measured = [0.0], []

    def run(part):
        clock[0] += 1.0 + len(part.rows) / 100
        measured.append(len(part.rows))

    monkeypatch.setattr(plan, "check_figures", run)
    monkeypatch.setattr(plan, "perf_counter", lambda: clock[0])
    effort = CheckEffort(draw=SampleDraw(seed="a"), seconds=20.0)
    values = loads(kit.certificate)
    graphs = read_graph(kit.base), read_graph(kit.patched), read_graph(kit.data.teacher)
    models = CheckedModels(
        base=graphs[0], patched=graphs[1], teacher=graphs[2], profile=values["profile"],
        rules=tuple(kit.data.recipe["inputs"]), taught_by="float",
    )  # fmt: skip
    found = list(plan.parts(values, models, kit.data.sets, effort))
    assert measured == [16, 256]
    assert [len(whole.rows) for whole, _ in found] == [197, 700]


def test_an_operator_that_it_does_not_run_is_said(kit, monkeypatch):
    from mendlite.checker import evaluate

    monkeypatch.delitem(evaluate.KERNELS, "MAX_POOL_2D")
    found = check(loads(kit.certificate), kit.base, kit.patched, kit.data)
    assert found.missing == "the checker does not run MAX_POOL_2D"


@pytest.mark.parametrize("profile", list(Profile))
def test_every_profile_holds(keys, profile):
    case = load_case("digits", options(execution=Execution(profile=profile)))
    found = repair(case, settings("bias"), PATHS)
    assert noticed(make_kit(case, found, "digits", key=keys[0], public=keys[1])) is None


def test_another_judge_leaves_the_reference_kernels_answers(keys):
    case = load_case("digits", options(execution=Execution(runner="tflm")))
    found = repair(case, settings("bias"), PATHS)
    kit = make_kit(case, found, "digits", key=keys[0], public=keys[1])
    assert loads(kit.certificate)["kernels"].startswith("tflite-micro")
    assert noticed(kit) is None


@pytest.mark.parametrize("name", CASES)
def test_every_task_holds_and_a_wrong_verdict_is_noticed(tmp_path, keys, name):
    write_target(tmp_path, *CASES[name])
    case = load_case(str(tmp_path), options())
    found = repair(case, settings("least-squares"), PATHS)
    kit = make_kit(case, found, "x", key=keys[0], public=keys[1])
    assert noticed(kit) is None
    values = loads(kit.certificate)
    entry = values["sets"]["validation"]
    if entry["answers"]["teacher"] is not None:
        row = entry["answers"]["patched"][0]
        entry["answers"]["patched"][0] = ("1" if row[0] == "0" else "0") + row[1:]
        pairs = zip(entry["answers"]["teacher"], entry["answers"]["patched"], strict=True)
        after = {i for i, (a, b) in enumerate(pairs) if a != b}
    else:
        after = set(entry["failing"]["after"]) ^ {0}
    recounted(entry, after)
    if entry["figures"]["accuracy"]["patched"] is None:
        assert "for patched at sample 0 is not" in noticed(forged(kit, values))
    else:
        assert noticed(forged(kit, values))


TAUGHT = {
    ("labels", "classification"): 'labels = "y"',
    ("labels", "regression"): 'labels = "real"',
    ("outputs", "classification"): 'outputs = ["real"]',
}


@pytest.mark.parametrize("teacher", TAUGHT, ids="-".join)
def test_other_teachers_hold(tmp_path, keys, teacher):
    write_target(tmp_path, CASES["regression"][0], f'[task]\nkind = "{teacher[1]}"\n')
    path = tmp_path / "target.toml"
    text = path.read_text().replace('[models.float]\nfile = "float.tflite"\n', "")
    text = text.replace('inputs = ["x"]', f'inputs = ["x"]\n{TAUGHT[teacher]}')
    path.write_text(f'teacher = "{teacher[0]}"\n{text}')
    stored, generator = dict(np.load(tmp_path / "data.npz")), np.random.default_rng(3)
    stored["y"] = generator.integers(0, 3, 400)
    stored["real"] = generator.normal(size=(400, 3)).astype(np.float32)
    np.savez(tmp_path / "data.npz", **stored)
    case = load_case(str(tmp_path), options())
    kit = make_kit(case, repair(case, settings("margins"), PATHS), "x", key=keys[0], public=keys[1])
    assert loads(kit.certificate)["files"]["float"] is None
    assert noticed(kit) is None


@pytest.mark.parametrize("name", ["mlperf_kws", "hello_world", "mlperf_ad"])
def test_a_real_target_is_checked_in_all_its_samples(data_root, keys, name):
    case = load_case(name, options(data_root=data_root))
    kit = make_kit(case, repair(case, settings("bias"), PATHS), name, key=keys[0], public=keys[1])
    found = check(loads(kit.certificate), kit.base, kit.patched, kit.data)
    assert found.missing is None
    count = case.sets.validation.count
    assert f"computed again on {count} of {count} samples" in found.checks[-1]
    values = loads(kit.certificate)
    outputs = values["sets"]["validation"]["outputs"]
    outputs["base"] = outputs["base"][::-1]
    with pytest.raises(ClaimError, match="the output bytes of base"):
        check(loads(forged(kit, values).certificate), kit.base, kit.patched, kit.data, 5)


def dynamic_range():
    """The dense model with float activations over its int8 weights."""
    spec = dense_spec()
    for tensor in spec.tensors:
        if tensor.data is None or tensor.type == "INT32":
            data = None if tensor.data is None else (tensor.data * tensor.scale[0]).astype("<f4")
            tensor.type, tensor.data, tensor.scale, tensor.zero_point = "FLOAT32", data, None, None
    return spec


def test_a_file_with_float_activations_holds(tmp_path, keys):
    """Activations are rounded at run time: answers are held to within a tie."""
    write_target(tmp_path, dynamic_range, "")
    case = load_case(str(tmp_path), options())
    kit = make_kit(case, repair(case, settings("bias"), PATHS), "x", key=keys[0], public=keys[1])
    assert loads(kit.certificate)["sets"]["validation"]["outputs"]["base"] is None
    assert noticed(kit) is None
    path = ("sets", "validation", "outputs", "base")
    assert "has no exact digests" in noticed(changed(kit, path, "0" * 8 * 200))
