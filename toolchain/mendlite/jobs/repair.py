"""The main job: load, replay, localize, repair, check, patch, validate, report."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from mendlite import __version__
from mendlite.analysis.diagnosis.registry import Examination, examine
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.case.gate import gate_breaches
from mendlite.case.validation import Evaluated, rows_of, scores
from mendlite.errors import ClaimError, StoppedError
from mendlite.jobs.ending import ending_of
from mendlite.jobs.graph_change import graph_change
from mendlite.jobs.on_cluster import on_cluster
from mendlite.jobs.second_opinion import BASE, REPAIRED, conclude, look
from mendlite.jobs.selection_note import selection_note
from mendlite.jobs.steps import run_steps
from mendlite.jobs.verdict import Verdict
from mendlite.measure.intervals import intervals
from mendlite.model.delta import Delta
from mendlite.model.graph import Model
from mendlite.model.report import (
    SCHEMA,
    Ending,
    FileInfo,
    Files,
    Report,
    SecondOpinion,
    SolverSummary,
)
from mendlite.model.scores import Validation
from mendlite.packages import LITERT, TFLITE_RUNTIME, TFLM, package_of, version
from mendlite.pairing.verdict import Match, PairingVerdict
from mendlite.prepare.int32 import require_int32
from mendlite.repair.engine.state import RepairState
from mendlite.repair.graph_start import GraphStart
from mendlite.repair.run import Ran, require_settings, validation_share
from mendlite.repair.settings import Settings
from mendlite.replay.device.lacks import host_only
from mendlite.replay.reference.interpreted_words import TERM, interpreted_words
from mendlite.tflite.diff import diff
from mendlite.tflite.interface import interface_changes
from mendlite.tflite.patch import apply, seal
from mendlite.tflite.patch_size import summarize
from mendlite.tflite.verify_flatbuffer import verify_flatbuffer

COMPUTED_BY = ("numpy", "cvxpy", "highspy", TFLITE_RUNTIME, LITERT, TFLM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What came out: the patched bytes, the edits that made them, and the report.

    ``model`` is the patched file parsed, ``selection`` the evaluator that chose the steps and
    ``validation`` the outputs that the report counts: what a certificate is made from. ``followed``
    is the float model that the steps followed, with rescaled channels where one rescaled them.
    Where the report's ending is BASE_KEPT none of the bytes is to be written.
    """

    data: bytes
    delta: Delta
    report: Report
    model: Model
    selection: Evaluator
    validation: Evaluated
    followed: Model | None

    @property
    def kept(self) -> bool:
        """Whether the repaired file is to be written."""
        return self.report.ending is not Ending.BASE_KEPT


def repair(
    case: Case,
    settings: Settings,
    paths: tuple[str, str, str],
    examination: Examination | None = None,
) -> Repaired:
    """Repair the case. ``paths`` name the float, int8 and repaired file in the report.

    ``examination`` is the case's diagnosis where it was made before; else it is made here.

    Raises BadInputError, before anything is replayed, where the settings do not fit the case;
    UnsupportedModelError where an accumulator of the file, or of the repaired one, may leave int32;
    ClaimError where anything that was claimed does not hold exactly; DiffersError where another
    interpreter computes other bytes than our kernels on the base or on the repaired file;
    StoppedError where Ctrl-C ended it before any step was accepted. With ``settings.options.dask``
    also as ``open_cluster``, and ClusterError where the cluster is lost.
    """
    with on_cluster(case, settings.options.dask) as spread:
        return _repaired(spread, settings, paths, examination)


