"""Load a target into a Case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mendlite.case.case import Case
from mendlite.case.dead_channel_check import require_alive
from mendlite.case.label_fit import require_fitting_labels
from mendlite.case.tasks import make_task, require_same_answers
from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.progress import Progress
from mendlite.model.rounding import Profile
from mendlite.pairing.layers import LayerPair, pair_layers
from mendlite.pairing.verdict import Pairing, judge_pairs, require_same_network
from mendlite.replay.device.board import ConnectedBoard
from mendlite.targets.load import load_target
from mendlite.targets.samples import load_samples
from mendlite.targets.schema import Target
from mendlite.tflite.reader import read_file
from mendlite.tflite.support import require_independent, require_repairable


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOptions:
    """How a target is loaded; ``samples`` caps the repair samples (None: the target's own).

    ``only_validate`` says that nothing will be repaired: another runner than the reference kernels
    may then judge a file that mendlite does not repair.
    """

    data_root: Path | None
    seed: int
    samples: int | None
    runner: str
    profile: Profile
    jobs: int
    allow_other_network: bool
    boards: tuple[ConnectedBoard, ...] = ()
    validation_samples: int | None = None
    allow_outside: bool = False
    only_validate: bool = False

    @property
    def foreign(self) -> bool:
        """Whether kernels that are not ours do all that is asked."""
        return self.only_validate and self.runner != "reference" and not self.boards


def load_case(name: str, options: CaseOptions, progress: Progress) -> Case:
    """Load the target ``name`` (a name or a path).

    Raises BadInputError for a missing or broken file, a wrong pair, or samples that overlap.
    """
    target = load_target(name, data_root=options.data_root, allow_outside=options.allow_outside)
    quantized = read_file(target.models.int8.path)
    if options.foreign:
        require_independent(quantized)
    else:
        require_repairable(quantized)
    reference, pairs, pairing = _pair(target, quantized, options)
    task = make_task(target, quantized)
    if reference is not None and target.teacher == "float":
        require_same_answers(task, reference, quantized)
    sets = load_samples(target, options.seed)
    require_fitting_labels(task, quantized, sets)
    if options.samples is not None:
        sets = replace(sets, repair=sets.repair.some(options.samples))
    if options.validation_samples is not None:
        sets = replace(sets, validation=sets.validation.some(options.validation_samples))
    if target.device.replay == "device" and not options.boards:
        raise BadInputError(
            f"target {target.name} is replayed on its device: name one by --device or --board"
        )
    return Case(
        target=target,
        task=task,
        float_model=reference,
        quantized=quantized,
        pairs=pairs,
        pairing=pairing,
        sets=sets,
        runner=options.runner,
        profile=options.profile,
        seed=options.seed,
        jobs=options.jobs,
        progress=progress,
        boards=options.boards,
    )


def _pair(
    target: Target, quantized: Model, options: CaseOptions
) -> tuple[Model | None, tuple[LayerPair, ...], Pairing | None]:
    """The float model, its layers' pairs and what they say; nothing where there is none."""
    if target.models.float is None:
        return None, (), None
    reference = read_file(target.models.float.path)
    if options.foreign and quantized.unsupported:
        return reference, (), None
    pairs = pair_layers(reference, quantized)
    require_alive(quantized, reference, pairs)
    pairing = judge_pairs(reference, quantized, pairs)
    if not (options.allow_other_network or target.repair.allow_other_network):
        require_same_network(pairing)
    return reference, pairs, pairing
