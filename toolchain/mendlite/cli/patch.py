"""``mendlite diff``, ``apply`` and ``revert``: edits between files."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np

from mendlite.cli.as_json import json_option, print_json
from mendlite.errors import BadInputError
from mendlite.files import require_whole, write_file
from mendlite.model.delta import Delta
from mendlite.report.interface import interface_lines
from mendlite.report.table import show_table
from mendlite.tflite.delta_file import dumps_json, dumps_npz
from mendlite.tflite.diff import EditRow, describe
from mendlite.tflite.diff import diff as find_diff
from mendlite.tflite.interface import interface_changes
from mendlite.tflite.patch import apply as apply_delta
from mendlite.tflite.patch import revert as revert_delta
from mendlite.tflite.patch_size import summarize
from mendlite.tflite.reader import read, read_file
from mendlite.tflite.saved_delta import changed, read_delta

FilePath = click.Path(path_type=Path)


@click.command()
@click.argument("base", type=FilePath)
@click.argument("other", type=FilePath)
@click.option("--out", type=FilePath, default=None, help="Save the delta (.json or .npz).")
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=50,
    show_default=True,
    help="Edited values to list; 0 lists all.",
)
@click.option(
    "--signature",
    default=None,
    metavar="NAME",
    help="Which of a file's signatures was edited, where it has several.",
)
@json_option
def diff(
    base: Path,
    other: Path,
    out: Path | None,
    limit: int,
    signature: str | None,
    *,
    as_json: bool,
) -> None:
    """List the edits from BASE to OTHER by tensor, channel and value."""  # fmt: skip
    model = read_file(require_whole(base), signature)
    changed = read_file(require_whole(other), signature)
    delta = find_diff(model, changed)
    if out is not None:
        write_file(out, _dumps(delta, out))
    rows = itertools.islice(describe(model, delta), limit or None)
    if as_json:
        edits = [{**asdict(row), "field": row.field.value} for row in describe(model, delta)]
        print_json(edits)
        return
    summary = summarize(model, delta, 0, changed.data)
    header = ("tensor", "field", "channel", "index", "old", "new")
    if delta.size:
        show_table(f"{base} -> {other}", header, [_row(row) for row in rows], sys.stdout)
    if limit and delta.size > limit:
        click.echo(f"... and {delta.size - limit} more (--limit 0 lists all)")
    click.echo(f"{delta.size} edited values, {summary.bytes_changed} bytes, "
               f"{summary.neurons} neurons in {summary.layers} layers")  # fmt: skip
    _show_graph(delta)
    for line in interface_lines(interface_changes(model, changed)):
        click.echo(line)


def _show_graph(delta: Delta) -> None:
    """A line where the delta edits the graph, too."""
    if delta.graph is not None:
        click.echo(f"the graph: {delta.graph.summary}; {len(delta.graph.inserted)} bytes inserted")


def _row(row: EditRow) -> tuple[str, ...]:
    channel = "" if row.channel is None else str(row.channel)
    return (
        f"{row.tensor} {row.name}",
        row.field.value,
        channel,
        str(row.index),
        _exact(row.old),
        _exact(row.new),
    )


def _exact(value: float) -> str:
    """The value in the fewest digits that tell it from every other of its type."""
    if isinstance(value, int):
        return str(value)
    single = np.float32(value)
    return str(single) if single == value else str(value)


def _dumps(delta: Delta, path: Path) -> bytes:
    if path.suffix == ".npz":
        return dumps_npz(delta)
    if path.suffix == ".json":
        return dumps_json(delta)
    raise BadInputError(f"{path}: a delta is saved as .json or .npz")


def _change(
    source: Path, delta: Path, out: Path, change: Callable[[bytes, Delta], bytes], *, as_json: bool
) -> None:
    loaded = read_delta(require_whole(delta))
    model = read_file(require_whole(source), loaded.signature)
    try:
        result = changed(model.data, loaded, change)
    except BadInputError as error:
        raise BadInputError(f"{source}, {delta}: {error}; nothing was written") from error
    write_file(out, result)
    if as_json:
        print_json({"file": str(out), "bytes": len(result), "values_changed": loaded.size})
        return
    click.echo(f"wrote {out}: {loaded.size} values changed")
    _show_graph(loaded)
    for line in interface_lines(interface_changes(model, read(result, loaded.signature))):
        click.echo(line)


@click.command()
@click.argument("base", type=FilePath)
@click.argument("delta", type=FilePath)
@click.option("--out", type=FilePath, required=True, help="The patched file.")
@json_option
def apply(base: Path, delta: Path, out: Path, *, as_json: bool) -> None:
    """Apply a saved DELTA (JSON or NPZ) to the file BASE that it was made from."""
    _change(base, delta, out, apply_delta, as_json=as_json)


@click.command()
@click.argument("patched", type=FilePath)
@click.argument("delta", type=FilePath)
@click.option("--out", type=FilePath, required=True, help="The base file again.")
@json_option
def revert(patched: Path, delta: Path, out: Path, *, as_json: bool) -> None:
    """Take a saved DELTA back out of the file PATCHED that it made."""
    _change(patched, delta, out, revert_delta, as_json=as_json)
