"""Write the parts of the documents that come from the program: `make docs`.

docs/COMMANDS.md lists every command and option, as click defines them, docs/API.md every public
name of the package, docs/OPERATORS.md the operators. The README's block is the
output of a real `mendlite repair digits`. tests/test_docs.py fails where either is out of date.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from api_page import api_page
from marked_block import write_block
from mendlite.cli import root
from operators_page import operators_page

README = Path("README.md")
COMMANDS = Path("docs/COMMANDS.md")
API = Path("docs/API.md")
OPERATORS = Path("docs/OPERATORS.md")
BEGIN = "<!-- written by make docs -->"
END = "<!-- end of what make docs wrote -->"

HEAD = """# Commands

`make docs` writes this page from the program. `mendlite COMMAND --help` prints the same.
[SPEC.md](SPEC.md#exit-codes) lists the exit codes and the JSON of `--json`.

## Completion

In a shell, Tab completes commands, options, targets, boards, strategies, profiles, runners and
files. For bash, add this line to `~/.bashrc`; zsh and fish take `zsh_source` (in `~/.zshrc`) and
`fish_source` (in `~/.config/fish/completions/mendlite.fish`) instead of `bash_source`:

    eval "$(_MENDLITE_COMPLETE=bash_source mendlite)"

## Words of --data

`--data` takes all words behind it up to the next option, so that a shell may expand
`recordings/*.wav`. A word that ends in `.tflite` is a model, wherever it stands.
"""


def excerpt(output: str) -> str:
    """The README's lines of a repair's output: the verdict and the table."""
    headline, *rest = output.splitlines()
    last = max(number for number, line in enumerate(rest) if line.startswith("└"))
    return "\n".join(line.rstrip() for line in (headline, *rest[: last + 1]))


def real_run() -> str:
    """The output of a real repair of the embedded target."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [sys.executable, "-m", "mendlite", "repair", "digits", "--out", folder]
        return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def commands_page() -> str:
    """The page of all commands."""
    return HEAD + "".join(_commands(root, ()))


def _commands(group: click.Group, path: tuple[str, ...]) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from _commands(found, (*path, name))
        elif found is not None:
            yield _section(found, (*path, name))


def _section(found: click.Command, path: tuple[str, ...]) -> str:
    context = click.Context(found, info_name=" ".join(("mendlite", *path)))
    usage = " ".join((context.command_path, *found.collect_usage_pieces(context)))
    options = [p for p in found.params if isinstance(p, click.Option)]
    records = [r for p in options if (r := p.get_help_record(context))]
    text = f"\n## {' '.join(path)}\n\n    {usage}\n\n{_paragraphs(found.help or '')}\n"
    if not records:
        return text
    rows = "".join(f"| `{_cell(option)}` | {_cell(what)} |\n" for option, what in records)
    return f"{text}\n| option | effect |\n|---|---|\n{rows}{_block(found.epilog)}"


def _block(epilog: str | None) -> str:
    """What a command's help ends with, as it stands."""
    return "" if epilog is None else "\n```\n" + epilog.replace("\b\n", "") + "\n```\n"


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Write all of them."""
    COMMANDS.write_text(commands_page(), encoding="utf-8")
    API.write_text(api_page(), encoding="utf-8")
    OPERATORS.write_text(operators_page(), encoding="utf-8")
    write_block(README, BEGIN, END, f"```\n{excerpt(real_run())}\n```")


if __name__ == "__main__":
    main()
