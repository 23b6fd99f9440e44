"""A float model of another network or another training run, beside the int8 file."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from test_repair import settings

from digits_case import OPTIONS, PATHS
from mendlite.errors import BadInputError
from mendlite.jobs.repair import repair
from mendlite.pairing.verdict import PairingVerdict
from mendlite.targets.load import find_target
from mendlite.targets.open import load_case
from tiny_models import build, dense_spec, float_twin


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


def test_another_network_is_refused(digits, tmp_path):
    path = find_target("digits")
    model = digits.reference
    data = bytearray(model.data)
    buffer = model.tensors[model.layers[2].weights].buffer
    other = np.random.default_rng(0).normal(size=buffer.size // 4).astype("<f4")
    data[buffer.offset : buffer.offset + buffer.size] = other.tobytes()
    (tmp_path / "float.tflite").write_bytes(bytes(data))
    for name in ("int8.tflite", "digits.npz"):
        (tmp_path / name).write_bytes((path.parent / name).read_bytes())
    (tmp_path / "target.toml").write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(BadInputError, match=r"layer 2 .*another network"):
        load_case(str(tmp_path), OPTIONS)
    case = load_case(str(tmp_path), replace(OPTIONS, allow_other_network=True))
    report = repair(case, settings(layers=("4",)), PATHS).report
    assert any("another network" in note for note in report.notes)


def test_a_file_of_another_training_run_is_made_to_follow(digits, tmp_path):
    """The float twin's neurons in another order: no layer's weights are near any more."""
    model = digits.reference
    first, second = model.layers[3], model.layers[4]
    order = np.random.default_rng(0).permutation(first.channels)
    data = bytearray(model.data)
    for tensor, axis in ((first.weights, 0), (first.bias, 0), (second.weights, 1)):
        stored = model.tensors[tensor]
        moved = np.take(stored.constant(), order, axis=axis).astype("<f4")
        data[stored.buffer.offset : stored.buffer.offset + stored.buffer.size] = moved.tobytes()
    folder = find_target("digits").parent
    (tmp_path / "float.tflite").write_bytes(bytes(data))
    for name in ("int8.tflite", "digits.npz", "target.toml"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    text = (tmp_path / "target.toml").read_text(encoding="utf-8")
    text = re.sub(r'(file = "float.tflite"\n)sha256 = .*\n', r"\1", text)
    (tmp_path / "target.toml").write_text(text, encoding="utf-8")
    case = load_case(str(tmp_path), replace(OPTIONS, allow_other_network=True))
    assert case.pairing.verdict is PairingVerdict.OTHER
    report = repair(case, settings(strategy="auto"), PATHS).report
    assert report.steps[0].name == "requantize"
    assert report.steps[0].accepted
    assert report.validation.repaired.failing <= report.validation.int8.failing / 2


def test_a_wrong_pair_is_refused(tmp_path):
    source = find_target("digits").parent
    for path in source.iterdir():
        shutil.copy(path, tmp_path)
    (tmp_path / "float.tflite").write_bytes(build(float_twin(dense_spec())))
    with pytest.raises(BadInputError, match="they are not the same network"):
        load_case(str(tmp_path), OPTIONS)
