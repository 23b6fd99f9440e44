"""The front door with language models: the task is found, ids are fed as they are stored."""

import numpy as np
import pytest

from in_process import run
from language_models import POSITIONS, TOKENS, language_spec
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from mendlite.understanding.graph import read_graph, vocabulary
from tiny_models import build

IDS = np.random.default_rng(5).integers(0, TOKENS, (600, POSITIONS)).astype(np.int64)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "float.tflite").write_bytes(build(language_spec(quantized=False)))
    (tmp_path / "int8.tflite").write_bytes(build(language_spec(quantized=True)))
    return tmp_path


def following(folder):
    """The float model's own tokens, an eighth of them replaced: text that it predicts well."""
    model = read((folder / "float.tflite").read_bytes())
    runner = ReferenceRunner(model=model, profile=Profile.TFLM)
    values = collect(runner, [IDS.astype(np.int32)], model.outputs)[model.outputs[0]]
    rng = np.random.default_rng(6)
    others = rng.integers(0, TOKENS, IDS.shape)
    return np.where(rng.random(IDS.shape) < 1 / 8, others, values.argmax(axis=2))


def repaired(folder, *words):
    files = (str(folder / "float.tflite"), str(folder / "int8.tflite"))
    return run(
        "repair", *files, "--strategy", "least-squares", "--out", str(folder / "out"), *words
    )


def test_ids_alone_show_the_task(folder):
    np.save(folder / "ids.npy", IDS)
    done = repaired(folder, "--data", str(folder / "ids.npy"))
    assert done.code == 0, done.err
    assert f"next-token at each of {POSITIONS} positions, {TOKENS} tokens" in done.err
    assert "fed as stored" in done.err


def test_next_tokens_are_its_labels(folder):
    np.savez(folder / "text.npz", tokens=IDS, labels=following(folder))
    done = repaired(folder, "--data", str(folder / "text.npz"))
    assert done.code == 0, done.err
    assert "float accuracy 8" in done.err
    again = run("repair", str(folder / "out" / "target.toml"), "--allow-outside",
                "--strategy", "least-squares", "--out", str(folder / "again"))  # fmt: skip
    assert again.code == 0, again.err
    files = [(folder / name / "repaired.tflite").read_bytes() for name in ("out", "again")]
    assert files[0] == files[1]
    assert "(labels: token ids from array 'labels')" in done.err


def test_labels_that_are_no_next_tokens_are_noticed(folder):
    """The ids themselves, as by a script that forgot to move them by one."""
    np.savez(folder / "text.npz", tokens=IDS, labels=IDS)
    done = repaired(folder, "--data", str(folder / "text.npz"))
    assert done.code == 2
    assert "no more to do with the labels than chance" in done.err


def test_a_token_beyond_the_vocabulary_is_one_line(folder):
    labels = following(folder)
    labels[0, 0] = TOKENS
    np.savez(folder / "text.npz", tokens=IDS, labels=labels)
    done = repaired(folder, "--data", str(folder / "text.npz"))
    assert done.code == 2
    assert f"class {TOKENS}, but the model has {TOKENS} outputs" in done.err


def test_a_head_of_another_width_is_no_language_model():
    """As many values as an embedding has rows make one; a classifier of ids has fewer."""
    whole = read(build(language_spec(quantized=False)))
    assert vocabulary(whole) == TOKENS
    assert read_graph(whole).kinds == ("next-token",)
    spec = language_spec(quantized=False)
    spec.tensors[spec.inputs[0]].type = "FLOAT32"
    assert vocabulary(read(build(spec))) == 0
