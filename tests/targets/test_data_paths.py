"""Targets whose samples are folders, tables and functions: drawn, pinned, and kept inside."""

import shutil

import numpy as np
import pytest

from mendlite.errors import BadInputError
from mendlite.sources.digest import digest_of_files
from mendlite.targets.data_paths import Allowed
from mendlite.targets.load import load_target
from mendlite.targets.open import CaseOptions, open_target
from mendlite.targets.samples import NOTHING, load_samples
from small_targets import head
from tiny_models import build, dense_spec, float_twin

SETS = ("count = 10", "count = 5")
PATHS = 'file = "data.npz"\ninputs = ["x"]'


def save_images(folder, rng, classes, grey=0):
    from PIL import Image

    for name in classes:
        (folder / name).mkdir(parents=True)
        for number in range(12):
            shape = (4, 4) if number < grey else (4, 4, 3)
            pixels = rng.integers(0, 256, shape, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")


@pytest.fixture
def folder(tmp_path):
    """A folder with a target of images in class folders; its models take 48 values."""
    rng = np.random.default_rng(3)
    spec = dense_spec(rng, inputs=48, hidden=8, classes=3)
    (tmp_path / "int8.tflite").write_bytes(build(spec))
    (tmp_path / "float.tflite").write_bytes(build(float_twin(spec)))
    save_images(tmp_path / "photos", rng, ("ant", "bee", "cat"))
    return tmp_path


def write(folder, table, more=""):
    text = head(*SETS).replace(PATHS, table)
    (folder / "target.toml").write_text(
        text.replace("[models.float]", f"{more}\n[models.float]", 1)
    )
    return str(folder / "target.toml")


def sets_of(folder, table, more="", allowed=NOTHING, seed=0):
    target = load_target(write(folder, table, more), data_root=None, allow_outside=allowed.outside)
    return load_samples(target, seed, allowed)


def test_a_folder_is_drawn_and_its_names_reach_the_case(folder):
    name = write(folder, 'paths = ["photos"]')
    case = open_target(name, CaseOptions()).case
    assert case.class_names == ("ant", "bee", "cat")
    counts = [one.count for one in (case.sets.repair, case.sets.selection, case.sets.validation)]
    assert counts == [10, 5, 21]
    assert case.sets.validation.raw[0].shape == (21, 4, 4, 3)
    rows = [set(one.rows) for one in (case.sets.repair, case.sets.selection, case.sets.validation)]
    assert set.union(*rows) == set(range(36))
    again = sets_of(folder, 'paths = ["photos"]')
    assert np.array_equal(again.repair.rows, case.sets.repair.rows)
    other = sets_of(folder, 'paths = ["photos"]', seed=1)
    assert not np.array_equal(other.repair.rows, case.sets.repair.rows)


def test_the_targets_names_give_the_order(folder):
    found = sets_of(folder, 'paths = ["photos"]', more='class_names = ["cat", "bee", "ant"]')
    assert found.class_names == ("cat", "bee", "ant")
    assert set(found.validation.labels[found.validation.rows < 12]) == {2}
    write(folder, 'paths = ["photos"]', more='class_names = ["cat", "bee", "ant", "dog"]')
    with pytest.raises(BadInputError, match="name 4 classes .* 3 outputs"):
        open_target(str(folder / "target.toml"), CaseOptions())


def test_all_sets_are_read_alike(folder):
    shutil.rmtree(folder / "photos")
    save_images(folder / "photos", np.random.default_rng(0), ("ant", "bee", "cat"), grey=11)
    found = sets_of(folder, 'paths = ["photos"]')
    shapes = {one.raw[0].shape[1:] for one in (found.repair, found.selection, found.validation)}
    assert shapes == {(4, 4, 3)}


def test_labels_that_are_names_count_among_all(folder):
    rows = "".join(f"{i},{'z' if i == 35 else 'ay'[i % 2]}\n" for i in range(36))
    (folder / "t.csv").write_text(f"x,label\n{rows}")
    found = sets_of(folder, 'paths = ["t.csv"]')
    assert found.class_names == ("a", "y", "z")
    both = np.concatenate([found.repair.labels, found.selection.labels, found.validation.labels])
    assert sorted(both.tolist()) == [0] * 18 + [1] * 17 + [2]


def test_a_pinned_digest_is_that_of_all_files(folder):
    digest = digest_of_files(sorted((folder / "photos").rglob("*.png")))
    table = f'paths = ["photos"]\nsha256 = "{digest}"'
    assert sets_of(folder, table).repair.count == 10
    moved = folder / "photos" / "ant"
    moved.rename(folder / "photos" / "ape")
    with pytest.raises(BadInputError, match="the sha256 of the data is not"):
        sets_of(folder, table)
    with pytest.raises(BadInputError, match="the sha256 of the data is not"):
        sets_of(folder, f'paths = ["photos"]\nsha256 = "{"0" * 64}"')


def test_paths_and_code_need_permission(folder, tmp_path_factory):
    away = tmp_path_factory.mktemp("away")
    shutil.move(folder / "photos", away / "photos")
    (folder / "photos").symlink_to(away / "photos")
    with pytest.raises(BadInputError, match="`allow_outside`"):
        sets_of(folder, 'paths = ["photos"]')
    assert sets_of(folder, 'paths = ["photos"]', allowed=Allowed(outside=True)).repair.count == 10
    code = "import numpy\ndef f():\n    for i in range(36): yield [numpy.full((1, 48), i)], i % 3\n"
    (folder / "samples_of_a_target.py").write_text(code)
    table = 'paths = ["samples_of_a_target:f"]'
    with pytest.raises(BadInputError, match="`allow_code`"):
        sets_of(folder, table)
    found = sets_of(folder, table, allowed=Allowed(code=True))
    assert np.array_equal(found.repair.labels, found.repair.rows % 3)


@pytest.mark.parametrize("key", ['file = "data.npz"', "grid = { low = 0, high = 1, count = 3 }",
                                 "frames = { window = 3, stride = 1 }", 'outputs = ["o"]'])  # fmt: skip
def test_paths_stand_alone(folder, key):
    with pytest.raises(BadInputError, match="has paths and"):
        sets_of(folder, f'paths = ["photos"]\n{key}')


@pytest.mark.parametrize("key", ['columns = ["a"]', "image_size = [8, 8]", "channels = 1",
                                 "sample_rate = 16000", "window = 3", "stride = 1",
                                 'front_end = "micro"'])  # fmt: skip
def test_what_only_files_of_paths_have_is_not_ignored(folder, key):
    with pytest.raises(BadInputError, match="only applies to files of `paths`"):
        sets_of(folder, f'file = "data.npz"\ninputs = ["x"]\n{key}')
