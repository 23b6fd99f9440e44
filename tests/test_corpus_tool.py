"""The check of foreign model files: what it finds of good, lacking, broken and lying ones."""

import json

import numpy as np
import pytest

import interpreted_models as models
from corpus import main
from corpus_check.compare import _difference
from corpus_check.findings import Findings, stored
from corpus_check.model_files import model_files
from corpus_check.one_file import check
from corpus_check.page import line, page, summary
from corpus_check.process import checked
from corpus_check.record import Outcome, from_json
from mendlite.replay.runtimes import installed
from tiny_models import build, dense_spec

RUNTIMES = {r.name for r in installed()} & {"litert", "tflm"}


@pytest.fixture
def folder(tmp_path):
    """A dense model as a C array, one with ABS, one with an unknown operator, half a file."""
    unknown = models.one(
        "CUSTOM", [models.values("in", (1, 4)), models.values("out", (1, 4))], [0], [1],
        custom="MyOp",
    )  # fmt: skip
    array = ", ".join(map(str, build(dense_spec())))
    (tmp_path / "dense.cc").write_text(f"const unsigned char model[] = {{{array}}};")
    (tmp_path / "other.cc").write_text("int main() { return 0; }")
    (tmp_path / "abs.tflite").write_bytes(build(models.abs_spec()))
    (tmp_path / "custom.tflite").write_bytes(build(unknown))
    (tmp_path / "half.tflite").write_bytes(build(dense_spec())[:300])
    return tmp_path


def test_each_file_is_exact_or_refused_with_its_reason(folder):
    found = {p.name: check(p, p.name, 3, 0)[0] for p in model_files(folder)}
    assert set(found) == {"dense.cc", "abs.tflite", "custom.tflite", "half.tflite"}
    for name in ("dense.cc", "abs.tflite"):
        assert {c.outcome for c in found[name].comparisons} == {Outcome.EXACT}
        assert {c.runtime for c in found[name].comparisons} == RUNTIMES
        assert all(c.integers >= 2 for c in found[name].comparisons)
    assert found["dense.cc"].own == ("FULLY_CONNECTED",)
    assert set(found["abs.tflite"].own) | set(found["abs.tflite"].interpreted) == {
        "FULLY_CONNECTED",
        "ABS",
    }
    assert {c.outcome for c in found["custom.tflite"].comparisons} == {Outcome.REFUSED}
    assert "neither LiteRT nor TFLite Micro registers" in line(found["custom.tflite"])
    assert found["half.tflite"].unread
    findings = Findings(seed=0, samples=3, records=tuple(found.values()))
    assert next(summary(findings)) == "4 files: 3 read, 2 replayed exactly"
    assert all(from_json(json.loads(json.dumps(r.to_json()))) == r for r in found.values())
    assert "not read: " in page(findings)


def test_a_wrong_byte_is_found():
    ours = {3: np.arange(6, dtype=np.int8).reshape(2, 3)}
    wrong = {3: ours[3].copy()}
    wrong[3][1, 0] += 1
    assert _difference("tflm", ours, ours).outcome is Outcome.EXACT
    found = _difference("tflm", ours, wrong)
    assert found.outcome is Outcome.DIFFERS
    assert found.reason == "tensor 3: 1 of 6 values differ, value 3 is 3, not 4"
    assert _difference("tflm", ours, {3: ours[3].astype(np.int16)}).outcome is Outcome.DIFFERS


def test_a_process_that_does_not_end_is_a_failure(folder):
    record = checked(folder / "abs.tflite", "abs", 3, 0, timed=False, seconds=0)
    assert record.failed
    assert "no result within 0 s" in line(record)


def test_the_command_writes_a_page_and_the_speed(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    (folder / "custom.tflite").unlink()
    (folder / "half.tflite").unlink()
    (folder / "abs.tflite").unlink()
    main([str(folder), "--samples", "2", "--seed", "7"])
    said = capsys.readouterr().out
    assert "random inputs of seed 7, 2 samples a file" in said
    assert "1 files: 1 read, 1 replayed exactly" in said
    if "litert" in RUNTIMES:
        assert "1 kinds of operators on mendlite's kernels: in the median " in said
    assert "| `dense.cc` |" in (folder / "build" / "corpus" / "corpus.md").read_text()


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="holds no .tflite file"):
        main([str(tmp_path)])


def test_the_page_is_about_the_public_files(data_root):
    """Every file is there, no byte is wrong, and no error of mendlite's own escaped."""
    found = stored()
    files = {p.stem for p in (data_root.parent / "corpus" / "files").glob("*.tflite")}
    assert {record.name for record in found.records} == files
    assert not [record.name for record in found.records if record.failed]
