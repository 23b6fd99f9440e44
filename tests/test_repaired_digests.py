"""Repairs give the bytes that repaired_digests.tsv records; `make check-digests` runs all its rows."""

import re
import subprocess
import sys
from dataclasses import replace

import msgspec
import pytest

from check_digests import (
    ROOT,
    TABLE,
    environment,
    measure,
    read_table,
    to_toml,
    write_table,
    write_target,
)

COMMENT, ROWS = read_table()
SMALL_TARGET = "small:"
FAST = [row for row in ROWS if row.mark == "fast"]
SMALL = next(row for row in FAST if row.name == "small:regression --strategy bias")


def names(row):
    return row.name


@pytest.mark.slow
@pytest.mark.parametrize("row", [row for row in FAST if not row.needs_data], ids=names)
def test_a_repair_gives_the_recorded_bytes(row):
    assert measure(row).result == row.result


@pytest.mark.slow
@pytest.mark.parametrize("row", [row for row in FAST if row.needs_data], ids=names)
def test_a_repair_of_a_real_model_gives_the_recorded_bytes(data_root, row):
    assert data_root.is_dir()
    assert measure(row).result == row.result


def test_every_row_stands_once_and_holds_a_digest():
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(re.fullmatch("[0-9a-f]{64}", row.sha256) for row in ROWS)
    assert {row.mark for row in ROWS} == {"-", "fast"}


def test_every_strategy_and_many_targets_have_a_row():
    command = [sys.executable, "-m", "mendlite", "repair", "--help"]
    done = subprocess.run(
        command, env=environment(ROOT), capture_output=True, text=True, check=True
    )
    strategies = re.search(r"--strategy \[([^]]*)\]", done.stdout)[1].split("|")
    assert len(strategies) >= 11
    for strategy in set(strategies) - {"auto"}:
        assert any(f"--strategy {strategy}" in row.options for row in FAST), strategy
    assert any("--strategy" not in row.options for row in FAST)
    known = {folder.name for folder in (ROOT / "targets" / "models").iterdir()}
    targets = {row.target for row in ROWS if not row.target.startswith(SMALL_TARGET)}
    assert targets <= known
    assert len(targets) >= 9
    assert len({row.target for row in FAST if row.needs_data}) >= 4


@pytest.mark.slow
def test_a_row_that_differs_is_shown_with_both_digests(tmp_path):
    table = tmp_path / "table.tsv"
    wrong = replace(SMALL, sha256="0" * 64)
    write_table(table, COMMENT, [wrong])
    command = [sys.executable, str(ROOT / "tools" / "check_digests.py"), "--table", str(table)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert f"recorded {wrong.result}\n" in done.stdout
    assert f"now      {SMALL.result}\n" in done.stdout
    assert read_table(table) == (COMMENT, [wrong])


def test_a_table_is_written_as_it_was_read(tmp_path):
    write_table(tmp_path / "table.tsv", COMMENT, ROWS)
    assert (tmp_path / "table.tsv").read_bytes() == TABLE.read_bytes()


def test_a_target_keeps_all_that_is_not_edited(tmp_path):
    edits = 'samples.repair.count=7 teacher="labels" models.float= gate.max_rms=0.5'
    row = replace(ROWS[0], target="mlperf_kws", edits=edits)
    file = write_target(row, tmp_path / "target", ROOT, {})
    whole = ROOT / "targets" / "models" / "mlperf_kws" / "target.toml"
    expected = msgspec.toml.decode(whole.read_bytes())
    expected["samples"]["repair"]["count"] = 7
    expected["teacher"] = "labels"
    del expected["models"]["float"]
    expected["gate"] = {"max_rms": 0.5}
    assert msgspec.toml.decode(file.read_bytes()) == expected


def test_toml_of_every_kind_of_value():
    value = {"a": 'x "y" \\ é', "b": [1, 2.5, True], "c": {"d": [{"e": -1e-9}]}}
    assert msgspec.toml.decode(f"value = {to_toml(value)}") == {"value": value}
