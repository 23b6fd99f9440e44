"""`mendlite certify --certificate` and what `mendlite check` makes of it."""

import json

import pytest
from test_commands import mendlite

from mendlite.checker.form import dumps, loads, seal


@pytest.fixture(scope="module")
def repaired(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certified")
    mendlite("repair", "digits", "--strategy", "bias", "-q", "--out", folder)
    return folder


def certify(folder, *words):
    return mendlite(
        "certify", "digits", "--property", "error", "--epsilon", "30", "--sample", "3", "-q",
        "--solver", "none", "--model", folder / "repaired.tflite",
        "--certificate", folder / "certificate.json", *words,
    )  # fmt: skip


def test_bounds_go_into_the_certificate_and_are_tried(repaired):
    certify(repaired)
    certify(repaired, "--patch")
    path = repaired / "certificate.json"
    said = mendlite("check", path).stdout
    assert said.count("inputs of the box keep to it") == 2
    assert said.strip().endswith("the certificate holds: bytes, lists, samples and figures")
    values = loads(path.read_bytes())
    assert [entry["compared"] for entry in values["bounds"]] == [
        ["float", "patched"],
        ["base", "patched"],
    ]
    values["bounds"][1]["outputs"][0] |= {"lower": 29.0, "upper": 30.0}
    path.write_bytes(dumps(seal(values)))
    failed = mendlite("check", path, ok=1)
    assert "left by an input" in failed.stderr


def test_another_files_certificate_is_refused(repaired, tmp_path):
    path = tmp_path / "certificate.json"
    values = json.loads((repaired / "certificate.json").read_bytes())
    values["files"]["patched"]["sha256"] = "0" * 64
    path.write_bytes(dumps(seal(values)))
    failed = mendlite(
        "certify", "digits", "--solver", "none", "-q", "--model", repaired / "repaired.tflite",
        "--certificate", path, ok=2,
    )  # fmt: skip
    assert "certifies other files" in failed.stderr
