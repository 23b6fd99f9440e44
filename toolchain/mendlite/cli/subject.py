"""What a command works on: a target by name or path, or model files and ``--data``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from mendlite.cli.common import opening
from mendlite.cli.flags import with_flags
from mendlite.cli.heap import keep_freed_memory
from mendlite.cli.names import FILES, TARGET
from mendlite.cli.options import options_from
from mendlite.errors import BadInputError
from mendlite.jobs.front_door.brought import Brought
from mendlite.jobs.front_door.find_target import FoundTarget, find_target
from mendlite.jobs.front_door.model_files import tell_apart
from mendlite.jobs.front_door.options import DataOptions
from mendlite.jobs.front_door.places import is_function
from mendlite.model.option import options_of
from mendlite.model.progress import Progress
from mendlite.reading.limited import is_there, shown
from mendlite.reading.names import suggestion
from mendlite.targets.load import FILE, named_targets
from mendlite.targets.open import OpenedTarget, open_located, open_target
from mendlite.targets.schema import LONGEST_NAME, NAME

SUFFIX = ".tflite"
SAMPLES = {".npy", ".npz", ".csv", ".tsv", ".txt", ".wav", ".png", ".jpg", ".jpeg", ".tfrecord"}
"""Suffixes of files that hold samples."""

EXAMPLES = (
    "mendlite {command} float.tflite int8.tflite --data DATA (a folder of images, .npy, .npz, "
    ".csv, .wav or module:function)"
)
"""What a command line looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenTarget:
    """A target that is named, or one that was found out from model files and data.

    ``options`` are the command's, ``only_validate`` as in ``CaseOptions``.
    """

    name: str | None
    new_target: FoundTarget | None
    options: dict[str, Any]
    only_validate: bool = False

    def open(self, progress: Progress) -> OpenedTarget:
        """The target with its case."""
        case_options = opening(progress, self.options, only_validate=self.only_validate)
        if self.new_target is None:
            return open_target(str(self.name), case_options)
        # The user named these files, and this code, on the command line.
        case_options = replace(case_options, allow_outside=True, allow_code=True)
        opened = open_located(self.new_target.target, case_options)
        lines = self.new_target.understanding.lines
        return replace(
            opened, case=replace(opened.case, understood=(*lines, *opened.case.understood))
        )


def chosen_target(
    options: dict[str, Any], command: str, *, only_validate: bool = False
) -> ChosenTarget:
    """What the words of a command name; what was understood of files is printed on stderr."""
    keep_freed_memory()
    name = target_named(options)
    if name is not None:
        return ChosenTarget(
            name=name, new_target=None, options=options, only_validate=only_validate
        )
    given = brought(options, command)
    folder = options.get("out") or Path("build") / given.name
    new_target = find_target(given, folder / FILE)
    if not (options["quiet"] or options["as_json"]):
        show_understood(new_target)
    return ChosenTarget(
        name=None, new_target=new_target, options=options, only_validate=only_validate
    )


def show_understood(new_target: FoundTarget) -> None:
    """Print what was understood on stderr, each line with the flags that change it."""
    for line in new_target.understanding.lines:
        click.echo(with_flags(line), err=True)


def next_command(new_target: FoundTarget, file: Path) -> str:
    """The command that repairs the target again, from its file."""
    extra = [" --allow-outside"] if new_target.outside else []
    if any(
        is_function(word) for source in new_target.target.data.values() for word in source.paths
    ):
        extra.append(" --allow-code")
    return f"mendlite repair {shlex.quote(str(file))}{''.join(extra)}"


