"""Find a target by name or path and resolve its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from mendlite.errors import BadInputError
from mendlite.reading.inside import inside
from mendlite.reading.limited import DATA, MODEL, Kind, digest_of, is_there, shown, words
from mendlite.reading.names import unknown
from mendlite.reading.text import NO_TOML, read_toml_text
from mendlite.targets.data_paths import require_no_forms, require_paths_alone
from mendlite.targets.numbers import require_plain_numbers
from mendlite.targets.schema import ModelFile, Models, Source, Target, parse

PACKAGE = Path(__file__).parents[1]
FOLDERS = (PACKAGE.parents[1] / "targets" / "models", PACKAGE / "embedded_targets")
"""Where targets are looked for by name: the checkout's, and those that the wheel carries."""

FILE = "target.toml"

HERE, DATA_ROOT = "here", "data"
"""Roots that are no path: the folder of the target's file, and that of the models and inputs."""


def named_targets() -> Iterator[tuple[str, Path]]:
    """(name, path of target.toml) of every target that has a name, by name."""
    for folder in FOLDERS:
        if folder.is_dir():
            for path in sorted(folder.glob(f"*/{FILE}")):
                yield path.parent.name, path
            return


def find_target(name: str) -> Path:
    """The target.toml that ``name`` means; raises BadInputError where there is none."""
    if name.endswith(".toml") or "/" in name or name in {".", ".."}:
        path = Path(name)
        if is_there(path) and path.is_dir():
            path = path / FILE
        if not is_there(path):
            raise BadInputError(f"{shown(path)}: no such target file")
        return path
    known = dict(named_targets())
    if name not in known:
        raise BadInputError(f"{unknown('target', name, known)}; or pass the path of a target.toml")
    return known[name]


def read_target(path: Path) -> Target:
    """Parse one target.toml; raises BadInputError that names the field."""
    text = read_toml_text(path)
    try:
        target = parse(text)
    except (msgspec.MsgspecError, *NO_TOML) as error:
        raise BadInputError(
            f"{shown(path)}: {shown(error)}; targets/README.md explains each field"
        ) from error
    require_plain_numbers(path, target)
    for set_name in ("repair", "selection", "validation"):
        source = getattr(target.samples, set_name).source
        if source not in target.data:
            raise BadInputError(
                f"{path}: samples.{set_name} draws from '{shown(source)}', but there is no table "
                f"[data.{shown(source)}]"
            )
    _require_whole(path, target)
    return target


def _require_whole(path: Path, target: Target) -> None:
    """Raise BadInputError for tables that lack what they need of each other."""
    if target.teacher == "float" and target.models.float is None:
        raise BadInputError(
            f'{path}: there is no [models.float]; without one, set teacher = "labels" or "outputs"'
        )
    for name, source in target.data.items():
        kinds = [bool(source.grid), bool(source.frames), bool(source.inputs)]
        if source.paths:
            require_paths_alone(path, name, source)
        elif sum(kinds) != 1 or (source.grid is None) == (source.file is None):
            raise BadInputError(
                f"{path}: data.{shown(name)} needs paths, a file with either inputs or frames, or "
                "a grid alone"
            )
        else:
            require_no_forms(path, name, source)
        if source.paths and target.teacher != "outputs":
            continue
        if target.teacher != "float" and not getattr(source, target.teacher):
            raise BadInputError(
                f'{path}: teacher = "{target.teacher}", but data.{shown(name)} names no '
                f"{target.teacher}"
            )


def load_target(name: str, *, data_root: Path | None, allow_outside: bool = False) -> Target:
    """The target with the paths of all its files, each there and with the named digest.

    Raises BadInputError where a file is missing (what to set, where the data comes from), is
    not the one that the target names, or lies outside of the target's root, links followed, and
    the target does not name its digest; ``allow_outside`` lets it.
    """
    path = find_target(name)
    target = read_target(path)
    return located(target, path, data_root=data_root, allow_outside=allow_outside)


def located(
    target: Target, path: Path, *, data_root: Path | None, allow_outside: bool = False
) -> Target:
    """The target of a file at ``path``, as ``load_target``; the file itself need not be there."""
    folder = _root(target, path, data_root, allow_outside=allow_outside)
    root = _Root(said_by=shown(path), folder=folder, allow_outside=allow_outside)
    return replace(
        target,
        models=Models(
            float=None
            if target.models.float is None
            else _model(target, target.models.float, root),
            int8=_model(target, target.models.int8, root),
        ),
        data={key: _source(target, source, root) for key, source in target.data.items()},
    )


def _root(target: Target, path: Path, data_root: Path | None, *, allow_outside: bool) -> Path:
    if target.root == HERE:
        return path.parent
    if target.root != DATA_ROOT:
        return _above(target, path, allow_outside=allow_outside)
    if data_root is None:
        raise BadInputError(
            f"target {target.name} needs models and inputs that are not in the project: set "
            f"MENDLITE_DATA to the folder that holds them. {target.origin}".rstrip()
        )
    return data_root


def _above(target: Target, path: Path, *, allow_outside: bool) -> Path:
    """The folder above the target's file that it names as its root.

    Raises BadInputError where that is not the folder in which the program runs, or one in it: who
    runs another person's target has chosen to work with the files of the present folder alone.
    """
    try:
        folder, present = (path.parent / target.root).resolve(), Path.cwd().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInputError(f"{shown(path)}: root {target.root}: {words(error)}") from None
    if not (allow_outside or folder.is_relative_to(present)):
        raise BadInputError(
            f'{shown(path)}: its files lie below {shown(folder)} (root = "{target.root}"), and '
            f"this runs in {shown(present)}: run it in {shown(folder)}, or allow it by "
            "`allow_outside`"
        )
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Root:
    """What a target's paths are relative to, and whether they may lead out of it."""

    said_by: str
    folder: Path
    allow_outside: bool


def _present(target: Target, file: str, digest: str | None, root: _Root, kind: Kind) -> Path:
    # Who names a file's digest has the file already: reading it gives nothing away.
    known = digest is not None and _has_digest(root.folder / file, digest, kind)
    outside = root.allow_outside or known
    path = inside(root.folder, file, said_by=root.said_by, allow_outside=outside)
    if not is_there(path):
        hint = f" (MENDLITE_DATA is {root.folder})" if target.root == DATA_ROOT else ""
        raise BadInputError(f"{shown(path)}: no such file{hint}. {target.origin}".rstrip())
    if digest is not None and not known:
        raise BadInputError(
            f"{shown(path)}: its sha256 is not the {digest[:16]}... that target {target.name} "
            f"names: it is another file. {target.origin}".rstrip()
        )
    return path


def _has_digest(path: Path, digest: str, kind: Kind) -> bool:
    try:
        return digest_of(path, kind) == digest
    except BadInputError:
        return False


def _model(target: Target, model: ModelFile, root: _Root) -> ModelFile:
    return replace(model, path=_present(target, model.file, model.sha256, root, MODEL))


def _source(target: Target, source: Source, root: _Root) -> Source:
    if source.paths:
        return replace(source, path=root.folder)
    if source.file is None:
        return source
    return replace(source, path=_present(target, source.file, source.sha256, root, DATA))
