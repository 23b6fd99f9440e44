"""The site is built, its links and anchors lead somewhere, and the pages' commands run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from page_commands import EXAMPLES, ROOT, blocks, missing, run_block
from site_links import outward

PAGES = [p for p in sorted((ROOT / "docs").rglob("*.md")) if p.parent != EXAMPLES and blocks(p)]
"""Pages with commands that run; those of the examples run in tests/examples."""


def build(folder):
    """Build a site of the documents in ``folder``; what it prints, and its exit code."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", "mkdocs.yml"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def copied(folder, page="", text=""):
    """The project's documents in ``folder``; ``text`` is added to one page."""
    for name in ("docs", "tools", "mkdocs.yml"):
        (folder / name).symlink_to(ROOT / name)
    if page:
        (folder / "docs").unlink()
        subprocess.run(["cp", "-r", ROOT / "docs", folder / "docs"], check=True)
        with (folder / "docs" / page).open("a", encoding="utf-8") as file:
            file.write(text)
    return folder


def test_the_site_is_built_and_holds_every_page(tmp_path):
    code, printed = build(copied(tmp_path))
    assert code == 0, printed
    site = tmp_path / "build" / "site"
    assert (site / "guide" / "ten-minutes.html").is_file()
    text = "".join(page.read_text(encoding="utf-8") for page in site.rglob("*.html"))
    assert not re.findall(r'(?:src|<link[^>]*href)="https?://(?!github\.com)[^"]*"', text)


@pytest.mark.parametrize("link", ["[a](nowhere.md)", "[a](task.md#no-such-section)"])
def test_a_link_that_leads_nowhere_ends_the_build(tmp_path, link):
    code, printed = build(copied(tmp_path, "guide/samples.md", f"\n{link}\n"))
    assert code != 0
    assert "samples.md" in printed


def test_links_out_of_the_documents_lead_to_the_repository():
    whole = outward("[t](../targets/README.md#boards) [d](DESIGN.md)", "docs/a.md", "https://x.y/z")
    assert whole == "[t](https://x.y/z/blob/main/targets/README.md#boards) [d](DESIGN.md)"
    for page in (ROOT / "docs").rglob("*.md"):
        name = str(page.relative_to(ROOT))
        for path in re.findall(
            r"/blob/main/([^)#]+)", outward(page.read_text(), name, "https://x")
        ):
            assert (ROOT / path).exists(), f"{name}: {path}"


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(Path(page).relative_to(ROOT)))
def test_the_commands_of_a_page_run(page, tmp_path):
    for block in blocks(page):
        printed = run_block(block, tmp_path)
        assert not list(missing(block.shown, printed)), printed
