"""What a certificate is checked against: a target of whoever checks, its data and its base file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from mendlite.checker.inputs import SampleSet
from mendlite.checker.text import plain, shown
from mendlite.checker.verify import Data
from mendlite.cli.common import data_root, read_bytes
from mendlite.cli.flags import flag
from mendlite.errors import BadInputError, ClaimError, NotVerifiedError
from mendlite.model.samples import Samples
from mendlite.reading.limited import DATA, digest_of, is_there
from mendlite.reading.limited import shown as shown_path
from mendlite.targets.data_paths import Allowed, open_paths
from mendlite.targets.load import FILE, find_target, load_target, named_targets
from mendlite.targets.places import label_places
from mendlite.targets.samples import load_samples
from mendlite.targets.schema import Source, Target

OF_DATA = ("target", "trust", "data", "samples", "everything", "allow_outside", "allow_code")
"""Options that say which data are used, and how many of them."""

DIGITS = 16
"""Hex digits of a digest that a line shows; JSON has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """A target whose data are used, and who chose it; ``why`` states why there is none."""

    target: Target | None
    chosen: str
    path: Path | None = None
    why: str = ""


def find_against(values: Mapping[str, Any], path: Path, options: Mapping[str, Any]) -> Against:
    """The target to check against.

    ``--target`` names it. Else a name in the certificate means a target that is installed here, and
    a path is followed only into ``--trust``: who made the certificate could have made what lies
    there. Raises BadInputError where ``--target`` cannot be loaded.
    """
    _require_used(options)
    if options["no_data"]:
        return Against(target=None, chosen="", why="--no-data")
    root, outside = options["data"] or data_root(), options["allow_outside"]
    if options["target"] is not None:
        return _loaded(options["target"], root, "named by --target", outside=outside)
    reference = entry(values, str, "target", "reference")
    try:
        if reference in dict(named_targets()):
            return _loaded(reference, root, "installed with mendlite")
        trusted = _trusted(reference, path, options["trust"])
        return _loaded(str(trusted), root, "below --trust", outside=outside)
    except (BadInputError, NotVerifiedError) as error:
        return Against(target=None, chosen="", why=f"no data: {error}")


def _require_used(options: Mapping[str, Any]) -> None:
    """Raise BadInputError for options that exclude each other, and for folders that are none."""
    for chosen, others in (("no_data", OF_DATA), ("target", ("trust",))):
        given = next((name for name in others if options[name]), None)
        if options[chosen] and given is not None:
            raise BadInputError(f"{flag(given)} has no effect with {flag(chosen)}")
    for name in ("data", "trust"):
        _require_folder(name, options[name])


def _require_folder(option: str, path: Path | None) -> None:
    """Raise BadInputError where the option is given and no folder, a pipe for instance."""
    if path is not None and not (is_there(path) and path.is_dir()):
        raise BadInputError(f"--{option} {shown_path(path)}: there is no such folder")


def _loaded(name: str, root: Path | None, chosen: str, *, outside: bool = False) -> Against:
    path = find_target(name)
    target = load_target(name, data_root=root, allow_outside=outside)
    return Against(target=target, chosen=chosen, path=path)


def _trusted(reference: str, path: Path, trust: Path | None) -> Path:
    """The target.toml that a certificate names by its path, inside the trusted folder."""
    if not reference.isprintable() or not reference.isascii():
        raise ClaimError("the certificate's target is no path")
    if not (reference.endswith(FILE) or "/" in reference):
        raise NotVerifiedError(f"no target {shown(reference)} is installed; --target names one")
    if trust is None:
        raise NotVerifiedError(
            f"the certificate names a target of its own, {shown(reference)}: set --target to what "
            "to check against, or --trust to the folder in which a path may lead"
        )
    target_file = (path.parent / reference).resolve()
    if not target_file.is_relative_to(trust.resolve()):
        raise NotVerifiedError(
            f"the certificate's target {shown(reference)} lies outside --trust {trust}"
        )
    return target_file


def base_path(against: Against, options: Mapping[str, Any]) -> Path:
    """The base file; raises where neither the command line nor a target names it."""
    if options["base"] is not None:
        return Path(options["base"])
    if against.target is not None:
        return against.target.models.int8.path
    if options["no_data"]:
        raise BadInputError("name the base file by --base, or leave out --no-data")
    raise NotVerifiedError(f"not verified: {against.why}")


