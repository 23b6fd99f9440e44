"""``mendlite.advise``: int4 and int8 layers for a flash budget."""

from __future__ import annotations

from typing import Any

from mendlite.api.cases import case_of
from mendlite.api.given import Given, PreprocessingLike, TaskLike, data_options
from mendlite.api.models import ModelFile
from mendlite.api.sample_sets import LabelsLike, SamplesLike
from mendlite.jobs.advice.advise import advise as run_advice
from mendlite.jobs.advice.flash import flash_bytes
from mendlite.model.advice import Advice
from mendlite.model.progress import Progress
from mendlite.repair.settings import Settings


def advise(
    int8: ModelFile,
    *,
    float_model: ModelFile,
    samples: SamplesLike,
    flash: int | str,
    dense: bool = False,
    labels: LabelsLike = None,
    task: TaskLike = None,
    preprocessing: PreprocessingLike = None,
    strategy: str = "least-squares",
    seed: int = 0,
    profile: str = "tflm",
    progress: Progress | None = None,
    allow_other_network: bool = False,
    **options: Any,
) -> Advice:
    """Which layers to keep at int8 so that the file fits ``flash`` bytes at the least loss.

    ``int8`` has all weights in 8 bits. ``flash`` is a number of bytes or a text such as "60k".
    ``dense``: dense layers may have 4 bits, too, which TFLite Micro does not run. Each layer is
    measured in 4 bits after its repair; the choice is repaired by ``strategy`` and validated,
    beside 8 bits and 4 bits. ``Advice.recipe`` is for litert-quantizer. ``samples`` are split and
    ``options`` are as of ``repair``.

    >>> import mendlite
    >>> digits = mendlite.load_target("digits")
    >>> found = mendlite.advise(digits.int8, float_model=digits.float_model, flash="20k",
    ...     samples=digits.samples, preprocessing=digits.preprocessing, strategy="bias")
    >>> found.chosen, found.mix.bytes, [mix.name for mix in found.mixes]
    ('8 bits', 12960, ['8 bits', '4 bits'])
    """
    size, settings = flash_bytes(flash), Settings.of(strategy)
    given = Given(
        options=data_options(options),
        int8=int8,
        float_model=float_model,
        samples=samples,
        labels=labels,
        task=task,
        preprocessing=preprocessing,
        seed=seed,
        profile=profile,
        progress=progress,
        allow_other_network=allow_other_network,
    )
    return run_advice(case_of(given, repairs=True), settings, size, dense=dense)
