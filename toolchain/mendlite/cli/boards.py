"""``mendlite boards``: the boards that have a name."""

from __future__ import annotations

import sys

import click

from mendlite.cli.as_json import json_option, print_json
from mendlite.targets.board import load_board, named_boards

SHOWN = ("name", "description", "address", "page_size", "profile", "in_place")
"""Fields of a board that the list of boards has in JSON."""


@click.command()
@json_option
def boards(*, as_json: bool) -> None:
    """List the boards that have a name."""
    listed = [load_board(name) for name, _path in named_boards()]
    if as_json:
        print_json([{k: getattr(b, k) for k in SHOWN} for b in listed])
        return
    for board in listed:
        sys.stdout.write(f"{board.name:12} {board.description}\n")