def subject(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the words that name a target or model files, --data, and what may be decided about it."""
    function = options_from(DataOptions)(function)
    function = click.option(
        "--data",
        multiple=True,
        type=FILES,
        metavar="WORDS...",
        help="The samples: a folder, files, a glob or module:function; takes all words up to the "
        "next option.",
    )(function)
    return click.argument(
        "words", nargs=-1, type=TARGET, metavar="TARGET | FLOAT INT8 --data WORDS..."
    )(function)


def pin_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that writes digests into the target."""
    return click.option(
        "--pin",
        is_flag=True,
        help="Write the SHA-256 of models and data into target.toml, which then takes no others.",
    )(function)


def target_named(options: Mapping[str, Any]) -> str | None:
    """The target that the words name; None where they name model files.

    Raises BadInputError where there are no words, and for data or decisions beside a target, which
    has its own.
    """
    words = options["words"]
    if len(words) != 1 or not _is_target(words[0]):
        return None
    given = [o.name for o in options_of(DataOptions) if options[o.name] is not None]
    given += [name for name in ("data", "pin") if options.get(name)]
    if given:
        raise BadInputError(
            f"`{given[0]}` has no effect with a target, which has its own: name model files, or "
            f"change {shown(words[0])}"
        )
    return str(words[0])


def _is_target(word: str) -> bool:
    """Whether a single word means a target: no model file, and not one that is misspelt."""
    path = Path(word)
    if word.lower().endswith(SUFFIX):
        return False
    if word.endswith(".toml") or word in dict(named_targets()):
        return True
    if is_there(path):
        return path.is_dir()
    return "/" not in word or not path.suffix


def brought(options: Mapping[str, Any], command: str) -> Brought:
    """The model files and data that the words name.

    Raises BadInputError, with a command line as it should be, where something is missing.
    """
    words: Sequence[str] = options["words"]
    example = EXAMPLES.format(command=command)
    if not words:
        raise BadInputError(f"name a target, or model files: {example}")
    _require_no_data(words, example)
    models = tell_apart([Path(word) for word in words], options.get("signature"))
    data = tuple(options["data"])
    if not data or not all(data):
        raise BadInputError(f"`data` is missing, the samples to work with: {example}")
    decided = DataOptions(**{o.name: o.read(options[o.name]) for o in options_of(DataOptions)})
    if models.float_path is None and decided.teacher not in ("labels", "outputs"):
        raise BadInputError(
            f"{shown(models.int8_path)} stands alone: name the float file that it was made from, "
            "too, or, where that is lost, let the labels be the reference: `teacher` labels"
        )
    return Brought(
        name=_name(models.int8_path, options.get("name")),
        models=models,
        words=data,
        options=decided,
        allow_other_network=bool(options.get("allow_other_network")),
        pin=bool(options.get("pin")),
    )


def _name(path: Path, given: str | None) -> str:
    """The target's name: as given, else from the int8 file's.

    Raises BadInputError for a given one that no target may have.
    """
    if given is None:
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", path.stem).lstrip("_.-")
        return stem[:LONGEST_NAME] or "model"
    if len(given) > LONGEST_NAME or re.search(NAME, given) is None:
        raise BadInputError(
            f"`name` '{shown(given)}': a target's name has letters, digits, '_', '.' and '-', a "
            f"letter or digit first, and at most {LONGEST_NAME} of them"
        )
    return given


def _require_no_data(words: Sequence[str], example: str) -> None:
    """Raise BadInputError for words that are no model file: targets, samples, misspelt names."""
    for word in words:
        path = Path(word)
        if word in dict(named_targets()) or word.endswith(".toml"):
            raise BadInputError(
                f"{shown(word)} is a target, which stands alone: name it without other files"
            )
        if word.lower().endswith(SUFFIX):
            continue
        if not is_there(path):
            near = suggestion(word, [*dict(named_targets()), *(_beside(path))])
            raise BadInputError(f"{shown(word)}: no such file{near}")
        if path.is_dir() or path.suffix.lower() in SAMPLES:
            what = "a folder" if path.is_dir() else "no model"
            raise BadInputError(f"{shown(word)} is {what}: samples follow `data`: {example}")


def _beside(path: Path) -> list[str]:
    """Models in the folder of a file that is not there."""
    try:
        return [str(one) for one in path.parent.glob(f"*{SUFFIX}")][:100]
    except OSError:
        return []
