"""``mendlite check``: a certificate against the files, the data and a key."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from typing import Any

import click

from mendlite.checker.draw import SampleDraw
from mendlite.checker.form import loads
from mendlite.checker.plan import SECONDS, CheckEffort
from mendlite.checker.text import plain
from mendlite.checker.verify import NO_DATA, Findings
from mendlite.checker.verify import check as check_certificate
from mendlite.cli.against import (
    allowed_by,
    base_path,
    check_data,
    digests,
    file_name,
    find_against,
    line,
)
from mendlite.cli.as_json import json_option
from mendlite.cli.common import code_option, outside_option, read_bytes
from mendlite.cli.flags import with_flags
from mendlite.cli.names import TARGET
from mendlite.emit.certificate import check_signature, fingerprint, public_key_pem
from mendlite.errors import BadInputError, ClaimError, NotVerifiedError
from mendlite.files import require_whole
from mendlite.reading.limited import CERTIFICATE, KEY

FilePath = click.Path(path_type=Path)

WHOLE = "the certificate holds: bytes, lists, samples and figures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found, by which draw, against what."""

    findings: Findings
    against: Mapping[str, Any]
    seed: str

    @property
    def partly(self) -> str:
        """Where only a draw was computed: what is missing in the last line."""
        few = [c for c in self.findings.coverage if c.computed < c.samples]
        return ", ".join(f"{c.computed} of {c.samples} {c.name} samples" for c in few)


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
    type=TARGET,
    default=None,
    metavar="NAME|PATH",
    help="The target to check against.  [default: the installed one that the certificate names]",
)
@click.option(
    "--trust",
    type=FilePath,
    default=None,
    metavar="DIR",
    help="Follow the path of a target in the certificate where it leads into this folder.",
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
    help="Compute so many samples of each set again.  [default: all where that takes less than a "
    "minute, else as many as it allows]",
)
@click.option("--all", "everything", is_flag=True, help="Compute all samples, however long.")
@click.option(
    "--draw-seed",
    default=None,
    metavar="TEXT",
    help="Repeat the draw of another check.  [default: new random bytes, which are printed]",
)
@click.option(
    "--require-signature",
    type=FilePath,
    default=None,
    metavar="PUBKEY.pem",
    help="Refuse a certificate that this Ed25519 key has not signed.",
)
@outside_option
@code_option
@click.option("--public-key", is_flag=True, help="Only print the key that signed, as PEM.")
@json_option
def check(certificate: Path, **options: Any) -> None:
    """Check CERTIFICATE from the files alone, by code that shares none with the repair.

    Exit code 1: something in it is false. 7: nothing is, but not everything could be verified.
    """
    try:
        values = loads(read_bytes(certificate, CERTIFICATE))
        _signature(values, options["require_signature"])
        if options["public_key"]:
            pem = public_key_pem(values)
            sys.stdout.write(_in_json({"public_key": pem}) if options["as_json"] else pem)
            return
        checked = _checked(values, certificate, options)
    except (ClaimError, NotVerifiedError) as error:
        raise type(error)(f"{certificate}: {error}") from error
    text = _as_json(values, checked) if options["as_json"] else _text(values, checked, options)
    sys.stdout.write(with_flags(text))
    if checked.findings.missing is not None:
        raise NotVerifiedError(f"{certificate}: not verified: {checked.findings.missing}")


def _signature(values: Mapping[str, Any], required: Path | None) -> None:
    """Check the signature where there is one, or where one is required."""
    if required is not None:
        check_signature(values, read_bytes(required, KEY))
    elif "signature" in values:
        check_signature(values, None)


def _effort(options: Mapping[str, Any]) -> CheckEffort:
    if options["everything"] and options["samples"] is not None:
        raise BadInputError("--all and --samples exclude each other")
    seed = options["draw_seed"]
    return CheckEffort(
        draw=SampleDraw.fresh() if seed is None else SampleDraw(seed=seed),
        samples=options["samples"],
        seconds=inf if options["everything"] else SECONDS,
    )


def _checked(values: Mapping[str, Any], path: Path, options: Mapping[str, Any]) -> Checked:
    effort, against = _effort(options), find_against(values, path, options)
    base = base_path(against, options)
    patched = options["patched"] or path.parent / file_name(values, "patched")
    data = None if against.target is None else check_data(against, values, options)
    findings = check_certificate(values, read_bytes(base), read_bytes(patched), data, effort=effort)
    require_whole(patched)
    if data is None:
        why = f"its figures were NOT computed again: {against.why}"
        reasons = tuple(why if r == NO_DATA else r for r in findings.unverified)
        findings = Findings(checks=findings.checks, unverified=reasons)
    return Checked(
        findings=findings,
        against=digests(against, base, allowed_by(options)),
        seed=effort.draw.seed,
    )


def _text(values: Mapping[str, Any], checked: Checked, options: Mapping[str, Any]) -> str:
    """The lines of the output; text of the certificate is in quotes."""
    lines = [
        line(checked.against),
        *checked.findings.checks,
        f"draw: seed {checked.seed} (--draw-seed repeats it)",
        _signed(values, options["require_signature"]),
        *(f"not verified: {why}" for why in checked.findings.unverified),
    ]
    if not checked.findings.unverified:
        lines.append(f"{WHOLE} (on {checked.partly})" if checked.partly else WHOLE)
    return "".join(f"{plain(one)}\n" for one in lines)


def _signed(values: Mapping[str, Any], required: Path | None) -> str:
    if "signature" not in values:
        return "signature: none; who made the certificate is not known"
    if required is not None:
        return f"signature: it holds, by the required key (sha256 {fingerprint(values)})"
    return (
        f"signature: by the key with sha256 {fingerprint(values)}; whose key that is was not "
        "checked (--require-signature)"
    )


def _as_json(values: Mapping[str, Any], checked: Checked) -> str:
    findings, signed = checked.findings, "signature" in values
    said = {
        "holds": findings.missing is None,
        "figures": bool(findings.coverage) and findings.missing is None,
        "missing": findings.missing,
        "unverified": list(findings.unverified),
        "checks": list(findings.checks),
        "coverage": [
            {**asdict(c), "unseen": [list(u) for u in c.unseen]} for c in findings.coverage
        ],
        "draw_seed": checked.seed,
        "against": dict(checked.against),
        "signed": signed,
        "key_sha256": fingerprint(values) if signed else None,
        "digest": values["digest"],
    }
    return _in_json(said)


def _in_json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=1) + "\n"
