"""Check a certificate against the files, its own lists, and the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from mendlite.checker.bounds import MOST_BOUNDS, check_bounds
from mendlite.checker.draw import SampleDraw
from mendlite.checker.edited_graph import check_graph
from mendlite.checker.edits import bytes_changed, check_edits
from mendlite.checker.figures import CheckedModels, check_figures
from mendlite.checker.form import canonical
from mendlite.checker.frames import frames_of
from mendlite.checker.graph import Graph, read_graph
from mendlite.checker.inputs import SampleSet
from mendlite.checker.interface import check_interface
from mendlite.checker.plan import CheckEffort, Coverage, coverage, parts, task_of
from mendlite.checker.schema import require_known
from mendlite.checker.sentences import doubts, figures_words
from mendlite.checker.sets import (
    JUDGED,
    SETS,
    check_accuracy,
    check_apart,
    check_lists,
    check_samples,
    repeated,
)
from mendlite.checker.tasks import CheckedTask
from mendlite.checker.text import plain, shown
from mendlite.errors import (
    ClaimError,
    MalformedModelError,
    NotVerifiedError,
    UnsupportedModelError,
)

NO_DATA = "no data"

RECORDED = "the accuracies of recordings are not computed again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What the figures are computed again from, as whoever checks has it.

    ``recipe`` is the target's own, ``sets`` the samples by name, ``teacher`` the float model's
    bytes (None where it is lost), ``base`` the SHA-256 in hex of the target's own quantized file
    (None where whoever checks names a base file).
    """

    recipe: Mapping[str, Any]
    sets: Mapping[str, SampleSet]
    teacher: bytes | None
    base: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was checked, a sentence each, and ``unverified``: what could not be, and why.

    ``coverage`` has for each compared set how many samples were computed again.
    """

    checks: tuple[str, ...]
    unverified: tuple[str, ...]
    coverage: tuple[Coverage, ...] = ()

    @property
    def missing(self) -> str | None:
        """Why the certificate is not verified; None where it holds."""
        return "; ".join(self.unverified) or None


def check(
    certificate: Mapping[str, Any], base: bytes, patched: bytes, data: Data | None,
    limit: int | None = None, *, effort: CheckEffort | None = None,
) -> Findings:  # fmt: skip
    """Check a certificate that ``form.loads`` has read; raises ClaimError where it is false.

    ``limit`` is the number of samples of each set to compute again (None: all that a minute
    allows); ``effort`` has all settings. The sentences are printable ASCII.
    """
    asked = effort or CheckEffort(draw=SampleDraw.fresh(), samples=limit)
    try:
        findings = _check(certificate, base, patched, data, asked)
    except ClaimError as error:
        raise ClaimError(plain(str(error))) from error
    except MalformedModelError as error:
        raise ClaimError(plain(f"a model file is broken: {error}")) from error
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError,
            RecursionError) as error:  # fmt: skip
        raise ClaimError(
            f"the certificate has not the form of a certificate: {_flaw(error)}"
        ) from error
    return Findings(
        checks=tuple(plain(line) for line in findings.checks),
        unverified=tuple(plain(line) for line in findings.unverified),
        coverage=findings.coverage,
    )


def _flaw(error: Exception) -> str:
    """What is wrong with an entry that could not be read, in words of the format."""
    if isinstance(error, KeyError) and error.args:
        return f"there is no entry {plain(repr(error.args[0]), 60)} where one is required"
    return 'an entry has another form than in docs/SPEC.md, "The certificate"'


def _check(
    certificate: Mapping[str, Any], base: bytes, patched: bytes, data: Data | None,
    effort: CheckEffort,
) -> Findings:  # fmt: skip
    require_known(certificate)
    _require_file(certificate, "base", base)
    _require_file(certificate, "patched", patched)
    graphs = _graph(certificate, "base", base), _graph(certificate, "patched", patched)
    checks = list(_bytes(certificate, base, patched, graphs))
    checks += check_interface(certificate, *graphs)
    try:
        task = task_of(certificate, graphs[0], None if data is None else data.sets)
    except NotVerifiedError as error:
        return Findings(checks=tuple(checks), unverified=(str(error),))
    for name in JUDGED:
        check_lists(name, certificate["sets"][name], task)
    checks.append("lists: every count follows from the listed classes and tests")
    if data is not None:
        checks += _data(certificate, data, task, graphs[0])
    tried = _bounds(certificate, data, graphs, effort.draw)
    if data is None:
        missing = Findings(checks=(), unverified=(NO_DATA,))
        return _joined(checks, tried, missing)
    return _joined(checks, tried, _all_figures(certificate, data, graphs, effort))


def _joined(checks: list[str], *more: Findings) -> Findings:
    return Findings(
        checks=(*checks, *(line for findings in more for line in findings.checks)),
        unverified=tuple(line for findings in more for line in findings.unverified),
        coverage=tuple(one for findings in more for one in findings.coverage),
    )


def _graph(certificate: Mapping[str, Any], which: str, data: bytes) -> Graph:
    """A file's graph, that of the signature which the certificate names for it."""
    signature = certificate["files"][which].get("signature")
    if signature is not None and not isinstance(signature, str):
        raise ClaimError(f"the {which} file's signature is no name")
    return read_graph(data, signature)


def _teacher(certificate: Mapping[str, Any], data: Data) -> Graph | None:
    """The float model's graph, where there is one."""
    return None if data.teacher is None else _graph(certificate, "float", data.teacher)


