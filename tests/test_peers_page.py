"""The page of other quantizers: rows that were scored, refused, and ours; paired tests."""

import json
import resource
import subprocess
import sys

import numpy as np
import pytest

from as_a_user import ROOT
from bench_peers import TIMED, with_file
from mendlite.measure.mcnemar import mcnemar_p
from peers.scored import Found
from peers.table import OURS, PUBLISHED, REPAIRED, read_rows, store, written
from peers.tools import PEERS

ROW = {
    "target": "t", "tool": "NNCF", "variant": "accurate", "bytes": 1234, "why": "", "failing": 7,
    "expected": 6.54, "loss": 0.00123, "accuracy": 0.5, "cpu_seconds": 2.4, "samples": 2000,
    "default": None, "p": 0.25, "commit": "c",
}  # fmt: skip
MINE = ROW | {"tool": OURS, "variant": "auto", "failing": 3, "default": 4, "p": None}


def lines(text):
    return [line for line in text.splitlines() if line.startswith(("| NNCF | acc", "| **"))]


def test_a_row_is_scored_or_has_its_reason():
    refused = ROW | {"failing": None, "why": "a|b\nc"}
    assert lines(written([ROW])) == [
        "| NNCF | accurate bias correction | 7 | - | 6.5 | 0.00123 | 50.0 | 1,234 | 2 | 0.25 | c |"
    ]
    assert lines(written([refused])) == [
        "| NNCF | accurate bias correction | a/b c | | | | | | | | |"
    ]
    assert lines(written([MINE])) == [
        "| **mendlite repair** | auto | 3 | 4 | 6.5 | 0.00123 | 50.0 | 1,234 | 2 | - | c |"
    ]


def test_of_a_repair_the_page_has_the_seconds_of_repairing_alone_too():
    assert "| 1,234 | 33 / 20 | - | c |" in written([MINE | {"cpu_seconds": 33.2, "alone": 19.6}])


def test_the_seconds_of_repairing_alone_are_a_part_of_the_commands(tmp_path):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    place, out = tmp_path / "seconds.json", tmp_path / "out"
    command = [sys.executable, str(TIMED), str(place), "repair", "digits", "-q", "--out", str(out)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    alone = json.loads(place.read_text())["cpu_seconds"]
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert (out / "repaired.tflite").is_file()
    assert 0 < alone < whole


def test_the_best_other_tool_is_neither_the_published_file_nor_a_repaired_one():
    others = [ROW | {"tool": PUBLISHED, "failing": 1}, ROW | {"tool": REPAIRED, "failing": 2}]
    words = "`mendlite repair` leaves 3, the best other tool (NNCF, accurate bias correction) 7."
    assert words in written([MINE, ROW, ROW | {"variant": "fast", "failing": 8}, *others])
    assert "leaves" not in written([ROW])


def test_a_row_replaces_the_one_before(tmp_path):
    data, page = tmp_path / "rows.json", tmp_path / "page.md"
    for row in (ROW, MINE, ROW | {"failing": 9}):
        store(row, data, page)
    assert [(r["tool"], r["failing"]) for r in read_rows(data)] == [(OURS, 3), ("NNCF", 9)]
    assert page.read_text() == written(read_rows(data))


def test_rows_are_compared_on_the_same_tests():
    ours = Found(row=MINE, failed=np.array([1, 0, 0, 0, 1], bool))
    theirs = Found(row=ROW, failed=np.array([1, 1, 1, 1, 0], bool))
    assert theirs.against(ours)["p"] == mcnemar_p(3, 1)
    assert ours.against(ours)["p"] is None
    assert theirs.against(None) == ROW


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_peers_are_installed_and_have_scripts(peer):
    from importlib.util import find_spec
    from pathlib import Path

    script = Path("tools/peers.sh").read_text()
    line = next(
        line for line in script.splitlines() if line.startswith(f"peer {peer.environment} ")
    )
    for package in peer.packages.split(", "):
        assert f'"{package.replace(" ", "==")}"' in line
    assert find_spec(peer.script) is not None
    assert set(peer.slow) <= set(peer.variants)


def test_a_target_with_another_file_differs_in_that_alone(tmp_path):
    path = with_file("mlperf_ic", b"other", tmp_path)
    text = path.read_text()
    assert f'file = "{tmp_path}/int8.tflite"' in text
    assert "pretrainedResnet_quant" not in text
    assert "pretrainedResnet.tflite" in text
