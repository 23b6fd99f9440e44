"""mendlite report: made again from the folder, as page, Markdown, JUnit XML and node data."""

import json
from xml.etree import ElementTree as ET

import pytest
from junitparser import JUnitXml

from mendlite.cli import root
from mendlite.errors import BadInputError
from mendlite.model.gate_result import GateResult
from mendlite.report.junit import junit_xml
from mendlite.report.markdown import plain
from mendlite.tflite.reader import read


def run(*words):
    root.main([str(word) for word in words], standalone_mode=False)


@pytest.fixture
def folder(files_of, tmp_path):
    for name, data in files_of("classification").items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_the_page_is_made_again_byte_for_byte(folder):
    before = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    run("report", folder)
    assert (folder / "report.html").read_bytes() == before


def test_pages_of_another_size_are_counted(folder):
    run("report", folder, "--page-bytes", "256")
    assert "pages of 256 bytes" in (folder / "report.html").read_text()
    with pytest.raises(BadInputError, match="no multiple of 256"):
        run("report", folder, "--page-bytes", "300")


def test_junit_has_a_case_a_limit_and_one_that_it_is_not_worse(folder, capsys):
    run("report", folder, "--format", "junit")
    (suite,) = JUnitXml.fromfile(str(folder / "junit.xml"))
    assert [case.name for case in suite] == ["the repaired file is not worse", "not_worse"]
    capsys.readouterr()
    run("report", folder, "--format", "junit", "--out", "-")
    assert ET.fromstring(capsys.readouterr().out).tag == "testsuites"  # noqa: S314 - ours


def test_a_broken_limit_is_a_failure():
    limit = GateResult(name="max_rms", limit="0.1", breach='the RMS is "0.2" <\x1b> 0.1')
    (suite,) = JUnitXml.fromstring(junit_xml("a & b", [limit], "worse: 3 fail", 1.5))
    assert (suite.name, suite.tests, suite.failures) == ("a & b", 2, 2)
    assert [case.result[0].message for case in suite] == [
        "worse: 3 fail",
        'the RMS is "0.2" <\\x1b> 0.1',
    ]


def test_markdown_is_short_and_plain(folder):
    run("report", folder, "--format", "md")
    text = (folder / "report.md").read_text()
    assert text.startswith("<!-- mendlite report -->\n## tiny\n")
    assert "| int8 |" in text
    assert len(text.splitlines()) < 60
    assert plain("<b>|`x`") == "\\<b\\>\\|\\`x\\`"


def test_node_data_names_tensors_that_nodes_write(folder, repair_of):
    run("report", folder, "--format", "model-explorer")
    model = read(repair_of("classification").data)
    written = {model.tensors[t].name for o in model.operators for t in o.outputs}
    files = sorted(folder.glob("model-explorer-*.json"))
    assert [p.stem[15:] for p in files] == ["bytes", "cost", "sqnr-after", "sqnr-before"]
    for path in files:
        found = json.loads(path.read_text())
        assert set(found) == {"name", "results", "gradient"}
        assert set(found["results"]) <= written
        assert all(set(value) == {"value"} for value in found["results"].values())
        assert [stop["stop"] for stop in found["gradient"]] == [0, 1]


@pytest.mark.parametrize("name", ["report.json", "details.json"])
@pytest.mark.parametrize("text", ["{}", "[", '{"schema": 1}', "\udcff"])
def test_a_damaged_file_is_named(folder, name, text):
    (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadInputError, match=f"{name}: not written by this version"):
        run("report", folder)


def test_what_is_missing_or_not_ours_is_named(folder, tmp_path):
    mine = tmp_path / "mine.html"
    mine.write_text("my page")
    with pytest.raises(BadInputError, match="was not written by"):
        run("report", folder, "--out", mine)
    assert mine.read_text() == "my page"
    with pytest.raises(BadInputError, match="No such file"):
        run("report", tmp_path / "nowhere")
    with pytest.raises(BadInputError, match="--open"):
        run("report", folder, "--format", "md", "--open")
