"""``mendlite check``: a certificate against the files, the data and a key."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from mendlite.checker.form import loads
from mendlite.checker.inputs import SampleSet
from mendlite.checker.verify import Data, Findings
from mendlite.checker.verify import check as check_certificate
from mendlite.cli.common import data_root, outside_option, read_bytes
from mendlite.emit.certificate import check_signature, public_key_pem
from mendlite.errors import BadInputError, ClaimError
from mendlite.model.samples import Samples
from mendlite.reading.limited import CERTIFICATE, KEY
from mendlite.targets.load import FILE, find_target, load_target
from mendlite.targets.recipe import recipe
from mendlite.targets.samples import load_samples
from mendlite.targets.schema import Target

FilePath = click.Path(path_type=Path)

WHOLE = "the certificate holds: bytes, lists, samples and figures"
PARTLY = "the certificate holds in its bytes; its figures were NOT computed again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the target is looked for; ``given`` where the command line named it."""

    name: str
    root: Path | None
    given: bool
    allow_outside: bool


@click.command()
@click.argument("certificate", type=FilePath)
@click.option(
    "--base", type=FilePath, default=None, help="The base file.  [default: the target's int8 file]"
)
@click.option(
    "--patched",
    type=FilePath,
    default=None,
    help="The patched file.  [default: beside the certificate]",
)
@click.option(
    "--target",
    default=None,
    metavar="NAME|PATH",
    help="The target whose data are used.  [default: the certificate's own]",
)
@click.option(
    "--data",
    type=FilePath,
    default=None,
    metavar="DIR",
    help="Where the target's data lie.  [default: $MENDLITE_DATA]",
)
@click.option("--no-data", is_flag=True, help="Compute no figures again, only check the bytes.")
@click.option(
    "--samples",
    type=click.IntRange(1),
    default=None,
    help="Compute so many samples of each set again.  [default: all where that is a matter of "
    "seconds, else a draw]",
)
@click.option(
    "--require-signature",
    type=FilePath,
    default=None,
    metavar="PUBKEY.pem",
    help="Refuse a certificate that this Ed25519 key has not signed.",
)
@outside_option
@click.option("--public-key", is_flag=True, help="Only print the key that signed, as PEM.")
@click.option("--json", "as_json", is_flag=True, help="Print only JSON on stdout.")
def check(certificate: Path, **options: Any) -> None:
    """Check CERTIFICATE from the files alone, by code that shares none with the repair.

    Ends with exit code 1 where anything does not hold.
    """
    try:
        values = loads(read_bytes(certificate, CERTIFICATE))
        _signature(values, options["require_signature"])
        if options["public_key"]:
            sys.stdout.write(public_key_pem(values))
            return
        found = _checked(values, certificate, options)
    except ClaimError as error:
        raise ClaimError(f"{certificate}: {error}") from error
    if options["as_json"]:
        sys.stdout.write(_as_json(values, found))
        return
    for line in (*found.checks, *_remarks(values)):
        click.echo(line)
    click.echo(WHOLE if found.missing is None else f"{PARTLY}: {found.missing}")


def _signature(values: Mapping[str, Any], required: Path | None) -> None:
    """Check the signature where there is one, or where one is required."""
    if required is not None:
        check_signature(values, read_bytes(required, KEY))
    elif "signature" in values:
        check_signature(values, None)


def _remarks(values: Mapping[str, Any]) -> list[str]:
    if "signature" in values:
        return ["signature: it holds"]
    return ["signature: none; who made the certificate is not known"]


def _as_json(values: Mapping[str, Any], found: Findings) -> str:
    said = {
        "holds": True,
        "figures": found.missing is None,
        "missing": found.missing,
        "checks": list(found.checks),
        "signed": "signature" in values,
        "digest": values["digest"],
    }
    return json.dumps(said, indent=1) + "\n"


def _checked(values: Mapping[str, Any], path: Path, options: Mapping[str, Any]) -> Findings:
    source = _source(values, path, options)
    target, why = (None, "--no-data") if options["no_data"] else _target(source)
    base = options["base"] or (None if target is None else target.models.int8.path)
    if base is None:
        raise BadInputError(f"name the base file by --base, or its target by --target ({why})")
    patched = options["patched"] or path.parent / _name(values, "patched")
    data = None if target is None else _data(target, values)
    found = check_certificate(
        values, read_bytes(base), read_bytes(patched), data, options["samples"]
    )
    if data is None:
        return Findings(checks=found.checks, missing=why)
    return found


def _entry(values: Mapping[str, Any], kind: type, *path: str) -> Any:
    """What stands at a path of the certificate; raises ClaimError unless it is of this type."""
    here: Any = values
    for step in path:
        here = here.get(step) if isinstance(here, dict) else None
    if type(here) is not kind:
        raise ClaimError(f"the certificate's {'.'.join(path)} is missing or no {kind.__name__}")
    return here


def _name(values: Mapping[str, Any], which: str) -> str:
    """A file's name in the certificate; raises ClaimError where it leads elsewhere."""
    name: str = _entry(values, str, "files", which, "name")
    if Path(name).name != name or "\0" in name:
        raise ClaimError(f"the certificate's {which} file is no plain file name")
    return name


def _source(values: Mapping[str, Any], path: Path, options: Mapping[str, Any]) -> Source:
    root = options["data"] or data_root()
    if options["target"] is not None:
        return Source(
            name=options["target"], root=root, given=True, allow_outside=options["allow_outside"]
        )
    reference: str = _entry(values, str, "target", "reference")
    if "\0" in reference:
        raise ClaimError("the certificate's target is no path")
    if reference.endswith(FILE) or "/" in reference:
        reference = str(path.parent / reference)
    return Source(name=reference, root=root, given=False, allow_outside=options["allow_outside"])


def _target(source: Source) -> tuple[Target | None, str]:
    """The target with its files, or None and why not where the command line did not ask for it."""
    try:
        find_target(source.name)
        outside = source.allow_outside
        return load_target(source.name, data_root=source.root, allow_outside=outside), ""
    except BadInputError as error:
        if source.given:
            raise
        return None, f"no data: {error}"


def _data(target: Target, values: Mapping[str, Any]) -> Data:
    """The target's recipe and samples, as the checker takes them."""
    name, seed = _entry(values, str, "target", "name"), _entry(values, int, "seed")
    if name != target.name:
        raise ClaimError(f"the certificate is of target {name}, not of {target.name}")
    if seed < 0:
        raise ClaimError("the certificate's seed is negative")
    sets = load_samples(target, seed)
    repair, count = sets.repair, _entry(values, int, "sets", "repair", "samples")
    if 0 < count < repair.count:
        # repair --samples
        repair = repair.some(count)
    named = {"repair": repair, "selection": sets.selection, "validation": sets.validation}
    known = target.models.float
    return Data(
        recipe=recipe(target),
        sets={name: _plain(samples) for name, samples in named.items()},
        teacher=None if known is None else read_bytes(known.path),
    )


def _plain(samples: Samples) -> SampleSet:
    return SampleSet(raw=samples.raw, labels=samples.labels, outputs=samples.outputs)
