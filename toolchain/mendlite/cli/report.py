"""``mendlite report``: the report of a repair again, for people and for other tools."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

import click

from mendlite.cli.names import Name
from mendlite.errors import BadInputError
from mendlite.files import hold_folder, make_folder, require_whole, write_file
from mendlite.jobs.result_files import DETAILS, REPORT
from mendlite.jobs.saved_report import FORMATS, read_report
from mendlite.model.report_details import BLOCK
from mendlite.report.html.page import PAGE_BYTES
from mendlite.report.json_report import to_json


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=Name(list(FORMATS)),
    default="html",
    show_default=True,
    help="A page; Markdown for a CI summary; JUnit XML of the gate; node data for Model Explorer.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Where to write it: a file, for model-explorer a folder; - prints it.  [default: FOLDER]",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.option(
    "--page-bytes",
    type=click.IntRange(BLOCK),
    default=PAGE_BYTES,
    show_default=True,
    help=f"Bytes of a flash page, a multiple of {BLOCK}.",
)
@click.option("--json", "as_json", is_flag=True, help="Print only JSON on stdout.")
def report(
    folder: Path, form: str, out: Path | None, page_bytes: int, *, opens: bool, as_json: bool
) -> None:
    """Write the report of the repair in FOLDER again, from its report.json and details.json.

    As report.html, report.md, junit.xml, or four files for Model Explorer.
    """  # fmt: skip
    if page_bytes % BLOCK:
        raise BadInputError(f"--page-bytes {page_bytes} is no multiple of {BLOCK}")
    if opens and (form != "html" or str(out) == "-"):
        raise BadInputError("--open shows the page: leave out --format and --out -")
    for name in (REPORT, DETAILS):
        require_whole(folder / name)
    contents = FORMATS[form](read_report(folder), page_bytes)
    if not contents:
        raise BadInputError(f"the report has no values for {form}")
    if str(out) == "-":
        sys.stdout.write("".join(data.decode() for data in contents.values()))
        return
    paths = _write(contents, _place(folder, out, many=form == "model-explorer"))
    if as_json:
        sys.stdout.write(to_json({"files": [str(path) for path in paths]}).decode())
    else:
        click.echo(f"wrote {', '.join(map(str, paths))}")
    if opens and not webbrowser.open(paths[0].resolve().as_uri()):
        raise BadInputError(f"no browser can be started here: open {paths[0]}")


def _place(folder: Path, out: Path | None, *, many: bool) -> tuple[Path, str]:
    """The folder to write into, and the file's name there; empty for the usual names."""
    if out is None:
        return folder, ""
    return (out, "") if many or out.is_dir() else (out.parent, out.name)


def _write(contents: dict[str, bytes], place: tuple[Path, str]) -> list[Path]:
    """Write the files; only a report of this form is replaced."""
    folder, name = place
    make_folder(folder)
    paths = [folder / (name or usual) for usual in contents]
    with hold_folder(folder):
        for path, data in zip(paths, contents.values(), strict=True):
            write_file(path, data)
    return paths
