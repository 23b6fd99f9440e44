"""Targets of strangers: paths that lead out, samples and labels that nothing can compute with."""

import os
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from mendlite.case.preprocess import quantized_inputs, real_input
from mendlite.case.recipe import Preprocessing
from mendlite.errors import BadInputError
from mendlite.targets.load import load_target, read_target
from mendlite.targets.open import CaseOptions, load_case
from small_targets import write_target
from tiny_models import build, dense_spec

COUNT = 400


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "target"
    folder.mkdir()
    write_target(folder, dense_spec, "")
    return folder


def change(folder, old, new):
    path = folder / "target.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def save(folder, **arrays):
    rng = np.random.default_rng(5)
    whole = {"x": rng.normal(0, 2, (COUNT, 6)).astype(np.float32), **arrays}
    np.savez(folder / "data.npz", **whole)
    if "y" in arrays:
        change(folder, 'inputs = ["x"]', 'inputs = ["x"]\nlabels = "y"')


def load(folder, *, allow_outside=False):
    options = CaseOptions(allow_other_network=True, allow_outside=allow_outside)
    return load_case(str(folder), options)


def refused(folder, message):
    begun = perf_counter()
    with pytest.raises(BadInputError, match=message) as caught:
        load(folder)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 500
    # Far under a second where the machine is free.
    assert perf_counter() - begun < 10
    return text


@pytest.mark.parametrize("way", ["absolute", "up", "link", "folder link", "data", "long"])
def test_paths_lead_out_only_where_that_is_allowed(folder, tmp_path, way):
    secret = tmp_path / "secret.tflite"
    secret.write_bytes((folder / "int8.tflite").read_bytes())
    (tmp_path / "data.npz").write_bytes((folder / "data.npz").read_bytes())
    name, wanted = "int8.tflite", f"{secret}"
    if way == "up":
        wanted = "sub/../../secret.tflite"
        (folder / "sub").mkdir()
    elif way == "link":
        (folder / "l.tflite").symlink_to(secret)
        wanted = "l.tflite"
    elif way == "folder link":
        (folder / "sub").symlink_to(tmp_path)
        wanted = "sub/secret.tflite"
    elif way == "data":
        name, wanted = "data.npz", "../data.npz"
    elif way == "long":
        wanted = "x" * 5000
    change(folder, f'"{name}"', f'"{wanted}"')
    if way == "long":
        refused(folder, "File name too long")
        return
    refused(folder, "leads out of the folder.*`allow_outside`")
    assert load(folder, allow_outside=True).quantized.sha256


def test_a_file_that_the_target_knows_by_its_digest_may_lie_elsewhere(folder, tmp_path):
    from hashlib import sha256

    data = (folder / "int8.tflite").read_bytes()
    (tmp_path / "int8.tflite").write_bytes(data)
    line = f'"../int8.tflite"\nsha256 = "{sha256(data).hexdigest()}"'
    change(folder, '"int8.tflite"', line)
    assert load(folder).quantized.data == data
    (tmp_path / "int8.tflite").write_bytes(b"secret")
    text = refused(folder, "leads out of the folder")
    assert "sha256" not in text


def test_no_error_quotes_what_a_file_holds(folder):
    secret = b"root:x:0:0:topsecret\n" * 40
    for name in ("int8.tflite", "data.npz", "float.tflite"):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(secret)
        with pytest.raises(BadInputError) as caught:
            load(folder)
        assert "x:0:0" not in str(caught.value)
        assert "topsecret" not in str(caught.value)
        (folder / name).write_bytes(kept)


@pytest.mark.parametrize("name", ["int8.tflite", "float.tflite", "data.npz", "target.toml"])
def test_pipes_in_a_target_are_refused_at_once(folder, name):
    (folder / name).unlink()
    os.mkfifo(folder / name)
    refused(folder, "a pipe, not a file")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers(folder, value):
    x = np.zeros((COUNT, 6), np.float32)
    x[7, 3] = value
    save(folder, x=x)
    refused(folder, r"array 'x' holds NaN or infinite values in 1 of its 400 rows, first in row 7")


