"""``mendlite emit``: a repaired file in the forms that firmware takes."""

from __future__ import annotations

from typing import Any

import click

from mendlite.cli.as_json import print_json
from mendlite.cli.c_harness import FORMAT as HARNESS
from mendlite.cli.c_harness import harness, harness_options, require_read
from mendlite.cli.common import read_bytes
from mendlite.cli.emit_job import FilePath, Job, files_of, read_job, shared_options
from mendlite.emit.c_array import symbol
from mendlite.emit.changes import Changes, changes
from mendlite.emit.firmware import Firmware, with_model
from mendlite.emit.manifest import manifest
from mendlite.emit.ota import delta_lacks
from mendlite.errors import BadInputError
from mendlite.files import write_emitted
from mendlite.jobs.graph_change import graph_between
from mendlite.reading.limited import FIRMWARE
from mendlite.reading.names import unknown
from mendlite.report.interface import graph_lines, interface_lines
from mendlite.tflite.interface import interface_changes, interface_tensors

USUAL = ("cc", "bin", "hex", "uf2", "delta", "manifest")
FORMATS = (*USUAL, "update", HARNESS)


def _usual(job: Job) -> list[str]:
    """What is written where no format is named: all that the board takes and that can be made."""
    left = {"uf2"} if job.board.uf2_family is None else set()
    if lack := delta_lacks():
        click.echo(f"note: {lack}", err=True)
        left.add("delta")
    return [word for word in USUAL if word not in left]


def _chosen(job: Job, text: str | None) -> list[str]:
    """The requested formats."""
    if text is None:
        return _usual(job)
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    if not chosen:
        raise BadInputError(f"--formats names none; there are: {', '.join(FORMATS)}")
    for word in chosen:
        if word not in FORMATS:
            raise BadInputError(unknown("format", word, FORMATS))
    return chosen


@click.command()
@shared_options
@click.option("--formats", "--format", default=None, metavar="A,B,...",
              help=f"Of {', '.join(FORMATS)}.  [default: all that the board supports, "
              f"without update and {HARNESS}]")  # fmt: skip
@click.option("--name", default="g_model", show_default=True, help="The C array's name.")
@click.option("--firmware", type=FilePath, default=None,
              help="An image with the int8 file in it (binary, ELF, Intel HEX, S-records, UF2): "
              "write it repaired.")  # fmt: skip
@click.option("--offset", type=click.IntRange(0), default=None,
              help="Where the int8 file lies in it; in Intel HEX, S-records and UF2 its address.  "
              "[default: where it is found]")  # fmt: skip
@harness_options
def emit(**options: Any) -> None:
    """Write TARGET's repaired file as C array, binary, Intel HEX, UF2, OTA delta and manifest.

    Or, as c-harness, the network as integer C for CBMC and ESBMC.
    """
    if options["offset"] is not None and options["firmware"] is None:
        raise BadInputError("--offset has no effect without --firmware")
    job = read_job(options)
    formats = _chosen(job, options["formats"])
    require_read(options, formats)
    files = files_of(job, formats, options["name"])
    words = [f"note: {note}" for note in job.read(job.data).notes]
    interface = interface_changes(job.read(job.base), job.read(job.data))
    words += interface_lines(interface)
    graph = graph_between(job.read(job.base), job.read(job.data))
    words += graph_lines(graph)
    if HARNESS in formats:
        source, claim = harness(job.target, job.data, options)
        files[f"{symbol(options['name'])}_harness.c"] = source
        words.append(f"{HARNESS}: {claim}")
    if options["firmware"] is not None:
        words.append(_add_firmware(job, options, files))
    changed = changes(job.base, job.data, job.board.address, job.board.page_size)
    if "manifest" in formats:
        files["manifest.json"] = manifest(
            base=job.base,
            data=job.data,
            changes=changed,
            board=job.board.name,
            files=files,
            interface=(list(interface_tensors(job.read(job.data))), interface),
            graph=graph,
        )
    write_emitted(job.out, files)
    if options["as_json"]:
        print_json(_as_plain(job, changed, files, words))
        return
    _show(job, changed, files, words)


def _add_firmware(job: Job, options: dict[str, Any], files: dict[str, bytes]) -> str:
    """Add the image with the repaired file in it; the line on its checksums."""
    firmware = read_bytes(options["firmware"], FIRMWARE)
    image = with_model(firmware, job.base, job.data, options["offset"])
    if f"firmware{image.suffix}" in files:
        raise BadInputError(
            f"the array and the image would both be firmware{image.suffix}: another --name"
        )
    files[f"firmware{image.suffix}"] = image.data
    return _sealed(image)


def _show(job: Job, changed: Changes, files: dict[str, bytes], words: list[str]) -> None:
    click.echo(
        f"{job.target.name}: {changed.bytes_changed} bytes in {len(changed.ranges)} ranges, "
        f"{len(changed.pages)} flash pages of {job.board.page_size} on {job.board.name}"
    )
    for name, content in files.items():
        click.echo(f"wrote {job.out / name} ({len(content)} bytes)")
    for line in words:
        click.echo(line)


def _as_plain(
    job: Job, changed: Changes, files: dict[str, bytes], notes: list[str]
) -> dict[str, Any]:
    """What was written, as plain values."""
    return {
        "target": job.target.name,
        "board": job.board.name,
        "bytes_changed": changed.bytes_changed,
        "ranges": len(changed.ranges),
        "pages": len(changed.pages),
        "page_size": job.board.page_size,
        "files": [{"file": str(job.out / n), "bytes": len(data)} for n, data in files.items()],
        "notes": notes,
    }


def _sealed(image: Firmware) -> str:
    """What became of the checksums over the model."""
    where = "address" if image.addressed else "offset"
    place = f"firmware{image.suffix}: the model at {where} {image.offset:#x}"
    if image.sealed:
        return f"{place}; computed again: {'; '.join(image.sealed)}"
    return (
        f"{place}; no checksum or hash over it was recognized: if the boot loader checks one, "
        "build the firmware with the emitted array instead"
    )
