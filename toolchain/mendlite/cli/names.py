"""Arguments that are names: what is near an unknown one, and what a shell may complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from mendlite.reading.names import suggestion

if TYPE_CHECKING:
    _Words = click.Choice[str]
else:
    # Before click 8.2 the class takes no parameter.
    _Words = click.Choice


class Name(_Words):
    """One of some names; the error for another names the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """As ``click.Choice`` does; fails for another word."""
        if value not in self.choices:
            near = suggestion(str(value), self.choices)
            self.fail(f"{value!r} is not one of {', '.join(self.choices)}{near}.", param, ctx)
        return str(value)


class NameOrPath(click.Path):
    """A text whose completions are the names that ``known`` lists now, and files."""

    def __init__(self, known: Callable[[], Iterable[str]]) -> None:
        """Of names that are listed when they are needed."""
        super().__init__(path_type=str)
        self.known = known

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names that begin so, then files."""
        names = [CompletionItem(name) for name in self.known() if name.startswith(incomplete)]
        return [*names, *super().shell_complete(ctx, param, incomplete)]


def target_names() -> list[str]:
    """The targets that have a name."""
    from mendlite.targets.load import named_targets

    return [name for name, _ in named_targets()]


def board_names() -> list[str]:
    """The boards that have a name."""
    from mendlite.targets.board import named_boards

    return [name for name, _ in named_boards()]


def _no_names() -> list[str]:
    return []


TARGET, BOARD, FILES = NameOrPath(target_names), NameOrPath(board_names), NameOrPath(_no_names)
"""The types of arguments that are a target, a board, or a text that may be a path."""
