"""int8 files with float islands are repaired around them; a float16 file serves as the teacher."""

import numpy as np
import pytest

from digits_case import OPTIONS, PATHS
from mendlite.jobs.repair import repair
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from mendlite.tflite.diff import diff
from mendlite.tflite.float_form import in_float
from mendlite.tflite.reader import read
from small_targets import HEAD, spoiled, write_target
from stored_float_models import half_spec, island_spec
from tiny_models import build, dense_spec

TASK = '[task]\nkind = "regression"\ntolerance = 0.5\n'


@pytest.mark.parametrize(("kind", "dense"), [("FLOAT16", True), ("INT8", False)])
def test_layers_around_an_island_are_repaired_and_its_constants_stay(tmp_path, kind, dense):
    whole = island_spec(kind=kind, dense=dense)
    write_target(tmp_path, lambda: island_spec(kind=kind, dense=dense), TASK, spread=0.8)
    (tmp_path / "float.tflite").write_bytes(in_float(read(build(whole))))
    case = load_case(str(tmp_path / "target.toml"), OPTIONS)
    result = repair(case, Settings.of("least-squares"), PATHS)
    validation = result.report.validation
    assert validation.repaired.loss < 0.8 * validation.int8.loss
    delta = diff(case.quantized, result.model)
    held = {t.index for t in case.quantized.tensors if t.name.startswith("c")}
    assert not held & {edit.tensor for edit in delta.edits}


def quantized_from(half):
    """An int8 file of ``half_spec``'s network: weights rounded, ranges set by hand."""
    spec = dense_spec()
    for number, (layer, step) in enumerate(((0, 0.05), (1, 0.06))):
        weights, bias = spec.tensors[3 * number + 1], spec.tensors[3 * number + 2]
        real = {t.name: t.data.astype(np.float64) for t in half.tensors if t.data is not None}
        scale = np.abs(real[f"w{layer}_half"]).max() / 127
        weights.scale = [scale]
        weights.data = np.rint(real[f"w{layer}_half"] / scale).astype(np.int8)
        bias.scale = [scale * step]
        bias.data = np.rint(real[f"b{layer}_half"] / (scale * step)).astype("<i4")
    spec.tensors[0].scale, spec.tensors[3].scale, spec.tensors[6].scale = [0.05], [0.06], [0.1]
    spec.tensors[3].zero_point = [-128]
    return spec


def test_a_float16_file_is_a_teacher(tmp_path):
    half = half_spec()
    (tmp_path / "float.tflite").write_bytes(build(half))
    (tmp_path / "int8.tflite").write_bytes(build(spoiled(quantized_from(half))))
    x = np.random.default_rng(5).normal(0, 1.5, (400, 6)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x)
    (tmp_path / "target.toml").write_text(HEAD + TASK, encoding="utf-8")
    case = load_case(str(tmp_path / "target.toml"), OPTIONS)
    assert [pair.distance < 0.1 for pair in case.pairs] == [True, True]
    result = repair(case, Settings.of("least-squares"), PATHS)
    validation = result.report.validation
    assert validation.repaired.loss < 0.5 * validation.int8.loss
    assert read(result.model.data).sha256 == result.model.sha256
