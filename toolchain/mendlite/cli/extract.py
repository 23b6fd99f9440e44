"""``mendlite extract``: the ``.tflite`` out of the C source that a firmware project holds."""

from __future__ import annotations

from pathlib import Path

import click

from mendlite.cli.as_json import json_option, print_json
from mendlite.cli.common import read_bytes
from mendlite.errors import BadInputError, MendliteError
from mendlite.files import write_file
from mendlite.reading.limited import C_SOURCE, shown
from mendlite.tflite.c_source import extract_model
from mendlite.tflite.reader import read

FilePath = click.Path(path_type=Path)


@click.command()
@click.argument("source", type=FilePath)
@click.argument("out", type=FilePath)
@click.option("--array", "name", default=None, help="The array, where several hold a model.")
@json_option
def extract(source: Path, out: Path, name: str | None, *, as_json: bool) -> None:
    """Write the model that is an array of bytes in the C file SOURCE to OUT (a .tflite)."""
    if out.suffix != ".tflite":
        raise BadInputError(f"{shown(out)}: the model is written as a .tflite")
    data = read_bytes(source, C_SOURCE)
    try:
        extracted = extract_model(data, name)
        model = read(extracted.data)
    except MendliteError as error:
        raise type(error)(f"{shown(source)}: {error}") from error
    write_file(out, extracted.data)
    if as_json:
        said = {"file": str(out), "bytes": len(extracted.data), "array": extracted.name or None}
        print_json({**said, "operators": len(model.operators)})
        return
    click.echo(
        f"wrote {out}: {len(extracted.data)} bytes of array {extracted.name or 'without a name'}, "
        f"{len(model.operators)} operators"
    )
