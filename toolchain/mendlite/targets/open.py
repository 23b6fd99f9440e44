"""Open a target: its file, its models and samples, as a case."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from mendlite.case.case import Case
from mendlite.case.execution import Execution
from mendlite.case.label_fit import require_fitting_labels, require_fitting_names
from mendlite.case.models import CaseModels, check_models
from mendlite.case.recordings import fitted
from mendlite.errors import BadInputError
from mendlite.measure.tests_of_samples import tests_of_a_row
from mendlite.targets.data_paths import Allowed
from mendlite.targets.load import load_target
from mendlite.targets.samples import load_samples
from mendlite.targets.schema import Target
from mendlite.tflite.reader import read_file


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOptions:
    """How a target is opened; ``samples`` caps the repair samples (None: the target's own).

    ``allow_outside`` lets its paths lead out of its root, ``allow_code`` its samples come from a
    Python function. ``only_validate``: nothing will be repaired: another runner than the reference
    kernels may then evaluate a file that mendlite does not repair.
    """

    data_root: Path | None = None
    seed: int = 0
    samples: int | None = None
    validation_samples: int | None = None
    execution: Execution = field(default_factory=Execution)
    allow_other_network: bool = False
    allow_outside: bool = False
    allow_code: bool = False
    only_validate: bool = False

    @property
    def foreign_kernels(self) -> bool:
        """Whether another runner does all the work."""
        execution = self.execution
        return self.only_validate and not execution.on_host_kernels and not execution.boards


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTarget:
    """A target's file, with the paths of its files, and the case that it describes."""

    target: Target
    case: Case


def open_target(name: str, options: CaseOptions) -> OpenedTarget:
    """Open the target ``name`` (a name or a path).

    Raises BadInputError for a missing or broken file, a wrong pair, or samples that overlap.
    """
    target = load_target(name, data_root=options.data_root, allow_outside=options.allow_outside)
    return open_located(target, options)


def open_located(target: Target, options: CaseOptions) -> OpenedTarget:
    """Open a target whose files are located, as ``open_target``."""
    models = _models(target, options)
    allowed = Allowed(outside=options.allow_outside, code=options.allow_code)
    sets = load_samples(target, options.seed, allowed, places=tests_of_a_row(models.task))
    fit = fitted(target.name, models, target.recipe, sets)
    models = fit.models
    require_fitting_labels(models.task, models.quantized, sets)
    require_fitting_names(models.task, models.quantized, sets.class_names)
    if options.samples is not None:
        sets = replace(sets, repair=sets.repair.some(options.samples))
    if options.validation_samples is not None:
        sets = replace(sets, validation=sets.validation.some(options.validation_samples))
    if target.device.replay == "device" and not options.execution.boards:
        raise BadInputError(
            f"target {target.name} is replayed on its device: name one by `device` or `board`"
        )
    case = Case(
        name=target.name,
        float_model=models.float_model,
        quantized=models.quantized,
        pairs=models.pairs,
        pairing=models.pairing,
        sets=sets,
        recipe=target.recipe,
        task=models.task,
        gate=target.gate,
        seed=options.seed,
        execution=options.execution,
        class_names=sets.class_names,
        understood=fit.lines,
    )
    return OpenedTarget(target=target, case=case)


def load_case(name: str, options: CaseOptions) -> Case:
    """The case of the target ``name``, as ``open_target``."""
    return open_target(name, options).case


def _models(target: Target, options: CaseOptions) -> CaseModels:
    signature, known = target.signature, target.models.float
    return check_models(
        target.name,
        read_file(target.models.int8.path, signature),
        None if known is None else read_file(known.path, signature, only_of_several=True),
        target.recipe,
        allow_other_network=options.allow_other_network or target.repair.allow_other_network,
        foreign_kernels=options.foreign_kernels,
    )
