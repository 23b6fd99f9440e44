"""Boards with a user's TFLite Micro, here its stub: what `validate` and `repair` find out of them."""

import json
import os
import subprocess
from pathlib import Path

import pytest

import ready_commands

FIRMWARE = Path(__file__).parents[2] / "firmware_tests"
STUB = FIRMWARE / "unit" / "tflm_stub"
DIGITS = FIRMWARE.parent / "targets" / "models" / "digits" / "int8.tflite"

pytestmark = pytest.mark.device

VALIDATE = ("validate", "digits", "--validation-samples", "60", "--device", "qemu:host-tflm")


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    """A checkout whose library is built anew for each firmware."""
    return tmp_path_factory.mktemp("tflm") / "checkout"


@pytest.fixture
def run(tmp_path):
    """Runs a command on that firmware; its exit code, output and errors."""
    environment = dict(os.environ, MENDLITE_FIRMWARE=str(tmp_path), COLUMNS="200")

    def run_(*words):
        done = ready_commands.run(words, environment=environment)
        return done.returncode, done.stdout, done.stderr

    return run_


@pytest.fixture
def with_firmware(tree, tmp_path):
    """Builds the host's firmware with a stub's library: its build type, defines and options."""

    def build(build_type, *defines, options=()):
        subprocess.run(
            [STUB / "make_tree.sh", tree, "host", build_type, *defines], cwd=FIRMWARE, check=True
        )
        words = ["BOARD=host", "ENGINE=tflm", f"TFLM={tree}", f"BUILD_TYPE={build_type}"]
        words += [f"MODEL={DIGITS}", f"OUT={tmp_path / 'host-tflm'}", *options]
        subprocess.run(["make", "-s", "-C", FIRMWARE, *words], check=True, capture_output=True)

    return build


def validated(run, *words):
    code, out, errors = run(*VALIDATE, *words, "--json")
    assert code == 0, errors
    return json.loads(out)["device"]["models"][0]


def test_a_classifier_that_ends_in_softmax_is_validated_on_copies_of_the_model(run, with_firmware):
    with_firmware("release")
    found = validated(run)
    assert found["verdict"] == "identical"
    assert "tflm" in found["looks_like"]


def test_single_rounding_is_named_with_the_operator_where_it_begins(run, with_firmware):
    with_firmware("release", "-DSTUB_PROFILE=MENDLITE_PROFILE_SINGLE")
    code, out, errors = run(*VALIDATE)
    assert code == 0, errors
    assert "rounding profile differs (looks like single)" in out
    assert "first at operator 0 CONV_2D" in out


@pytest.mark.parametrize("options", [(), pytest.param(("KEEP_TENSORS=1",), marks=pytest.mark.slow)])
def test_a_bug_in_a_pool_is_named_with_its_values(run, with_firmware, options):
    with_firmware("default", "-DSTUB_POOL_BUG", options=options)
    found = validated(run)
    first = found["first"]
    assert found["verdict"] == "kernel differs"
    assert (first["op"], first["operator"], first["largest"]) == ("MAX_POOL_2D", 3, 7)
    # Each fourth value of a sample, but those that were 127 before.
    assert 0 < first["values"] <= first["of"] / 4


@pytest.mark.slow
def test_repair_on_the_boards_own_tensors(run, with_firmware, tmp_path):
    with_firmware("release", options=("KEEP_TENSORS=1",))
    words = ("repair", "digits", "--strategy", "bias", "--samples", "40", "-q")
    assert run(*words, "--out", tmp_path / "host")[0] == 0
    code, _, errors = run(*words, "--out", tmp_path / "board", "--device", "qemu:host-tflm")
    assert code == 0, errors
    ours, theirs = (tmp_path / name / "repaired.tflite" for name in ("host", "board"))
    assert ours.read_bytes() == theirs.read_bytes()
