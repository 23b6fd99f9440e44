"""``mendlite float-twin``: a float file computed back from a quantized one."""

from __future__ import annotations

from pathlib import Path

import click

from mendlite.cli.as_json import json_option, print_json
from mendlite.cli.common import read_bytes
from mendlite.errors import BadInputError, MendliteError
from mendlite.files import write_file
from mendlite.reading.limited import MODEL, shown
from mendlite.tflite.float_form import in_float
from mendlite.tflite.reader import read

FilePath = click.Path(path_type=Path)

MEANS = (
    "its weights are those of the quantized file: a comparison with it shows what the activations' "
    "ranges and rounding cost, not what rounding took from the weights"
)


@click.command("float-twin")
@click.argument("quantized", type=FilePath)
@click.argument("out", type=FilePath)
@json_option
def float_twin(quantized: Path, out: Path, *, as_json: bool) -> None:
    """Write the float model that the file QUANTIZED stands for to OUT (a .tflite).

    For a file whose float model is lost: weights and biases are computed back. What rounding took
    from the weights is not in the file and does not come back.
    """
    if out.suffix != ".tflite":
        raise BadInputError(f"{shown(out)}: the model is written as a .tflite")
    data = read_bytes(quantized, MODEL)
    try:
        twin = read(in_float(read(data)))
    except MendliteError as error:
        raise type(error)(f"{shown(quantized)}: {error}") from error
    write_file(out, twin.data)
    if as_json:
        size = {"bytes": len(twin.data), "operators": len(twin.operators)}
        print_json({"file": str(out), **size, "note": MEANS})
        return
    click.echo(f"wrote {out}: {len(twin.data)} bytes, {len(twin.operators)} operators; {MEANS}")
