"""Check a certificate: what it says against the files, its own lists, and the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from mendlite.checker.bounds import check_bounds
from mendlite.checker.edits import bytes_changed, check_edits
from mendlite.checker.figures import Models, Part, check_figures, chosen
from mendlite.checker.graph import Graph, read_graph
from mendlite.checker.inputs import SampleSet
from mendlite.checker.sets import (
    JUDGED,
    SETS,
    check_accuracy,
    check_apart,
    check_lists,
    check_samples,
)
from mendlite.checker.tasks import Task
from mendlite.errors import ClaimError, MalformedModelError, UnsupportedModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What the figures are computed again from.

    ``recipe`` is the target's own, ``sets`` the samples by name, ``teacher`` the float model's
    bytes (None where it is lost).
    """

    recipe: Mapping[str, Any]
    sets: Mapping[str, SampleSet]
    teacher: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was checked, a sentence each; ``missing`` says why figures were not computed again."""

    checks: tuple[str, ...]
    missing: str | None


def check(
    certificate: Mapping[str, Any], base: bytes, patched: bytes, data: Data | None,
    limit: int | None = None,
) -> Findings:  # fmt: skip
    """Check a certificate that ``form.loads`` has read; raises ClaimError where it does not hold.

    ``limit`` is the number of samples of each set to compute again (None: as many as are cheap).
    """
    try:
        return _check(certificate, base, patched, data, limit)
    except MalformedModelError as error:
        raise ClaimError(f"a model file is broken: {error}") from error
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise ClaimError(
            f"the certificate does not say what a certificate says: {type(error).__name__} {error}"
        ) from error


def _check(
    certificate: Mapping[str, Any], base: bytes, patched: bytes, data: Data | None,
    limit: int | None,
) -> Findings:  # fmt: skip
    _require_file(certificate, "base", base)
    _require_file(certificate, "patched", patched)
    graphs = read_graph(base), read_graph(patched)
    checks = [_bytes(certificate, base, patched, graphs)]
    task = Task.of(certificate["recipe"]["task"], graphs[0])
    for name in JUDGED:
        check_lists(name, certificate["sets"][name], task)
    checks.append("lists: every count follows from the answers and tests that are listed")
    if data is not None:
        checks += _data(certificate, data, task)
    checks += _bounds(certificate, data, graphs)
    if data is None:
        return Findings(checks=tuple(checks), missing="no data")
    models = _models(certificate, data, graphs)
    try:
        models.require_runnable(task.kind)
        checks += [_figures(_part(n, certificate, models, data, limit)) for n in JUDGED]
    except UnsupportedModelError as error:
        return Findings(checks=tuple(checks), missing=str(error))
    return Findings(checks=tuple(checks), missing=None)


def _require_file(certificate: Mapping[str, Any], which: str, data: bytes) -> None:
    described = certificate["files"][which]
    if described["bytes"] != len(data):
        raise ClaimError(f"the {which} file has {len(data)} bytes, not {described['bytes']}")
    if described["sha256"] != sha256(data).hexdigest():
        raise ClaimError(
            f"the {which} file is not the certificate's: its sha256 is "
            f"{sha256(data).hexdigest()[:16]}..., not {str(described['sha256'])[:16]}..."
        )


def _bytes(
    certificate: Mapping[str, Any], base: bytes, patched: bytes, graphs: tuple[Graph, Graph]
) -> str:
    counts = check_edits(certificate["edits"], base, patched, graphs)
    found = {
        "edits": sum(counts.values()),
        "bytes_changed": bytes_changed(base, patched),
        "by_kind": dict(sorted(counts.items())),
    }
    claimed = certificate["checks"]["bytes"]
    if claimed != found:
        raise ClaimError(f"the certificate counts {claimed}, the files say {found}")
    return (
        f"bytes: the patched file is the base with {found['edits']} declared values "
        f"({found['bytes_changed']} bytes) and nothing else"
    )


def _data(certificate: Mapping[str, Any], data: Data, task: Task) -> list[str]:
    if certificate["recipe"] != data.recipe:
        raise ClaimError("the certificate's recipe (task, teacher, inputs) is not the target's")
    float_file = certificate["files"]["float"]
    if (float_file is None) != (data.teacher is None):
        raise ClaimError("the target has a float model and the certificate none, or the reverse")
    if data.teacher is not None:
        _require_file(certificate, "float", data.teacher)
    for name in SETS:
        check_samples(name, certificate["sets"][name], data.sets[name])
    check_apart(data.sets)
    for name in JUDGED:
        check_accuracy(name, certificate["sets"][name], task, data.sets[name])
    counts = ", ".join(f"{data.sets[n].count} {n}" for n in SETS)
    return [f"samples: {counts}, by their hashes, no sample in two sets; accuracies follow"]


def _models(certificate: Mapping[str, Any], data: Data, graphs: tuple[Graph, Graph]) -> Models:
    recipe = certificate["recipe"]
    return Models(
        base=graphs[0],
        patched=graphs[1],
        teacher=None if data.teacher is None else read_graph(data.teacher),
        profile=certificate["profile"],
        rules=tuple(recipe["inputs"]),
        taught_by=recipe["teacher"],
    )


def _bounds(
    certificate: Mapping[str, Any], data: Data | None, graphs: tuple[Graph, Graph]
) -> list[str]:
    """What was proved over boxes, tried where the models are here and can be run."""
    if "bounds" not in certificate:
        return []
    teacher = None if data is None or data.teacher is None else read_graph(data.teacher)
    named = {"float": teacher, "base": graphs[0], "patched": graphs[1]}
    try:
        return [
            check_bounds(entry, named, certificate["profile"], certificate["digest"])
            for entry in certificate["bounds"]
        ]
    except UnsupportedModelError as error:
        return [f"bounds: not tried: {error}"]


def _figures(part: Part) -> str:
    figures, count = part.entry["figures"], part.entry["samples"]
    near = check_figures(part)
    ties = f"; {near} hang on a teacher's answer too near a tie to tell" if near else ""
    return (
        f"{part.name}: failing {figures['failing_before']} -> {figures['failing_after']} "
        f"({figures['fixed']} fixed, {figures['regressed']} regressed); computed again on "
        f"{len(part.rows)} of {count} samples{ties}"
    )


def _part(
    name: str, certificate: Mapping[str, Any], models: Models, data: Data, limit: int | None
) -> Part:
    """The samples of a set that are computed again."""
    samples = data.sets[name]
    rows = chosen(samples.count, models, limit, certificate["digest"] + name)
    return Part(
        name=name,
        entry=certificate["sets"][name],
        models=models,
        task=Task.of(certificate["recipe"]["task"], models.base),
        samples=samples.take(rows),
        rows=rows,
    )
