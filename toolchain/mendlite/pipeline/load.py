"""Load a target into a Case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mendlite.model.rounding import Profile
from mendlite.pipeline.alive import require_alive
from mendlite.pipeline.case import Case, Progress
from mendlite.repair.pairing import pair_layers, require_same_network
from mendlite.targets.load import load_target
from mendlite.targets.samples import load_samples
from mendlite.tflite.reader import read_file
from mendlite.tflite.support import require_repairable


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOptions:
    """How a target is loaded; ``samples`` caps the repair samples (None: the target's own)."""

    data_root: Path | None
    seed: int
    samples: int | None
    runner: str
    profile: Profile
    jobs: int
    allow_other_network: bool


def load_case(name: str, options: CaseOptions, progress: Progress) -> Case:
    """Load the target ``name`` (a name or a path).

    Raises BadInputError for a missing or broken file, a wrong pair, or samples that overlap.
    """
    target = load_target(name, data_root=options.data_root)
    reference = read_file(target.models.float.path)
    quantized = read_file(target.models.int8.path)
    require_repairable(quantized)
    pairs = pair_layers(reference, quantized)
    require_alive(quantized, reference, pairs)
    if not (options.allow_other_network or target.repair.allow_other_network):
        require_same_network(pairs)
    sets = load_samples(target, options.seed)
    if options.samples is not None:
        sets = replace(sets, repair=sets.repair.take(slice(0, options.samples)))
    return Case(
        target=target,
        reference=reference,
        quantized=quantized,
        pairs=pairs,
        sets=sets,
        runner=options.runner,
        profile=options.profile,
        seed=options.seed,
        jobs=options.jobs,
        progress=progress,
    )