def _repaired(
    case: Case,
    settings: Settings,
    paths: tuple[str, str, str],
    examination: Examination | None,
) -> Repaired:
    start, limit = perf_counter(), settings.options.time_limit
    require_settings(case, settings)
    examination = examination or examine(case, limit)
    stopping = settings.stopping()
    examined = stopping.elapsed()
    looks = look(case, BASE, case.quantized, limit)
    looked = stopping.elapsed()
    selection = Evaluator.of(case, case.sets.selection)
    # The like comes again behind the steps: for the base file's cross-check the repaired one's, and
    # the teacher on the validation samples. The report's details are left out at the limit.
    taught = stopping.elapsed() - looked
    stopping.reserve(looked - examined + taught * validation_share(case))
    begun, ran = run_steps(case, settings, selection, stopping)
    model = ran.state.model
    delta = _delta(case, model)
    if ran.interrupted and delta.empty:
        raise StoppedError(f"{ran.stopped}; no step was accepted before, so nothing was written")
    require_int32(model)
    evaluated = Evaluated.of(Evaluator.of(case, case.sets.validation), model)
    again = looks if delta.empty else look(case, REPAIRED, model, limit)
    end = Ended(
        settings=settings,
        examination=examination,
        begun=begun,
        ran=ran,
        delta=delta,
        selection=selection,
        evaluated=evaluated,
        opinion=conclude(case, model, looks, again),
    )
    return Repaired(
        data=model.data,
        delta=delta,
        report=_report(case, end, paths, start),
        model=model,
        selection=selection,
        validation=evaluated,
        followed=ran.state.case.float_model,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A repair's end, before it is reported."""

    settings: Settings
    examination: Examination
    begun: GraphStart
    ran: Ran
    delta: Delta
    selection: Evaluator
    evaluated: Evaluated
    opinion: SecondOpinion


def _report(case: Case, end: Ended, paths: tuple[str, str, str], start: float) -> Report:
    state, validation = end.ran.state, scores(end.evaluated)
    verdict, rows = _verdict(case, end, validation), rows_of(end.evaluated)
    interpreted = tuple(_interpreted(case))
    return Report(
        schema=SCHEMA,
        target=case.name,
        strategy=end.settings.strategy.name,
        kernels=case.execution.evaluation_runner(case.quantized).kernels,
        seed=case.seed,
        ending=verdict.ending,
        headline=verdict.sentence(),
        interrupted=end.ran.interrupted,
        stopped=verdict.stopped,
        files=_files(case, None if verdict.ending is Ending.BASE_KEPT else state.model, paths),
        class_names=case.class_names,
        understood=case.understood,
        frames=case.quantized.frames,
        host_only=host_only(case.quantized),
        validation=validation,
        intervals=verdict.intervals,
        rows=rows.rows,
        rows_left_out=rows.left_out,
        repair=verdict.patch,
        solver=_solver(state, end.settings),
        steps=(*end.begun.steps, *state.steps),
        curve=end.ran.curve,
        squares=end.ran.squares,
        neurons=state.neurons,
        second_opinion=end.opinion,
        diagnosis=end.examination.diagnosis,
        interface=interface_changes(case.quantized, state.model),
        graph=graph_change(case.quantized, state.model, end.delta),
        unreachable=verdict.unreachable,
        gate=gate_breaches(case.gate, validation),
        interpreted=interpreted,
        notes=(
            *_notes(case, end, interpreted),
            *_repeats(validation),
            *end.begun.notes,
            *state.notes,
        ),
        versions=versions(),
        seconds=perf_counter() - start,
    )


def _verdict(case: Case, end: Ended, validation: Validation) -> Verdict:
    model, options = case.quantized, end.settings.options
    patched = end.ran.state.model.data
    return Verdict(
        ending=ending_of(end.evaluated, end.delta, keep_worse=options.keep_worse),
        task=case.task,
        validation=validation,
        intervals=intervals(validation),
        patch=summarize(model, end.delta, case.sets.repair.count, patched),
        size=len(model.data),
        stopped=end.ran.stopped,
        unreachable=end.examination.unreachable_with(options.scope.interface),
    )


def _delta(case: Case, model: Model) -> Delta:
    """The edits of the repaired file, from which its bytes were made again."""
    delta = seal(case.quantized.data, diff(case.quantized, model))
    if apply(case.quantized.data, delta) != model.data:
        raise ClaimError("the delta does not result in the repaired file; nothing was written")
    # Candidates are parsed without it (``tflite/patched.py``); what is written is verified.
    verify_flatbuffer(model.data)
    return delta


def _files(case: Case, repaired: Model | None, paths: tuple[str, str, str]) -> Files:
    def info(path: str, model: Model) -> FileInfo:
        return FileInfo(path=path, sha256=model.sha256, bytes=len(model.data))

    known = case.float_model
    return Files(
        float=None if known is None else info(paths[0], known),
        int8=info(paths[1], case.quantized),
        repaired=None if repaired is None else info(paths[2], repaired),
    )


def _solver(state: RepairState, settings: Settings) -> SolverSummary:
    neurons = state.neurons
    return SolverSummary(
        backend=settings.strategy.backend(settings.options),
        problems=len(neurons),
        status=dict(sorted(Counter(n.status for n in neurons).items())),
        seconds=sum(n.seconds for n in neurons),
    )


def _interpreted(case: Case) -> Iterator[str]:
    """Which operators of the case's models an interpreter runs, a sentence a model."""
    models = (("int8", case.quantized), ("float", case.float_model))
    for name, model in models:
        words = "" if model is None else interpreted_words(model, case.profile)
        if words:
            yield f"{TERM} in the {name} model: {words}"


def _notes(case: Case, end: Ended, interpreted: tuple[str, ...]) -> tuple[str, ...]:
    notes = list(case.quantized.notes)
    if interpreted:
        notes.append(
            "`mendlite check` does not compute figures again behind operators run by the "
            "interpreter, and ends with 7, not verified, where the tests depend on them"
        )
    if case.sets.dropped:
        notes.append(
            f"{case.sets.dropped} repair or selection samples equal to others were left out"
        )
    if case.pairing is not None and case.pairing.verdict is not PairingVerdict.SAME:
        layers = ", ".join(
            f"{x.number} ({x.match.value})"
            for x in case.pairing.of(Match.OTHER, Match.RESCALED, Match.COPIED)
        )
        notes.append(
            f"the float model is to the int8 file: {case.pairing.verdict.value}: layers {layers}"
        )
    unlike = selection_note(end.selection, end.evaluated.evaluator)
    return (*notes, *([] if unlike is None else [unlike]))


def _repeats(validation: Validation) -> Iterator[str]:
    """How many validation samples say nothing new, if any."""
    if validation.distinct < validation.samples:
        yield (
            f"{validation.samples - validation.distinct} of the {validation.samples} validation "
            "tests are of samples that equal others: intervals and p-values do not count them as "
            "independent"
        )


def versions() -> dict[str, str]:
    """Versions of mendlite, Python and the packages that computed, those that are here."""
    packages = {"mendlite": __version__, "python": platform.python_version()}
    for module in COMPUTED_BY:
        installed = version(module)
        if installed is not None:
            packages[package_of(module).name] = installed
    return packages
