"""``mendlite repair-all``: a sweep over targets and seeds."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from mendlite.cli.as_json import json_option, print_json
from mendlite.cli.failure import fail
from mendlite.cli.names import TARGET
from mendlite.errors import BadInputError, ExitCode
from mendlite.jobs.sweep import SweepResult, SweepTask, code_of
from mendlite.jobs.sweep_places import run_here, run_on_dask
from mendlite.targets.load import find_target, read_target
from mendlite.workers.dask_cluster import require_dask


@click.command("repair-all")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...", type=TARGET)
@click.option("--seeds", default="0", show_default=True, metavar="A,B,...", help="A run for each.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("build"),
    show_default=True,
    help="Results go into OUT/<target>, with several seeds into OUT/<target>-seed<N>.",
)
@click.option(
    "--args",
    "more",
    default="",
    metavar="WORDS",
    help="Further options of each `mendlite repair`, in one word: --args '--strategy bias'.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Repairs at a time on this machine; each uses several cores where it can.",
)
@click.option(
    "--dask",
    default=None,
    metavar="ADDRESS",
    help="Spread them over the workers of this Dask scheduler, who see the same folders.",
)
@json_option
def repair_all(targets: tuple[str, ...], **options: Any) -> None:
    """Repair each TARGET (names, or paths to target.toml) as `mendlite repair` does, one by one.

    Prints a line as each ends. The exit code is 0 where all ended with 0, else that of the first
    TARGET that did not.
    """
    tasks = _tasks(targets, _seeds(options["seeds"]), options["out"], _words(options["more"]))
    dask: str | None = options["dask"]
    if dask is not None:
        require_dask()
    running = run_here(tasks, options["jobs"]) if dask is None else run_on_dask(tasks, dask)
    found = {result.task: result for result in _shown(running, quiet=options["as_json"])}
    results = [found[task] for task in tasks]
    if options["as_json"]:
        print_json([result.as_json() for result in results])
    _end(results)


def _end(results: Sequence[SweepResult]) -> None:
    """End with the exit code of the first repair that has one, and name it on stderr."""
    failed = [result for result in results if result.code]
    if failed:
        first = failed[0]
        words = f"{len(failed)} of {len(results)} repairs ended with an exit code; the first is "
        fail(f"{words}{first.task.name}: {first.words}", ExitCode(code_of(results)))


def _shown(results: Iterator[SweepResult], *, quiet: bool) -> Iterator[SweepResult]:
    for result in results:
        if not quiet:
            ended = f" (exit code {result.code})" if result.code else ""
            click.echo(f"{result.task.name}, {result.seconds:.0f} s{ended}: {result.words}")
        yield result


def _tasks(
    targets: tuple[str, ...], seeds: list[int], out: Path, more: tuple[str, ...]
) -> list[SweepTask]:
    """A task for each target and seed; every target is read before the first repair begins."""
    data, folder = os.environ.get("MENDLITE_DATA"), Path.cwd()
    names: dict[str, str] = {}
    tasks = []
    for target in dict.fromkeys(targets):
        name = read_target(find_target(target)).name
        if name in names:
            raise BadInputError(
                f"{target} and {names[name]} are both named {name}, and results go into a folder "
                "of that name: repair them one by one, each with its own --out"
            )
        names[name] = target
        for seed in seeds:
            place = out / (name if len(seeds) == 1 else f"{name}-seed{seed}")
            tasks.append(
                SweepTask(
                    target=target,
                    seed=seed,
                    out=str(place),
                    words=command_of(target, seed, place, more),
                    data=None if data is None else str(Path(data).absolute()),
                    folder=str(folder),
                )
            )
    return tasks


def command_of(target: str, seed: int, out: Path, more: tuple[str, ...]) -> tuple[str, ...]:
    """The words of one repair behind ``mendlite``."""
    own = ("--seed", str(seed), "--out", str(out), "--json", "--quiet")
    return ("repair", target, *own, *more)


def _seeds(text: str) -> list[int]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() for word in words):
        raise BadInputError(f"--seeds {text} is no list of numbers: write 0,1,2")
    return list(dict.fromkeys(map(int, words)))


OWN = ("--seed", "--out", "--json", "--quiet", "-q")
"""Options of `mendlite repair` that the sweep sets itself."""


def _words(more: str) -> tuple[str, ...]:
    try:
        words = shlex.split(more)
    except ValueError as error:
        raise BadInputError(f"--args {more}: {error}") from error
    for word in words:
        if word.split("=")[0] in OWN:
            raise BadInputError(f"--args {more}: {word} is set by repair-all (--seeds, --out)")
    return tuple(words)
