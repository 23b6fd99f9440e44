"""Advice on a flash budget: what is chosen, what it is derived from, and what is refused."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from digits_case import OPTIONS
from mendlite.emit.litert_recipe import litert_recipe, not_named_apart
from mendlite.errors import BadInputError
from mendlite.jobs.advice.advice_files import advice_files
from mendlite.jobs.advice.advise import advise
from mendlite.jobs.advice.flash import flash_bytes
from mendlite.jobs.advice.mixed_case import mixed, savings
from mendlite.model.tensor import DType
from mendlite.pairing.layers import real_weights
from mendlite.pairing.verdict import PairingVerdict
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case

SETTINGS = Settings.of("least-squares")
FLASH = 11_000


@pytest.fixture(scope="module")
def digits():
    """The digits with fewer samples; their int8 file has 12,960 bytes."""
    case = load_case("digits", OPTIONS)
    sets = {k: getattr(case.sets, k).some(150) for k in ("repair", "selection", "validation")}
    return replace(case, sets=replace(case.sets, **sets))


@pytest.fixture(scope="module")
def advice(digits):
    return advise(digits, SETTINGS, FLASH, dense=True)


def test_the_mix_fits_and_the_bytes_are_those_of_the_layers(digits, advice):
    saved = savings(digits.quantized, dense=True)
    assert [mix.name for mix in advice.mixes] == ["8 bits", "mixed", "4 bits"]
    for mix in advice.mixes:
        assert mix.bytes == 12_960 - sum(saved[number] for number in mix.int4)
    assert advice.chosen == "mixed"
    assert advice.mix.bytes <= FLASH
    assert {x.position for x in advice.layers if x.bits == 4} == set(advice.mix.int4)


def test_what_repair_leaves_is_measured(advice):
    for mix in advice.mixes:
        assert mix.repaired.failing <= mix.before.failing
    assert all(x.loss is not None for x in advice.layers if x.saved)
    assert [x.position for x in advice.layers if not x.saved] == [1]


def test_the_derived_file_holds_float_rounded_to_sixteen_values(digits):
    case = mixed(digits, {0, 3})
    assert case.pairing.verdict is PairingVerdict.SAME
    assert len(case.quantized.data) == len(digits.quantized.data)
    for pair in case.pairs:
        weights = case.quantized.tensors[pair.quantized.weights]
        four = pair.quantized.number in {0, 3}
        assert (weights.dtype is DType.INT4) == four
        if four:
            assert np.abs(weights.data).max() == 7
            real = real_weights(case.reference, pair.reference)
            step = weights.quantization().scale.max()
            assert (
                np.abs(real_weights(case.quantized, pair.quantized) - real).max()
                <= step / 2 * 1.001
            )


def test_a_file_that_fits_keeps_its_bits(digits):
    found = advise(digits, Settings.of("bias"), 13_000, dense=False)
    assert found.chosen == "8 bits"
    assert len(found.recipe) == 1
    assert found.measured == 0
    assert {x.bits for x in found.layers} == {8}


def test_too_little_flash_names_the_least_that_is_possible(digits):
    with pytest.raises(BadInputError, match=r"12,864 with 4 bits .*; 9,680 with `dense`"):
        advise(digits, SETTINGS, FLASH, dense=False)


def test_a_file_without_int8_weights_is_refused_with_each_reason_once(digits):
    case = mixed(digits, {0, 2, 3, 4})
    with pytest.raises(
        BadInputError, match=r"weights are INT4 \(layers 0, 2, 3, 4\); litert-quantizer has"
    ):
        advise(case, SETTINGS, FLASH, dense=True)


def test_a_repaired_file_of_other_weights_is_refused(digits):
    other = replace(digits, pairing=replace(digits.pairing, verdict=PairingVerdict.RESCALED))
    with pytest.raises(BadInputError, match="as it was quantized"):
        advise(other, SETTINGS, FLASH, dense=True)


def test_the_recipe_names_each_layer_alone(digits):
    reference = digits.reference
    assert not not_named_apart(reference)
    rows = litert_recipe(reference, reference.layers, static=True)
    scopes = [f"{reference.tensors[o.outputs[0]].name};" for o in reference.operators]
    for row, layer in zip(rows[1:], reference.layers, strict=True):
        matches = [n for n, scope in enumerate(scopes) if re.search(row["regex"], scope)]
        assert matches == [layer.index]
        assert row["op_config"]["weight_tensor_config"]["num_bits"] == 4


def test_layers_whose_outputs_have_one_name_are_not_named_apart(digits):
    reference = digits.reference
    tensors = list(reference.tensors)
    first, second = reference.layers[0].output, reference.layers[2].output
    tensors[second] = replace(tensors[second], name=tensors[first].name)
    other = replace(reference, tensors=tuple(tensors))
    assert not_named_apart(other) == {0, 2}


def test_the_files_are_those_of_the_advice(advice):
    files = advice_files(advice)
    assert json.loads(files["recipe.json"]) == list(advice.recipe)
    assert json.loads(files["advice.json"])["chosen"] == "mixed"
    header, *rows = files["advice.csv"].decode().splitlines()
    assert header.startswith("weights,advised,bytes,int4_layers,samples,failing_before")
    assert [row.split(",")[:3] for row in rows] == [
        [mix.name, str(int(mix.name == "mixed")), str(mix.bytes)] for mix in advice.mixes
    ]
    assert files["advice.png"].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("60k", 61_440),
        ("60kB", 60_000),
        ("60KiB", 61_440),
        ("0.5M", 524_288),
        ("61440", 61_440),
        (77, 77),
    ],
)
def test_sizes_of_flash(given, size):
    assert flash_bytes(given) == size


@pytest.mark.parametrize("given", ["", "k", "-1", "0", "60 q", "1e5", "nan", "60k60", 0])
def test_other_sizes_are_refused(given):
    with pytest.raises(BadInputError, match="`flash` is"):
        flash_bytes(given)
