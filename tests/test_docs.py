"""The documents: links lead somewhere, commands and files exist, generated parts are up to date."""

import re
from pathlib import Path

import click
import pytest

from in_process import run
from marked_block import read_block
from mendlite.cli import root
from operators_page import operators_page
from write_docs import (
    API,
    BEGIN,
    COMMANDS,
    END,
    OPERATORS,
    README,
    api_page,
    commands_page,
    excerpt,
)

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page.relative_to(ROOT)
    for pattern in ("*.md", "docs/**/*.md", "targets/**/*.md", "firmware_tests/**/*.md")
    for page in ROOT.glob(pattern)
)  # fmt: skip

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$|^    (?=\S)(.*)$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
PLACES = (
    "cmake/",
    "docs/",
    "platformio/",
    "tools/",
    "tests/",
    "firmware_tests/",
    "targets/",
    "toolchain/",
)
ROOMS = re.compile(r"^[a-z0-9_]+(/[a-z0-9_]+)*/?(\.py)?$")
MAKEFILES = (".", "firmware_tests", "firmware_tests/unit")
PACKAGE = ROOT / "toolchain" / "mendlite"


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def shell_lines(page):
    """Commands of a page: lines of its code blocks, and spans of code."""
    blocks = re.findall(
        r"^```(?:sh|shell|console)?\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL
    )
    lines = [line for block in blocks for line in block.splitlines()]
    lines += SPAN.findall(text_of(page))
    return [line.removeprefix("$ ").split("#")[0].strip() for line in lines]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_to_files(page):
    for link in LINK.findall(text_of(page)):
        if "://" not in link:
            assert (ROOT / page.parent / link).exists(), f"{page}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_files_that_are_named_exist(page):
    roots = (ROOT, PACKAGE) if page == Path("docs/DESIGN.md") else (ROOT,)
    for span in SPAN.findall(text_of(page)):
        name = span.split("::")[0]
        of_design = page == Path("docs/DESIGN.md") and "/" in name and ROOMS.match(name)
        if of_design or (name.startswith(PLACES) and not set(name) & set("<>*{} $")):
            assert any((root / name).exists() for root in roots), f"{page}: {name}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_make_targets_exist(page):
    texts = [(ROOT / folder / "Makefile").read_text() for folder in MAKEFILES]
    targets = set(re.findall(r"^([a-z0-9-]+):", "".join(texts), re.MULTILINE))
    for line in shell_lines(page):
        words = line.split()
        if words[:1] == ["make"] and len(words) > 1 and not words[1].startswith(("-", "BOARD=")):
            assert words[1] in targets, f"{page}: {line}"


def commands_in(page):
    return [words for line in shell_lines(page) if (words := line.split())[:1] == ["mendlite"]]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_commands_and_options_exist(page):
    for words in commands_in(page):
        found = root
        for word in words[1:]:
            if not isinstance(found, click.Group):
                break
            if not re.fullmatch("[a-z][a-z-]*,?", word):
                break
            found = found.get_command(click.Context(found), word.rstrip(","))
            assert found is not None, f"{page}: {' '.join(words)}"
        options = {name for p in found.params for name in (*p.opts, *p.secondary_opts)}
        for word in words:
            if option := re.match(r"\[?(--[a-z0-9-]+)", word):
                assert option[1] in {*options, "--help", "--version"}, f"{page}: {' '.join(words)}"


def test_every_strategy_has_a_row():
    from mendlite.repair.strategies.registry import STRATEGIES

    page = text_of("docs/STRATEGIES.md")
    assert not [name for name in STRATEGIES if f"`{name}`" not in page]


def test_the_page_of_commands_is_up_to_date():
    assert text_of(COMMANDS) == commands_page(), "run 'make docs'"
    assert text_of(API) == api_page(), "run 'make docs'"
    assert text_of(OPERATORS) == operators_page(), "run 'make docs'"


def form(text):
    """The output without its figures: what must be the same for every repair."""
    masked = re.sub(r"cross-check: .*? computes? ", "cross-check: A compute ", text)
    masked = re.sub(r"\b\d[\w.]*(,\d{3})*( %)?", "N", masked)
    masked = re.sub(r"strategy [a-z-]+", "strategy S", masked)
    masked = re.sub("─+|━+", "─", masked)
    return [" ".join(line.split()) for line in masked.strip("`\n").splitlines()]


def test_the_readme_shows_what_a_repair_prints(tmp_path):
    done = run("repair", "digits", "--strategy", "bias", "--out", tmp_path / "digits")
    shown = read_block(ROOT / README, BEGIN, END)
    assert form(shown) == form(excerpt(done.out)), "run 'make docs'"


def test_the_readme_fits_two_screens():
    before, _, _ = text_of(README).partition("## What it recovers")
    assert before.count("\n") <= 100
