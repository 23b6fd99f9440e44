"""``mendlite advise``: which layers to keep at int8 in a file that fits a flash budget."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mendlite.cli.common import case_options
from mendlite.cli.flags import with_flags
from mendlite.cli.names import Name
from mendlite.cli.subject import ChosenTarget, chosen_target, subject
from mendlite.cli.words import DataCommand
from mendlite.files import hold_folder, require_ours, require_writable, write_set
from mendlite.jobs.advice.advice_files import FORMS, RECIPE, advice_files
from mendlite.jobs.advice.advise import advise as run_advice
from mendlite.jobs.advice.flash import flash_bytes
from mendlite.model.advice import Advice
from mendlite.repair.settings import Settings
from mendlite.repair.strategies.registry import STRATEGIES
from mendlite.report.advice import show_advice
from mendlite.report.advice_picture import picture_lacks
from mendlite.report.json_report import to_json
from mendlite.report.progress import progress

QUICK = "least-squares"
"""The strategy that repairs each mix where none is named: seconds, not minutes."""


@click.command(cls=DataCommand)
@subject
@case_options
@click.option(
    "--flash",
    required=True,
    metavar="SIZE",
    help="Bytes that the file may take: 60k (61,440), 60kB (60,000) or a number.",
)
@click.option(
    "--dense",
    is_flag=True,
    help="4 bits for dense layers, too: LiteRT runs such a file, TFLite Micro does not. Always of "
    "a dynamic range file.",
)
@click.option(
    "--strategy",
    type=Name(list(STRATEGIES)),
    default=QUICK,
    show_default=True,
    help="How each mix of 8 and 4 bits is repaired.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder of the results.  [default: build/<target>-advice]",
)
def advise(**options: Any) -> None:
    """Advise which layers of TARGET, or of INT8 after FLOAT on --data, to keep at int8.

    INT8 is the file with all weights in 8 bits, as it was quantized. Each layer is measured in 4
    bits after its repair; the layers are chosen so that the file fits --flash at the least loss,
    and the choice is repaired and validated beside 8 bits and 4 bits.

    Writes recipe.json for litert-quantizer, advice.json, advice.csv and, with the extra report,
    advice.png into the folder of --out.
    """  # fmt: skip
    flash = flash_bytes(options["flash"])
    chosen = chosen_target(options, "advise --flash 60k")
    with progress(shown=not options["quiet"]) as show:
        opened = chosen.open(show)
        out = options["out"] or Path("build") / f"{opened.target.name}-advice"
        require_writable(out)
        click.get_current_context().with_resource(hold_folder(out))
        require_ours(out, FORMS)
        settings = Settings.of(options["strategy"])
        advice = _with_flags(run_advice(opened.case, settings, flash, dense=options["dense"]))
        files = advice_files(advice)
        write_set(out, files, FORMS)
    if options["as_json"]:
        sys.stdout.write(to_json(advice).decode())
        return
    _show(advice, chosen, out, files)


def _show(advice: Advice, chosen: ChosenTarget, out: Path, files: dict[str, bytes]) -> None:
    """Print the advice, what was written, and the commands that follow it."""
    if lack := picture_lacks():
        click.echo(f"note: {lack}", err=True)
    show_advice(advice, sys.stdout)
    names = list(files)
    click.echo(f"wrote {', '.join([str(out / names[0]), *names[1:]])}")
    if advice.mix.int4:
        source = _float_file(chosen)
        click.echo("next, with make_int4.py of docs/guide/int4.md and float inputs in samples.npy:")
        click.echo(
            f"  python make_int4.py {source} samples.npy mixed.tflite "
            f"--recipe {shlex.quote(str(out / RECIPE))}"
        )
        click.echo(f"  mendlite repair {source} mixed.tflite --data ...")


def _with_flags(advice: Advice) -> Advice:
    """The advice as the command writes and shows it."""
    layers = tuple(replace(layer, remark=with_flags(layer.remark)) for layer in advice.layers)
    return replace(advice, layers=layers, notes=tuple(map(with_flags, advice.notes)))


def _float_file(chosen: ChosenTarget) -> str:
    """The float file as the next commands name it."""
    if chosen.new_target is None or chosen.new_target.target.models.float is None:
        return "float.tflite"
    return shlex.quote(str(chosen.new_target.target.models.float.path))
