"""Streaming models end to end: recordings as samples, frames or recordings as tests, a repair."""

import numpy as np
import pytest

from digits_case import PATHS
from in_process import run
from mendlite.case.evaluate import Evaluator
from mendlite.case.validation import validate
from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.jobs.repair import repair
from mendlite.model.delta import Field
from mendlite.moves import Calibrate, LeastSquares
from mendlite.repair.settings import Settings
from mendlite.targets.open import CaseOptions, load_case
from mendlite.tflite.reader import read
from small_networks import calibrated_on_other_data
from small_targets import head
from streaming_models import streaming_spec
from tiny_models import build, float_twin

FRAMES, RECORDINGS = 10, 120
GROUP = ("CONV_2D out", "b read", "b joined", "b kept")
RECORDING = 'verdict = "recording"\nwindow = 3'


def table(task="", labels=""):
    sets = head("count = 50", "count = 20", labels=labels)
    return f'{sets}[task]\nkind = "multi-label"\n{task}\n'


def widened(spec, factor, zero_point):
    """A range of activations and of the variable that keeps them, ``factor`` times as wide."""
    members = [i for i, t in enumerate(spec.tensors) if t.name in GROUP]
    for index in members:
        calibrated_on_other_data(spec, index, factor, zero_point)
    (first,) = [t for t in spec.others[0].tensors if t.name == "b first"]
    real = (first.data.astype(float) - first.zero_point[0]) * first.scale[0]
    first.scale, first.zero_point = [first.scale[0] * factor], [zero_point]
    first.data = (np.rint(real / first.scale[0]) + zero_point).astype(np.int8)
    return spec


def write_target(folder, task="", labels="", values=None, spec=None):
    rng = np.random.default_rng(4)
    x = rng.normal(0, 2, (RECORDINGS, FRAMES, 2, 1, 3)).astype(np.float32)
    arrays = {"x": x if values is None else values, "y": rng.integers(0, 2, RECORDINGS)}
    np.savez(folder / "data.npz", **arrays)
    (folder / "float.tflite").write_bytes(build(float_twin(streaming_spec(2))))
    spec = widened(streaming_spec(2), 60, -60) if spec is None else spec
    (folder / "int8.tflite").write_bytes(build(spec))
    path = folder / "target.toml"
    path.write_text(table(task, labels), encoding="utf-8")
    return path


def case_of(path):
    return load_case(str(path), CaseOptions())


def test_a_badly_calibrated_range_of_a_variable_is_repaired(tmp_path):
    case = case_of(write_target(tmp_path, RECORDING))
    settings = Settings.of([Calibrate(rule="min-max"), LeastSquares()])
    repaired = repair(case, settings, PATHS)
    found = repaired.report.validation
    assert found.samples == RECORDINGS - 70
    assert found.int8.failing >= 5
    assert found.repaired.failing <= 0.3 * found.int8.failing
    assert repaired.report.second_opinion.confirmed
    initial = case.quantized.variables[1].initial
    assert {Field.SCALE, Field.ZERO_POINT, Field.DATA} == {
        edit.field for edit in repaired.delta.edits if edit.tensor == initial
    }
    first = read(repaired.data).tensors[initial]
    assert np.all(first.data == first.zero_point), "the first value is still the real 0"


def test_a_file_beside_the_target_is_validated_on_the_same_recordings(tmp_path):
    path = write_target(tmp_path, RECORDING)
    (tmp_path / "other.tflite").write_bytes(build(streaming_spec(2)))
    done = run("validate", str(path), "--model", str(tmp_path / "other.tflite"), "--json")
    assert done.code == 0, done.err
    assert '"samples": 50' in done.out