def check_data(against: Against, values: Mapping[str, Any], options: Mapping[str, Any]) -> Data:
    """The target's recipe and samples, as the checker takes them."""
    target = against.target
    if target is None:
        raise NotVerifiedError(f"not verified: {against.why}")
    name, seed = entry(values, str, "target", "name"), entry(values, int, "seed")
    if name != target.name:
        raise ClaimError(f"the certificate is of target {plain(name, 60)}, not of {target.name}")
    if seed < 0:
        raise ClaimError("the certificate's seed is negative")
    sets = load_samples(target, seed, allowed_by(options), places=label_places(target))
    repair, count = sets.repair, entry(values, int, "sets", "repair", "samples")
    if 0 < count < repair.count:
        # repair --samples
        repair = repair.some(count)
    named = {"repair": repair, "selection": sets.selection, "validation": sets.validation}
    known, quantized = target.models.float, read_bytes(target.models.int8.path)
    return Data(
        recipe=target.recipe.plain(),
        sets={name: _plain(samples) for name, samples in named.items()},
        teacher=None if known is None else read_bytes(known.path),
        base=None if options["base"] is not None else sha256(quantized).hexdigest(),
    )


def _plain(samples: Samples) -> SampleSet:
    return SampleSet(raw=samples.raw, labels=samples.labels, outputs=samples.outputs)


def allowed_by(options: Mapping[str, Any]) -> Allowed:
    """What the options let a target do."""
    return Allowed(outside=options["allow_outside"], code=options["allow_code"])


def digests(against: Against, base: Path, allowed: Allowed) -> dict[str, Any]:
    """What was checked against, each with its SHA-256 in hex, as plain values."""
    files: dict[str, Any] = {"base": _digest(base)}
    if against.target is not None and against.path is not None:
        files |= {
            "target": {**_digest(against.path), "name": against.target.name},
            "chosen": against.chosen,
            "data": [
                _digest_of_data(against.target, source, allowed)
                for source in against.target.data.values()
                if source.file or source.paths
            ],
        }
    return files


def _digest(path: Path) -> dict[str, str]:
    return {"file": path.name, "sha256": digest_of(path, DATA)}


def _digest_of_data(target: Target, source: Source, allowed: Allowed) -> dict[str, str]:
    """Of one file, or of all that stands at a table's paths."""
    if not source.paths:
        return _digest(source.path)
    data = open_paths(target, source, allowed)
    return {"file": " ".join(source.paths), "sha256": data.digest}


def line(files: Mapping[str, Any]) -> str:
    """The line that names target, data and base with their digests."""
    parts = []
    if "target" in files:
        target = files["target"]
        parts.append(f"target {target['name']} {_short(target)} ({files['chosen']})")
        parts += [] if files["data"] else ["data computed from the target itself"]
        parts += [f"data {plain(data['file'], 100)} {_short(data)}" for data in files["data"]]
    parts.append(f"base {plain(files['base']['file'], 100)} {_short(files['base'])}")
    return f"checked against {', '.join(parts)} (sha256)"


def _short(digest: Mapping[str, str]) -> str:
    return digest["sha256"][:DIGITS]


def entry(values: Mapping[str, Any], kind: type, *path: str) -> Any:
    """What stands at a path of the certificate; raises ClaimError unless it is of this type."""
    here: Any = values
    for step in path:
        here = here.get(step) if isinstance(here, dict) else None
    if type(here) is not kind:
        raise ClaimError(f"the certificate's {'.'.join(path)} is missing or no {kind.__name__}")
    return here


def file_name(values: Mapping[str, Any], which: str) -> str:
    """A file's name in the certificate; raises ClaimError where it leads elsewhere."""
    name: str = entry(values, str, "files", which, "name")
    try:
        fits = len(name.encode()) < 256 and name.isprintable()
    except UnicodeEncodeError:
        fits = False
    if not fits or name in {"", ".", ".."} or Path(name).name != name:
        raise ClaimError(f"the certificate's {which} file is no plain file name")
    return name