WRONG_LABELS = {
    "float": (np.full(COUNT, 0.5), "real values, float64"),
    "float beyond whole numbers": (np.full(COUNT, 1e300), "holds classes from 1e"),
    "nan": (np.full(COUNT, np.nan), "NaN"),
    "two axes": (np.zeros((COUNT, 2), int), r"marks 0 and 1, int64.*not one class index"),
    "no axis": (np.array(3), "has no rows"),
    "fewer": (np.zeros(COUNT - 1, int), "has 399 rows, not 400"),
    "none": (np.zeros(0, int), "has no rows"),
    "negative": (np.full(COUNT, -1), "classes from -1 to -1"),
    "too high": (np.full(COUNT, 3), "label of class 3, but the model has 3 outputs"),
    "huge": (np.full(COUNT, 2**63, np.uint64), "holds classes from"),
    "text": (np.array(["cat"] * COUNT), "is str"),
    "objects": (np.array([None] * COUNT), "Python objects"),
    "complex": (np.zeros(COUNT, complex), "is complex"),
}


@pytest.mark.parametrize("kind", WRONG_LABELS)
def test_labels_that_are_no_classes(folder, kind):
    values, message = WRONG_LABELS[kind]
    save(folder, y=values)
    refused(folder, message)


def test_labels_of_every_class_are_taken(folder):
    save(folder, y=(np.arange(COUNT) % 3).astype(np.uint8))
    assert load(folder).sets.validation.labels.max() == 2


def test_an_offset_counts(folder):
    save(folder, y=(np.arange(COUNT) % 3).astype(np.uint8))
    change(folder, "[models.float]", "label_offset = 1\n[models.float]")
    refused(folder, "label of class 3")


WRONG_SAMPLES = {
    "no axis": (np.array(1.0), "has no rows"),
    "none": (np.zeros((0, 6)), "has no rows"),
    "another size": (np.zeros((COUNT, 5)), "sample has shape"),
    "no second axis": (np.arange(COUNT), "sample has shape"),
    "objects": (np.array([{}] * COUNT), "Python objects"),
    "beyond float32": (np.full((COUNT, 6), 1e300) * np.arange(COUNT)[:, None], "no finite float32"),
}


@pytest.mark.parametrize("kind", WRONG_SAMPLES)
def test_samples_that_no_input_takes(folder, kind):
    values, message = WRONG_SAMPLES[kind]
    if kind != "no axis" and len(values) and values.dtype != object:
        values = values + np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1)) * 1e-3
    save(folder, x=values)
    with pytest.raises(BadInputError, match=message):
        case = load(folder)
        case.quantized_inputs(case.sets.validation, case.quantized)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("count = 150", "count = 401", "needs 401 samples"),
        ("count = 150", "count = 350", "no validation sample is left"),
        ("count = 150", f"count = {10**25}", "count"),
        ('file = "data.npz"\ninputs = ["x"]', "grid = { low = nan, high = 1.0, count = 9 }", "low is nan"),
        ('file = "data.npz"\ninputs = ["x"]', "grid = { low = 0.0, high = inf, count = 9 }", "high is inf"),
        ('file = "data.npz"\ninputs = ["x"]', "grid = { low = 1.0, high = 0.0, count = 9 }", "does not rise"),
        ('file = "data.npz"\ninputs = ["x"]', "grid = { low = 0.0, high = 1e300, count = 9 }", "does not rise"),
        ('file = "data.npz"\ninputs = ["x"]', "grid = { low = 0.0, high = 1.0, count = 1000000000 }", "too fine"),
        ('inputs = ["x"]', "frames = { window = 1000, stride = 1 }", "no whole number|over 4 GB|windows|NaN"),
        ("[samples]", "[[inputs]]\nmultiply = nan\n[samples]", "inputs.multiply is nan"),
        ("[samples]", "[[inputs]]\nmultiply = [0.0]\n[samples]", "inputs.multiply is 0: all samples"),
        ("[samples]", "[[inputs]]\nsubtract = [1.0, 2.0]\n[samples]", "inputs.subtract lists 2 numbers"),
        ("[samples]", f"[[inputs]]\nraw_offset = {10**30}\n[samples]", "raw_offset|int"),
        ("[samples]", "[gate]\nmax_rms = inf\n[samples]", "gate.max_rms is inf"),
        ("[samples]", "[task]\ntolerance = inf\n[samples]", "task.tolerance is inf"),
        ('inputs = ["x"]', 'inputs = ["x"]\nlabels = ""', "length >= 1"),
        ("[models.float]", f"label_offset = {2**40}\n[models.float]", "label_offset is beyond"),
        ("[models.float]", f"label_offset = {'9' * 5000}\n[models.float]", "target.toml"),
        ("[models.float]", "label_offset = " + "[" * 3000 + "\n[models.float]", "nest deeper"),
        ('"float.tflite"', '"a\\u0000b"', "no file can have this name"),
    ],
)  # fmt: skip
def test_tables_that_nothing_can_compute_with(folder, old, new, message):
    change(folder, old, new)
    with pytest.raises(BadInputError, match=message) as caught:
        case = load(folder)
        case.quantized_inputs(case.sets.validation, case.quantized)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_windows_that_would_fill_the_memory(folder):
    (folder / "data.npz").write_bytes(np.zeros(2**22, "<f4").tobytes())
    change(folder, 'inputs = ["x"]', f"frames = {{ window = {2**20}, stride = 1 }}")
    refused(folder, "over 4 GB")