def _require_file(certificate: Mapping[str, Any], which: str, data: bytes) -> None:
    described = certificate["files"][which]
    if described["bytes"] != len(data):
        raise ClaimError(f"the {which} file has {len(data)} bytes, not {shown(described['bytes'])}")
    if described["sha256"] != sha256(data).hexdigest():
        raise ClaimError(
            f"the {which} file is not the certificate's: its sha256 is "
            f"{sha256(data).hexdigest()[:16]}..., not {plain(str(described['sha256']), 16)}"
        )


def _bytes(
    certificate: Mapping[str, Any], base: bytes, patched: bytes, graphs: tuple[Graph, Graph]
) -> Iterator[str]:
    """A sentence on the graph's edit where there is one, then one on the values'."""
    of = "base"
    if "graph" in certificate:
        edited = check_graph(certificate["graph"], base)
        edited.require_kept(*graphs, certificate["edits"])
        yield edited.checked
        base, of = edited.data, "edited graph"
        graphs = read_graph(base), graphs[1]
    counts = check_edits(certificate["edits"], base, patched, graphs)
    counted = {
        "edits": sum(counts.values()),
        "bytes_changed": bytes_changed(base, patched),
        "by_kind": dict(sorted(counts.items())),
    }
    claimed = certificate["checks"]["bytes"]
    if canonical(claimed) != canonical(counted):
        raise ClaimError(f"the certificate has {shown(claimed)}, the files have {counted}")
    yield (
        f"bytes: the patched file is the {of} with {counted['edits']} declared values "
        f"({counted['bytes_changed']} bytes) and nothing else"
    )


def _data(certificate: Mapping[str, Any], data: Data, task: CheckedTask, base: Graph) -> list[str]:
    if canonical(certificate["recipe"]) != canonical(data.recipe):
        raise ClaimError("the certificate's recipe (task, teacher, inputs) is not the target's")
    float_file = certificate["files"]["float"]
    if (float_file is None) != (data.teacher is None):
        raise ClaimError("the target has a float model and the certificate none, or the reverse")
    if data.teacher is not None:
        _require_file(certificate, "float", data.teacher)
    if data.base not in {None, certificate["files"]["base"]["sha256"]}:
        raise ClaimError("the certificate's base file is not the target's own quantized model")
    for name in SETS:
        check_samples(name, certificate["sets"][name], data.sets[name])
        if frames_of(base, data.sets[name].raw) != task.frames:
            raise ClaimError(f"{name}: the recordings have not {task.frames} frames")
    check_apart(data.sets)
    for name in JUDGED if not task.recordings else ():
        check_accuracy(name, certificate["sets"][name], task, data.sets[name])
    counts = ", ".join(f"{data.sets[n].count} {n}" for n in SETS)
    doubled = {name: repeated(data.sets[name]) for name in SETS}
    again = ", ".join(f"{count} {name}" for name, count in doubled.items() if count)
    note = f" (repeated within their set: {again})" if again else ""
    return [f"samples: {counts}, by their hashes, no sample in two sets{note}; accuracies follow"]


def _models(
    certificate: Mapping[str, Any], data: Data, graphs: tuple[Graph, Graph]
) -> CheckedModels:
    recipe = certificate["recipe"]
    return CheckedModels(
        base=graphs[0],
        patched=graphs[1],
        teacher=_teacher(certificate, data),
        profile=certificate["profile"],
        rules=tuple(recipe["inputs"]),
        taught_by=recipe["teacher"],
    )


def _bounds(
    certificate: Mapping[str, Any], data: Data | None, graphs: tuple[Graph, Graph], draw: SampleDraw
) -> Findings:
    """What was proved over boxes, tried where the models are here and can be run."""
    teacher = None if data is None else _teacher(certificate, data)
    named = {"float": teacher, "base": graphs[0], "patched": graphs[1]}
    checks, unverified = [], []
    claimed = certificate.get("bounds", [])
    if len(claimed) > MOST_BOUNDS:
        unverified.append(f"bounds: only {MOST_BOUNDS} of {len(claimed)} are tried")
    for number, entry in enumerate(claimed[:MOST_BOUNDS]):
        try:
            seed = f"{draw.seed} bounds {number}"
            checks.append(check_bounds(entry, named, certificate["profile"], seed))
        except (UnsupportedModelError, NotVerifiedError) as error:
            unverified.append(f"bounds: {error}")
    return Findings(checks=tuple(checks), unverified=tuple(unverified))


def _all_figures(
    certificate: Mapping[str, Any], data: Data, graphs: tuple[Graph, Graph], effort: CheckEffort
) -> Findings:
    """Every figure that can be computed again, and what stands in the way of the others."""
    models, kind = _models(certificate, data, graphs), certificate["recipe"]["task"]["kind"]
    checks: list[str] = []
    unverified: list[str] = []
    covered: list[Coverage] = []
    if certificate["recipe"]["task"].get("verdict") == "recording":
        labelled = any(data.sets[name].labels is not None for name in JUDGED)
        unverified += [RECORDED] if labelled else []
    try:
        models.require_runnable(kind)
        for part, some in parts(certificate, models, data.sets, effort):
            possible = check_figures(part)
            check_figures(some)
            one = coverage(part, len(some.rows))
            covered.append(one)
            checks.append(figures_words(part, possible, one))
            unverified += doubts(part, possible, one, effort)
    except (UnsupportedModelError, NotVerifiedError) as error:
        unverified.append(str(error))
    return Findings(checks=tuple(checks), unverified=tuple(unverified), coverage=tuple(covered))