def test_a_test_is_a_frame_or_a_recording(tmp_path):
    case = case_of(write_target(tmp_path))
    frames = Evaluator.of(case, case.sets.validation)
    assert frames.tests.count == frames.samples.count * FRAMES == frames.teacher.count
    scored = frames.score(frames.outputs(case.quantized))
    by_frame = scored.failed.reshape(-1, FRAMES)
    (tmp_path / "target.toml").write_text(table(RECORDING))
    whole = case_of(tmp_path / "target.toml")
    recordings = Evaluator.of(whole, whole.sets.validation)
    other = recordings.score(recordings.outputs(whole.quantized))
    assert len(other.failed) == len(by_frame)
    assert np.allclose(other.losses, scored.losses.reshape(-1, FRAMES).mean(axis=1))
    p = 1 / (1 + np.exp(-recordings.teacher.values))
    means = np.stack([p[:, i : i + 3].mean(axis=1) for i in range(FRAMES - 2)], axis=1)
    assert np.array_equal(whole.task.decisions(recordings.teacher)[:, 0], means.max(axis=1) >= 0.5)


def test_labels_of_recordings_are_compared_with_what_is_detected(tmp_path):
    case = case_of(write_target(tmp_path, RECORDING, 'labels = "y"'))
    found = validate(case, None).validation
    evaluator = Evaluator.of(case, case.sets.validation)
    detected = case.task.decisions(evaluator.teacher)[:, 0]
    labels = evaluator.samples.labels.reshape(-1)
    assert found.float.accuracy == pytest.approx(np.mean(detected == labels))


def test_rows_of_all_frames_in_one_array_are_the_same_recordings(tmp_path):
    case = case_of(write_target(tmp_path))
    (x,) = case.sets.validation.raw
    y = case_of(write_target(tmp_path, values=np.load(tmp_path / "data.npz")["x"].reshape(
        RECORDINGS, FRAMES * 2, 1, 3)))  # fmt: skip
    assert y.quantized.frames == FRAMES
    sets = [(c.sets.repair, c.sets.selection, c.sets.validation) for c in (case, y)]
    rows = [
        sorted(row.tobytes() for s in every for row in c.quantized_inputs(s, c.quantized)[0])
        for c, every in zip((case, y), sets, strict=True)
    ]
    assert rows[0] == rows[1]
    assert x.shape[1:] == (FRAMES, 2, 1, 3)


def test_last_rows_that_fill_no_frame_are_left_out_and_named(tmp_path):
    x = np.random.default_rng(0).normal(0, 1, (RECORDINGS, 9, 1, 3)).astype(np.float32)
    case = case_of(write_target(tmp_path, values=x))
    assert case.quantized.frames == 4
    assert case.understood[0].endswith("the last 1 of 9 rows fill no frame")
    (raw,) = case.sets.repair.raw
    first = case.float_inputs(case.sets.repair)[0][:4]
    assert np.array_equal(first.reshape(8, 1, 3), raw[0, :8])


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((120, 2, 1, 3), r"recordings of frames, and input 'in' takes \[2, 1, 3\] a frame"),
        ((120, 1, 1, 3), r"arrays \(N, frames, 2, 1, 3\)"),
        ((120, 4, 3, 1, 3), r"a sample has shape \[4, 3, 1, 3\]"),
    ],
)
def test_samples_that_are_no_recordings_are_refused(tmp_path, shape, words):
    path = write_target(tmp_path, values=np.random.default_rng(0).normal(0, 1, shape))
    with pytest.raises(BadInputError, match=words):
        case_of(path)


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ('verdict = "recording"\nwindow = 11', "longer than the recordings of 10 frames"),
        ("window = 2", 'task.window is for task.verdict = "recording"'),
        ('verdict = "recording"\nthreshold = 1.0', "is no probability"),
    ],
)
def test_a_verdict_that_does_not_fit_is_refused(tmp_path, task, words):
    with pytest.raises(BadInputError, match=words):
        case_of(write_target(tmp_path, task))


def test_what_runs_one_sample_at_a_time_refuses_state(tmp_path):
    path = write_target(tmp_path)
    for command in (
        ["certify", str(path), "--sample", "0"],
        [
            "emit",
            str(path),
            "--formats",
            "c-harness",
            "--out",
            str(tmp_path / "c"),
            "--model",
            str(tmp_path / "int8.tflite"),
        ],
    ):
        done = run(*command)
        assert done.code == UnsupportedModelError.exit_code
        assert "keeps values from frame to frame" in done.err
    assert not (tmp_path / "c").exists()
