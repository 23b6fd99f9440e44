"""The words of a command that takes model files and data: ``FLOAT INT8 --data A B C``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

DATA = "--data"
MODEL = ".tflite"


class DataCommand(click.Command):
    """A command whose option --data takes all words behind it, as a shell expands ``*.wav``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with --data before each of its words."""
        spread_out = list(spread(args))
        if ctx.resilient_parsing and spread_out[-1:] == [f"{DATA}="]:
            # A shell completes the word behind --data.
            spread_out[-1] = DATA
        return super().parse_args(ctx, spread_out)


def spread(args: Sequence[str]) -> Iterator[str]:
    """The arguments with ``--data A B`` as ``--data=A --data=B``.

    The words of --data end with the next option, and before a .tflite: that is a model.
    """
    rest, collecting = list(args), False
    while rest:
        word = rest.pop(0)
        if word == "--":
            yield from (word, *rest)
            return
        if word == DATA:
            collecting = True
            if not rest or rest[0].startswith("-"):
                yield f"{DATA}="
        elif word.startswith("-"):
            collecting = word.startswith(f"{DATA}=")
            yield word
        elif collecting and not word.lower().endswith(MODEL):
            yield f"{DATA}={word}"
        else:
            collecting = False
            yield word
