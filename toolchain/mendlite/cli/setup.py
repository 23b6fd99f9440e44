"""``mendlite targets``, ``doctor`` and ``init``."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

import click

from mendlite.cli.common import data_root
from mendlite.errors import BadInputError, MendliteError
from mendlite.files import write_file
from mendlite.jobs.doctor import examine
from mendlite.jobs.guess_preprocessing import guess_rule
from mendlite.reading.limited import is_there
from mendlite.report.table import percent, show_table
from mendlite.targets.first import find_arrays, target_toml, task_of
from mendlite.targets.load import load_target, named_targets, read_target
from mendlite.tflite.reader import read_file
from mendlite.tflite.support import require_repairable

FilePath = click.Path(path_type=Path)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print only JSON on stdout.")
def targets(*, as_json: bool) -> None:
    """List the targets that have a name, and whether their files are here."""
    rows = []
    for name, path in named_targets():
        try:
            load_target(name, data_root=data_root())
            state = "ready"
        except BadInputError as error:
            state = str(error)
        rows.append((name, read_target(path).description, state))
    if as_json:
        keys = ("name", "description", "state")
        found = [dict(zip(keys, row, strict=True)) for row in rows]
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return
    shown = [(name, text, "ready" if state == "ready" else "missing") for name, text, state in rows]
    show_table("targets", ("name", "what", "files"), shown, sys.stdout, words=3)
    missing = next((state for _, _, state in rows if state != "ready"), None)
    if missing is not None:
        click.echo(f"first missing: {missing}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print only JSON on stdout.")
def doctor(*, as_json: bool) -> None:
    """Run a real inference on every runner and a real problem on every solver."""
    findings = examine()
    if as_json:
        sys.stdout.write(json.dumps([asdict(f) for f in findings], indent=1) + "\n")
    else:
        rows = [
            (f.part, f.state + (" (optional)" if f.optional else ""), f.detail) for f in findings
        ]
        show_table("mendlite doctor", ("part", "state", "detail"), rows, sys.stdout, words=3)
    broken = [f.part for f in findings if f.state != "ok" and not f.optional]
    if broken:
        raise MendliteError(f"{', '.join(broken)}: missing or broken; see above")


@click.command()
@click.argument("float_model", metavar="FLOAT", type=FilePath)
@click.argument("int8_model", metavar="INT8", type=FilePath)
@click.argument("data", metavar="DATA", type=FilePath)
@click.option(
    "--out",
    type=FilePath,
    default=Path("target.toml"),
    show_default=True,
    help="The target file to write.",
)
@click.option("--name", default=None, help="The target's name.  [default: the int8 file's]")
@click.option("--force", is_flag=True, help="Overwrite the target file.")
def init(
    float_model: Path, int8_model: Path, data: Path, out: Path, name: str | None, *, force: bool
) -> None:
    """Write a first target.toml for the models FLOAT and INT8 and the samples in DATA (.npz).

    Tries how the samples are fed; look at what it chose before you trust a result.
    """  # fmt: skip
    if is_there(out) and not force:
        raise BadInputError(f"{out}: already there; --force overwrites it")
    reference, quantized = read_file(float_model), read_file(int8_model)
    require_repairable(quantized)
    arrays = find_arrays(data, reference)
    guess = guess_rule(reference, quantized, arrays)
    chosen = name or re.sub(r"[^A-Za-z0-9_.-]+", "_", int8_model.stem).lstrip("_.-") or "model"
    files = {"float": float_model, "int8": int8_model, "data": data}
    task = task_of(quantized)
    text = target_toml(
        name=chosen, files=files, folder=out.parent, arrays=arrays, rule=guess.rule, task=task
    )
    write_file(out, text.encode(), force=force)
    click.echo(
        f"wrote {out}: {arrays.count} samples, inputs {', '.join(arrays.inputs)}, labels "
        f"{arrays.labels or 'none'}; {task}, fed as {guess.words}: float accuracy "
        f"{percent(guess.accuracy)}, the models agree on {percent(guess.agreement)}"
    )
    if guess.agreement < 0.5:
        click.echo("warning: the models disagree on most samples: check [[inputs]]", err=True)
