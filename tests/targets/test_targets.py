"""Targets: files that are found, checked and fed; samples that stay apart."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.case.preprocess import float_inputs, quantized_inputs, real_input
from mendlite.case.recipe import Preprocessing
from mendlite.errors import BadInputError
from mendlite.model.samples import Samples
from mendlite.targets.images import decode_jpegs
from mendlite.targets.load import find_target, load_target, named_targets, read_target
from mendlite.targets.samples import choose_rows, load_samples
from mendlite.targets.schema import Draw, Jpeg
from mendlite.tflite.reader import read, read_file
from tiny_models import build, dense_spec, float_twin

TARGET = """
name = "tiny"
description = "two dense layers"
[models.float]
file = "float.tflite"
[models.int8]
file = "int8.tflite"
[data.all]
file = "data.npz"
inputs = ["x"]
labels = "y"
[samples]
repair = { from = "all", count = 20 }
selection = { from = "all", count = 5 }
validation = { from = "all" }
[[inputs]]
subtract = 1.0
multiply = 0.5
"""
DIGEST = {"all": "ab" * 32}


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "int8.tflite").write_bytes(build(dense_spec()))
    (tmp_path / "float.tflite").write_bytes(build(float_twin(dense_spec())))
    np.savez(tmp_path / "data.npz", x=rng.normal(size=(60, 6)), y=rng.integers(0, 3, 60))
    (tmp_path / "target.toml").write_text(TARGET)
    return tmp_path


def change(folder, old, new):
    path = folder / "target.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return str(path)


def test_a_target_by_path_has_all_its_files(folder):
    target = load_target(str(folder / "target.toml"), data_root=None)
    assert target.models.int8.path == folder / "int8.tflite"
    assert load_target(str(folder), data_root=None) == target
    sets = load_samples(target, 0)
    assert (sets.repair.count, sets.selection.count, sets.validation.count) == (20, 5, 35)
    rows = np.concatenate([s.rows for s in (sets.repair, sets.selection, sets.validation)])
    assert sorted(rows.tolist()) == list(range(60))


def test_the_draw_follows_the_seed(folder):
    target = load_target(str(folder), data_root=None)
    draws = [load_samples(target, seed).repair.rows.tolist() for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "tiny"', 'name = "a b"', "name"),
        ('name = "tiny"', 'nome = "tiny"', "nome"),
        ("count = 20", "count = 0", "repair"),
        ("count = 20", "count = 99", "needs 99 samples, but 'all' has 60 left"),
        ('repair = { from = "all"', 'repair = { from = "none"', "draws from 'none'"),
        ("count = 20", "rows = [0, 99]", "rows 0 to 99 of 60 do not exist"),
        ("count = 20 }\nselection", "rows = [0, 9] }\nselection", None),
        ('file = "float.tflite"', 'file = "gone.tflite"', "gone.tflite: no such file"),
        ('file = "int8.tflite"', f'file = "int8.tflite"\nsha256 = "{"0" * 64}"', "it is another file"),
        ('inputs = ["x"]', 'inputs = ["z"]', "there is no array 'z'; there are: x, y"),
        ("[samples]", "[samples", "target.toml"),
        ("multiply = 0.5", 'int8 = "maybe"', "int8"),
    ],
)  # fmt: skip
def test_a_wrong_target_names_the_field(folder, old, new, message):
    path = change(folder, old, new)
    if message is None:
        assert load_samples(load_target(path, data_root=None), 0).repair.count == 9
        return
    with pytest.raises(BadInputError) as caught:
        load_samples(load_target(path, data_root=None), 0)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value).strip()


def test_broken_data_is_named(folder):
    (folder / "data.npz").write_bytes(b"not a zip")
    with pytest.raises(BadInputError, match="not a readable .npz file"):
        load_samples(load_target(str(folder), data_root=None), 0)


def test_samples_with_equal_contents_are_dropped_from_the_repair_set(folder):
    values = np.arange(60 * 6, dtype=np.float64).reshape(60, 6)
    values[10] = values[50]
    np.savez(folder / "data.npz", x=values, y=np.zeros(60, int))
    change(folder, "count = 20", "rows = [0, 20]")
    change(folder, "count = 5", "rows = [20, 25]")
    sets = load_samples(load_target(str(folder), data_root=None), 0)
    assert sets.dropped == 1
    assert 10 not in sets.repair.rows
    assert 50 in sets.validation.rows


def test_sets_that_leave_nothing_are_refused(folder):
    np.savez(folder / "data.npz", x=np.zeros((60, 6)), y=np.zeros(60, int))
    with pytest.raises(BadInputError, match="no repair sample is left"):
        load_samples(load_target(str(folder), data_root=None), 0)


def test_overlapping_rows_are_refused():
    draws = {
        "repair": Draw(source="all", rows=(0, 10)),
        "validation": Draw(source="all", rows=(9, 20)),
    }
    with pytest.raises(BadInputError, match="overlap another set"):
        choose_rows(draws, {"all": 30}, DIGEST, 0)


def test_two_open_ended_sets_are_refused():
    draws = {"selection": Draw(source="all"), "validation": Draw(source="all")}
    with pytest.raises(BadInputError, match="both use the rest"):
        choose_rows(draws, {"all": 30}, DIGEST, 0)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 5))
def test_sets_never_overlap(first, second, begin, seed):
    draws = {
        "repair": Draw(source="all", count=first) if first else Draw(source="all", rows=(begin, begin + 5)),
        "selection": Draw(source="all", count=second or 1),
        "validation": Draw(source="all"),
    }  # fmt: skip
    found = choose_rows(draws, {"all": 30}, DIGEST, seed)
    rows = np.concatenate(list(found.values()))
    assert sorted(rows.tolist()) == list(range(30))


def test_preprocessing_by_hand():
    raw = np.array([[0, 128, 255]], np.uint8)
    rule = Preprocessing(subtract=127.5, multiply=2.0)
    assert real_input(rule, raw).tolist() == [[-255.0, 1.0, 255.0]]
    each = Preprocessing(subtract=[0.0, 28.0, 55.0], multiply=[1.0, 0.5, 0.1])
    assert real_input(each, raw)[0].tolist() == pytest.approx([0.0, 50.0, 20.0])


def samples(raw):
    return Samples(name="repair", source="all", rows=np.arange(len(raw)), raw=(raw,), labels=None)


def test_inputs_of_both_models(folder):
    target = load_target(str(folder), data_root=None)
    raw = samples(np.array([[1.0, 1.2, 0.8, 99.0, -99.0, 1.05]]))
    exact = float_inputs(target.inputs, raw, read(build(float_twin(dense_spec()))))[0]
    assert exact[0].tolist() == pytest.approx([0, 0.1, -0.1, 49, -50, 0.025])
    # scale 0.05, zero-point -3: 0.025 is half a step, rounded away from zero.
    rounded = quantized_inputs(target.inputs, raw, read(build(dense_spec())))[0]
    assert rounded[0].tolist()[:5] == [-3, -1, -5, 127, -128]


def test_raw_inputs_must_fit(folder):
    path = change(folder, "multiply = 0.5", 'int8 = "raw"\nraw_offset = 128')
    target, model = load_target(path, data_root=None), read(build(dense_spec()))
    fits = samples(np.full((1, 6), 200, np.uint8))
    assert quantized_inputs(target.inputs, fits, model)[0].tolist() == [[72] * 6]
    with pytest.raises(BadInputError, match="set raw_offset"):
        quantized_inputs(target.inputs, samples(np.full((1, 6), 300)), model)


def test_samples_of_another_shape_are_named(folder):
    target = load_target(str(folder), data_root=None)
    with pytest.raises(BadInputError, match=r"a sample has shape \[5\]"):
        float_inputs(
            target.inputs, samples(np.zeros((2, 5))), read(build(float_twin(dense_spec())))
        )


INT4 = {
    "ic_imbalanced_a8w4", "ic_imbalanced_a8w4_dense4", "ic_imbalanced_w4_dynamic",
    "kws_one_sample_a8w4", "kws_one_sample_a8w4_dense4", "kws_one_sample_w4_dynamic",
    "mlperf_ic_a8w4", "mlperf_ic_a8w4_dense4", "mlperf_ic_w4_dynamic",
    "mnist_conv_fc_a8w4_dense4", "mnist_conv_fc_w4_dynamic", "mobilenet_v2_a8w4",
}  # fmt: skip


def test_named_targets_are_complete_and_documented():
    names = dict(named_targets())
    assert set(names) == {
        "cifar_resnet20", "cifar_resnet56", "digits", "digits_int16", "hello_world", "ic_imbalanced",
        "ic_imbalanced_dynamic", "kws_imbalanced", "kws_one_sample",
        "mlperf_ad", "mlperf_ic", "mlperf_kws", "mlperf_vww", "mltk_ic", "mnist_conv_fc", "mnist_lstm",
        "mnist_mlp_512", "mobilenet_v2", *INT4,
    }  # fmt: skip
    for name, path in names.items():
        target = read_target(path)
        assert target.name == name
        assert target.root == "here" or target.origin
        if target.root == "data":
            assert target.models.float.sha256
            assert all(source.sha256 or source.grid for source in target.data.values())


def test_every_field_is_documented():
    text = (Path(__file__).parents[2] / "targets" / "README.md").read_text(encoding="utf-8")
    import msgspec

    from mendlite.case.gate import Gate
    from mendlite.case.recipe import TaskSettings
    from mendlite.targets import schema

    tables = [schema.Target, schema.ModelFile, schema.Source, schema.Jpeg, schema.Draw,
              schema.SampleSplit, TaskSettings, schema.Frames, schema.Grid, Preprocessing, schema.RepairDefaults, Gate, schema.DeviceTable]  # fmt: skip
    for table in tables:
        for field in msgspec.structs.fields(table):
            if field.name != "path":
                assert f"`{field.encode_name}`" in text, f"{table.__name__}.{field.encode_name}"


def test_without_data_the_error_says_what_to_set():
    with pytest.raises(BadInputError, match=r"set MENDLITE_DATA.*github.com/mlcommons/tiny"):
        load_target("mlperf_ic", data_root=None)


def test_a_missing_data_file_is_named(tmp_path):
    with pytest.raises(
        BadInputError, match=r"pretrainedResnet.tflite: no such file \(MENDLITE_DATA"
    ):
        load_target("mlperf_ic", data_root=tmp_path)


@pytest.mark.parametrize("name", ["nope", "nope.toml", "../nope"])
def test_an_unknown_target(name):
    with pytest.raises(BadInputError):
        find_target(name)


@pytest.mark.parametrize("name", [n for n, _ in named_targets()])
def test_real_targets_load_and_stay_apart(data_root, name):
    target = load_target(name, data_root=data_root)
    sets = load_samples(target, 0)
    prints = [
        {row.tobytes() for row in found.raw[0]}
        for found in (sets.repair, sets.selection, sets.validation)
    ]
    assert not prints[0] & prints[1]
    assert not (prints[0] | prints[1]) & prints[2]
    model = read_file(target.models.int8.path)
    assert (
        quantized_inputs(target.inputs, sets.selection, model)[0].shape[0] == sets.selection.count
    )


def test_images_are_decoded_and_resized():
    from io import BytesIO

    from PIL import Image

    files = []
    for shade in (10, 200):
        buffer = BytesIO()
        Image.new("L", (12, 8), shade).save(buffer, "JPEG", quality=95)
        files.append(buffer.getvalue())
    data = np.frombuffer(b"".join(files), np.uint8)
    offsets = np.cumsum([0, *map(len, files)])
    found = decode_jpegs(data, offsets, np.array([1]), Jpeg(offsets="o", size=(4, 6)))
    assert found.shape == (1, 4, 6, 3)
    assert np.abs(found.astype(int) - 200).max() <= 1
    with pytest.raises(BadInputError, match="JPEG sample 0 cannot be decoded"):
        decode_jpegs(data[5:], offsets, np.array([0]), Jpeg(offsets="o"))
