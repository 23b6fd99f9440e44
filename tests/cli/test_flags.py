"""The library names parameters, the command line flags: one place translates."""

import ast
import re
from pathlib import Path

import click
import pytest

from mendlite import cli
from mendlite.cli.flags import flag, parameters, with_flags

PACKAGE = Path(cli.__file__).parents[1]
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")

FOREIGN = {
    "--delete", "--version", "--keyfile", "--output", "--key", "--header-size", "--align", "--slot-size",
}  # fmt: skip
"""Flags of dfu-suffix, espsecure and imgtool, whose commands are quoted."""


def named_flags(tree):
    """(line, flags) of every text of a parsed file that names flags; docstrings are no texts."""
    told = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            found = set(FLAG.findall(node.value)) - FOREIGN
            if found or "[models.float]" in node.value:
                yield node.lineno, node.value


ROOMS = {path.name for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"}


@pytest.mark.parametrize("room", sorted(ROOMS - {"cli", "__pycache__"}))
def test_no_text_outside_the_command_line_names_a_flag(room):
    paths = [PACKAGE / room] if room.endswith(".py") else (PACKAGE / room).rglob("*.py")
    found = {
        f"{path.relative_to(PACKAGE)}:{line}": text
        for path in paths
        for line, text in named_flags(ast.parse(path.read_text(encoding="utf-8")))
        # A target's keys are the words of targets/.
        if room != "targets" or FLAG.search(text)
    }
    assert not found


def test_a_flag_in_a_text_is_noticed():
    source = 'def f():\n    """--fine"""\n    raise E(f"use --layers for {x}")\n'
    assert [text for _, text in named_flags(ast.parse(source))] == ["use --layers for "]


def flags_of(command):
    found = {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)}
    for inner in getattr(command, "commands", {}).values():
        found |= flags_of(inner)
    return found


def test_every_parameter_becomes_a_flag_that_exists():
    context = click.Context(cli.root)
    known = {f for name in cli.COMMANDS for f in flags_of(cli.root.get_command(context, name))}
    for parameter in parameters():
        assert flag(parameter) in known | {"[models.float]"}, parameter


def test_only_parameters_are_translated():
    assert with_flags("`max_bytes` and `folder`, not `x`") == "--max-bytes and --out, not `x`"
