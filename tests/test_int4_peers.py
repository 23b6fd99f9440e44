"""The table of other tools' int4 files: rows that were scored, refused, and ours."""

from int4_peers_table import section

ROW = {
    "target": "t", "algorithm": "octav", "bytes": 1234, "why": "", "failing": 7, "accuracy": 0.5,
    "cpu_seconds": 2.4,
}  # fmt: skip
RUN = {"target": "t", "asked": None, "failing": [9, 3], "accuracy": [0.9, 0.4, 0.8],
       "cpu_seconds": 60.0}  # fmt: skip


def rows(text):
    return [line for line in text.splitlines() if line.startswith("| t |")]


def test_there_is_no_section_without_rows():
    assert section([], [RUN]) == ""


def test_a_row_is_scored_or_has_its_reason():
    refused = ROW | {"algorithm": "gptq", "failing": None, "accuracy": None, "why": "a|b"}
    assert rows(section([ROW, refused], [])) == [
        "| t | litert-quantizer, OCTAV | 1,234 | 7 | 50.0 | 2 |",
        "| t | litert-quantizer, GPTQ | 1,234 | a/b | - | 2 |",
    ]


def test_ours_is_the_median_over_the_seeds():
    other = RUN | {"failing": [9, 5], "accuracy": [0.9, 0.4, 0.6], "cpu_seconds": 80.0}
    few = RUN | {"asked": 10, "failing": [9, 100]}
    found = rows(section([ROW], [RUN, other, few, RUN | {"target": "u"}]))
    assert found[1:] == ["| t | **mendlite repair** | as min-max | 4 | 70.0 | 70 |"]
