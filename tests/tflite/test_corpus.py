"""Public files and hostile ones: each is read, or refused in one line; both readers agree."""

import warnings

import pytest

from mendlite.checker.graph import read_graph
from mendlite.errors import BadInputError
from mendlite.tflite.reader import read
from mendlite.tflite.support import require_repairable
from two_readers import same

REFUSED = {
    "google-ai-edge+LiteRT__blockwise_quantized": "tensor 2 'quantized_tensor': blockwise quantization",
}
"""The files of the corpus that are not read, and what is said of them."""

REASONS = {
    "HimaxWiseEyePlus+Seeed_Grove_Vision_AI_Module_V2__tflite_learn_5.h": "compiled by Vela for an Ethos-U",
    "mattn+go-tflite__fizzbuzz_model_quant_edgetpu": "compiled for an Edge TPU",
    "google-coral+test_data__model_invoking_error": "CUSTOM:fake-op-double: a custom operator",
    "google-ai-edge+LiteRT__single_rsqrt_default_a8w8_recipe_quantized": "no layer has int8, int4 or uint8 weights",
}
"""Files that are read and not repaired, and the reason."""


def files(data_root, folder):
    return sorted((data_root.parent / folder).rglob("*.tflite"))


def refusal(data, reader=read):
    """What is said of the file, None where it is read; any other exception is a failure."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            reader(data)
        except BadInputError as error:
            said = str(error)
        else:
            return None
    assert "\n" not in said
    assert "cannot be read (" not in said
    return said


def test_the_whole_corpus_is_read_or_refused_by_name(data_root):
    found = {path.stem: refusal(path.read_bytes()) for path in files(data_root, "corpus")}
    assert len(found) >= 65
    refused = {name: said for name, said in found.items() if said is not None}
    assert refused.keys() == REFUSED.keys()
    for name, said in refused.items():
        assert REFUSED[name] in said


@pytest.mark.parametrize("name", REASONS)
def test_why_a_public_file_is_not_repaired(data_root, name):
    path = data_root.parent / "corpus" / "files" / f"{name}.tflite"
    with pytest.raises(BadInputError) as caught:
        require_repairable(read(path.read_bytes()))
    assert REASONS[name] in str(caught.value)


@pytest.mark.parametrize("folder", ["corpus", "cases", "data"])
def test_both_readers_see_the_same_file(data_root, folder):
    both = 0
    for path in files(data_root, folder):
        data = path.read_bytes()
        if refusal(data) is None and refusal(data, read_graph) is None:
            same(data)
            both += 1
    assert both >= 40


def test_vela_says_that_it_was_vela(data_root):
    path = next((data_root.parent / "cases" / "public" / "19-vela").glob("*.tflite"))
    with pytest.raises(
        BadInputError, match="compiled by Vela for an Ethos-U; repair the file before"
    ):
        require_repairable(read(path.read_bytes()))


@pytest.mark.parametrize("name", ["inf", "nan", "neg", "zero", "zp", "garbage"])
def test_what_a_hostile_delta_writes_is_refused(data_root, name):
    path = data_root.parent / "cases" / "hostile" / "20-apply-makes-malformed" / f"{name}.tflite"
    data = path.read_bytes()
    assert refusal(data) is not None
    assert refusal(data, read_graph) is not None
