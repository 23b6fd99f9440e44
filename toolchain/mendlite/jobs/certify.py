"""Prove or refute a property of a case's models for every input of a region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.certify.bounds.network import InputBox
from mendlite.certify.bounds.property import ClassIs, ErrorBound, Property, SameClass
from mendlite.certify.decide import ProofEffort
from mendlite.certify.decide import certify as decide
from mendlite.certify.decide_smt import certify_smt
from mendlite.certify.model_pair import Ints, ModelPair
from mendlite.certify.proof_task import ProofTask
from mendlite.certify.region import STEPS, ball, ranges
from mendlite.errors import BadInputError
from mendlite.jobs.on_cluster import on_cluster
from mendlite.model.clock import Clock, TimeLimit
from mendlite.model.graph import Model
from mendlite.model.interface import Side
from mendlite.model.verification import Verification
from mendlite.solvers.maximisers import MAXIMISERS, make_maximiser
from mendlite.tflite.interface import interface_changes

ERROR, SAME, IS = "error", "class", "class-is"
PROPERTIES = (ERROR, SAME, IS)
SMT = "z3"
SOLVERS = (*MAXIMISERS, SMT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be proved, where, and with how much effort.

    ``property``: "error", the outputs (all, or ``outputs``) differ by less than ``epsilon`` in
    real units; "class", the class is the same; "class-is", the int8 class is ``wanted`` (None: the
    float model's for the sample). ``smallest``: the class is the smallest output. The region is a
    ball of ``radius`` round validation sample number ``sample``, in input steps or raw units, or
    the ``ranges`` (least, greatest stored value of each feature). ``repaired`` is compared instead
    of the int8 file; with ``patch`` the int8 file is compared with it. ``seconds`` in all, since
    ``clock`` began, or (without one) since ``certify_case`` was called. ``dask`` is the address of
    a scheduler over whose workers parts of the region and open questions are spread.
    """

    property: str = SAME
    epsilon: float = 1.0
    outputs: tuple[int, ...] = ()
    wanted: int | None = None
    smallest: bool = False
    sample: int = 0
    radius: float = 1.0
    unit: str = STEPS
    ranges: tuple[NDArray[Any], NDArray[Any]] | None = None
    ranges_words: str = "the ranges that were given"
    repaired: Model | None = None
    patch: bool = False
    solver: str = "highs"
    seconds: float = 300.0
    dask: str | None = None
    clock: Clock | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofResult:
    """What was found, of which two models, over which box."""

    verification: Verification
    models: ModelPair
    box: InputBox


def certify_case(case: Case, question: Question) -> ProofResult:
    """Reachability bounds both networks together; a search and a solver decide what that leaves.

    Raises BadInputError where the question does not fit the case; with ``dask`` also as
    ``open_cluster``, and ClusterError where the cluster is lost.
    """
    if question.dask is not None and question.solver == SMT:
        raise BadInputError(f"`dask` has no effect with solver {SMT}, which runs here")
    clock = question.clock or Clock()
    with on_cluster(case, question.dask) as spread:
        return _certified(spread, question, clock)


def _certified(case: Case, question: Question, clock: Clock) -> ProofResult:
    models, names = _models(case, question)
    box, region = _region(case, models, question)
    task = ProofTask(
        models=models, box=box, wanted=_property(models, box, question), region=region, names=names
    )
    if question.solver == SMT:
        limit = TimeLimit(seconds=question.seconds, clock=clock)
        verification = certify_smt(task, limit, progress=case.progress)
    else:
        solver = make_maximiser(question.solver)
        effort = ProofEffort(
            seconds=question.seconds, clock=clock, solver=solver, seed=case.seed,
            workers=case.execution.cluster,
        )  # fmt: skip
        verification = decide(task, effort, progress=case.progress)
    return ProofResult(verification=verification, models=models, box=box)


def compared_models(case: Case, question: Question) -> tuple[Model, Model]:
    """The two models that are compared.

    Raises BadInputError where ``patch`` lacks a repaired file, or where its inputs have other
    parameters.
    """
    if question.patch and question.repaired is None:
        raise BadInputError("`patch` compares the int8 file with a repaired one: add `repaired`")
    second = question.repaired or case.quantized
    if not question.patch:
        return case.reference, second
    _require_same_inputs(case.quantized, second)
    return case.quantized, second


def _require_same_inputs(first: Model, second: Model) -> None:
    """Raise BadInputError where equal stored inputs are other real ones in the second file."""
    for change in interface_changes(first, second):
        if change.side is Side.INPUT:
            raise BadInputError(
                "`patch` compares two files on equal stored inputs, but the repaired one reads "
                f"input {change.number} by another scale or zero-point (`edit_inputs`): compare it "
                "with the float model, without `patch`"
            )


def _models(case: Case, question: Question) -> tuple[ModelPair, tuple[str, str]]:
    """The two models that are compared, and what to call them."""
    first, second = compared_models(case, question)
    names = (
        "int8" if question.patch else "float",
        "int8" if question.repaired is None else "repaired",
    )
    return ModelPair.of(first, second, case.profile), names


def _region(case: Case, models: ModelPair, question: Question) -> tuple[InputBox, str]:
    if question.ranges is not None:
        low, high = ranges(case, *question.ranges)
        return models.box(low, high), question.ranges_words
    sample, radius, unit = question.sample, question.radius, question.unit
    low, high = ball(case, models.second, sample, radius, unit)
    words = f"radius {radius:g} {unit} round validation sample {sample}"
    return models.box(low, high), words


def _property(models: ModelPair, box: InputBox, question: Question) -> Property:
    size, sign = models.networks.second.outputs, -1.0 if question.smallest else 1.0
    if question.property == ERROR:
        outputs = question.outputs or tuple(range(size))
        if max(outputs) >= size:
            raise BadInputError(f"output {max(outputs)} does not exist: there are {size}")
        return ErrorBound(epsilon=question.epsilon, outputs=outputs)
    if question.property == SAME:
        return SameClass(sign=sign)
    wanted = question.wanted
    if wanted is None:
        centre: Ints = (box.low + box.high) // 2
        wanted = int((sign * models.replay(box, centre[None]).first[0]).argmax())
    if wanted >= size:
        raise BadInputError(f"class {wanted} does not exist: there are {size}")
    return ClassIs(wanted=wanted, sign=sign)