def test_raw_samples_must_be_whole(folder):
    target = read_target(folder / "target.toml")
    from msgspec.structs import replace

    from mendlite.model.samples import Samples
    from mendlite.tflite.reader import read

    target = replace(target, inputs=[Preprocessing(int8="raw")])
    raw = np.full((2, 6), 1.5, np.float32)
    samples = Samples(name="repair", source="all", rows=np.arange(2), raw=(raw,), labels=None)
    with pytest.raises(BadInputError, match="not whole"):
        quantized_inputs(target.inputs, samples, read(build(dense_spec())))
    big = Samples(name="repair", source="all", rows=np.arange(2), raw=(np.full((2, 6), 2**64 - 1, np.uint64),), labels=None)  # fmt: skip
    with pytest.raises(BadInputError, match="do not fit INT8"):
        quantized_inputs(target.inputs, big, read(build(dense_spec())))


def test_a_product_beyond_float32_warns_nobody(recwarn):
    with pytest.raises(BadInputError, match="no finite float32"):
        real_input(Preprocessing(multiply=1e300), np.array([[1e300]]))
    assert not recwarn.list


def test_links_that_lead_in_a_circle(folder):
    (folder / "data.npz").unlink()
    (folder / "data.npz").symlink_to("data.npz")
    refused(folder, "links lead in a circle|Too many levels")


@pytest.mark.parametrize("offsets", [[0, 9, 5], [-1, 5], [0, 10**9], [0.0, 5.0], [[0, 5]], [0], []])
def test_offsets_that_cut_no_files(folder, offsets):
    np.savez(folder / "data.npz", x=np.zeros(20, np.uint8), o=np.array(offsets))
    change(folder, 'inputs = ["x"]', 'inputs = ["x"]\njpeg = { offsets = "o" }')
    refused(folder, "offsets|has no rows")


CASES = {
    "10-path-escape/t_abs": "leads out of the folder",
    "10-path-escape/t_long": "File name too long",
    "11-npz/n_compression-99": "another method",
    "11-npz/n_corrupt-deflate": "is damaged",
    "11-npz/n_encrypted-member": "encrypted",
    "11-npz/n_images-0-d": "has no rows",
    "11-npz/n_label-float-nan": "NaN",
    "11-npz/n_labels-2d": "not one class index",
    "11-npz/n_npy-not-npz": "a single .npy",
    "11-npz/n_samples-nan-one": "first in row 600",
    "12-toml/arrays.toml": "nest deeper",
    "12-toml/dotted.toml": "too many for a TOML file",
}


@pytest.mark.data
@pytest.mark.parametrize("case", CASES)
def test_the_hostile_cases(case):
    refused(Path(os.environ["MENDLITE_DATA"]).parent / "cases" / "hostile" / case, CASES[case])


def test_a_target_of_ours_is_still_loaded(folder):
    assert load(folder).sets.validation.count == 200
    assert load_target(str(folder), data_root=None).name == "tiny"
