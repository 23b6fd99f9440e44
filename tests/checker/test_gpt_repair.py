"""A repaired character model of LESS, SELECT, SELECT_V2 and NEG: its certificate, and forged ones."""

from dataclasses import replace

import numpy as np
import pytest
from language_kits import language_kit

from checked_kernels import agree
from gpt_models import POSITIONS, TOKENS, gpt_spec
from kits import forged, noticed, recounted
from mendlite.checker.form import loads
from mendlite.checker.graph import read_graph
from mendlite.model.rounding import Profile
from mendlite.prepare.model import prepare_model
from mendlite.tflite.reader import read
from tiny_models import build


@pytest.fixture(scope="module")
def kit(tmp_path_factory, keys):
    folder = tmp_path_factory.mktemp("gpt")
    tokens = np.random.default_rng(3).integers(0, TOKENS, (400, POSITIONS + 1))
    np.savez(folder / "data.npz", x=tokens[:, :-1].astype(np.uint8), y=tokens[:, 1:])
    for name, quantized in (("float", False), ("int8", True)):
        (folder / f"{name}.tflite").write_bytes(build(gpt_spec(quantized=quantized)))
    return language_kit(folder, "all", keys)


@pytest.mark.parametrize("quantized", [False, True])
def test_no_interpreter_runs_an_operator_and_the_checker_has_litert_s_values(quantized):
    spec = gpt_spec(quantized=quantized)
    for profile in Profile:
        assert not prepare_model(read(build(spec)), profile).interpreted
    inputs = [np.random.default_rng(0).integers(-TOKENS, TOKENS, (6, POSITIONS)).astype(np.int32)]
    # A last bit decides one of 255 steps of an input that is quantized at run time.
    assert agree(spec, inputs=inputs, near=0.2 if quantized else 1e-4) == {"litert"}


def test_its_certificate_holds(kit):
    values = loads(kit.certificate)
    assert values["edits"]
    figures = values["sets"]["validation"]["figures"]
    assert figures["failing_after"] < figures["failing_before"]
    assert noticed(kit) is None


def test_a_failing_position_left_out_is_noticed(kit):
    values = loads(kit.certificate)
    entry = values["sets"]["validation"]
    answers, failing = entry["answers"], entry["failing"]["after"]
    for place in failing:
        answers["patched"][place] = answers["teacher"][place]
    recounted(entry, set())
    labels = np.asarray(kit.data.sets["validation"].labels).reshape(-1)
    entry["figures"]["accuracy"]["patched"] = (
        int(np.sum(labels == answers["patched"])) / labels.size
    )
    assert "validation: the certificate's entry for patched" in noticed(forged(kit, values))


def test_a_value_outside_the_declared_edits_is_noticed(kit):
    graph = read_graph(kit.base)
    bound = next(op for op in graph.ops if op.name == "LESS").inputs[1]
    patched = bytearray(kit.patched)
    patched[graph.tensors[bound].at] += 1
    found = noticed(replace(kit, patched=bytes(patched)))
    assert found is not None
    assert "patched" in found
