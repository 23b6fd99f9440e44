"""``mendlite.validate`` and ``mendlite.analyze``: figures, and nothing is changed."""

from __future__ import annotations

from typing import Any

from mendlite.analysis.analyze import SAMPLES
from mendlite.analysis.analyze import analyze as run_analysis
from mendlite.api.cases import case_of
from mendlite.api.given import Given, PreprocessingLike, TaskLike, data_options
from mendlite.api.models import ModelFile, read_model
from mendlite.api.sample_sets import LabelsLike, SamplesLike
from mendlite.case.recipe import Teacher
from mendlite.case.tasks import require_same_answers
from mendlite.case.validation import validate as run_validation
from mendlite.model.analysis import Analysis
from mendlite.model.progress import Progress
from mendlite.model.scores import Validation
from mendlite.pairing.layers import pair_layers


def validate(
    int8: ModelFile,
    *,
    samples: SamplesLike,
    repaired: ModelFile | None = None,
    float_model: ModelFile | None = None,
    labels: LabelsLike = None,
    task: TaskLike = None,
    preprocessing: PreprocessingLike = None,
    teacher: Teacher | None = None,
    runner: str = "reference",
    profile: str = "tflm",
    progress: Progress | None = None,
    allow_other_network: bool = False,
    **options: Any,
) -> Validation:
    """Count the failing tests of an int8 file, and of a repaired one, on all samples.

    Of three ``Dataset`` the last is used, which validates. ``options`` are decisions about the data
    and the task, as of ``repair``.

    >>> import mendlite
    >>> digits = mendlite.load_target("digits")
    >>> validation = mendlite.validate(digits.int8, float_model=digits.float_model,
    ...     samples=digits.samples, preprocessing=digits.preprocessing)
    >>> validation.samples, validation.int8.failing > 0, validation.repaired
    (700, True, None)
    """
    given = Given(
        options=data_options(options),
        int8=int8,
        float_model=float_model,
        samples=samples,
        labels=labels,
        task=task,
        preprocessing=preprocessing,
        teacher=teacher,
        runner=runner,
        profile=profile,
        progress=progress,
        allow_other_network=allow_other_network,
    )
    case = case_of(given, repairs=False)
    if repaired is None:
        return run_validation(case, None).validation
    model = case.on_recordings(read_model(repaired, "repaired", case.quantized.signature))
    if case.pairs:
        pair_layers(case.reference, model)
    require_same_answers(case.task, case.quantized, model)
    return run_validation(case, model).validation


def analyze(
    int8: ModelFile,
    *,
    float_model: ModelFile,
    samples: SamplesLike,
    labels: LabelsLike = None,
    task: TaskLike = None,
    preprocessing: PreprocessingLike = None,
    seed: int = 0,
    top: int = 5,
    profile: str = "tflm",
    progress: Progress | None = None,
    allow_other_network: bool = False,
    **options: Any,
) -> Analysis:
    """What quantization cost, layer by layer: noise, weights, activations, suspicious neurons.

    Of three ``Dataset`` the last is used; at most 256 samples are. ``top`` neurons of each
    layer and metric are named. ``options`` are decisions about the data and the task, as of
    ``repair``.

    >>> import mendlite
    >>> digits = mendlite.load_target("digits")
    >>> analysis = mendlite.analyze(digits.int8, float_model=digits.float_model,
    ...     samples=digits.samples, preprocessing=digits.preprocessing)
    >>> analysis.weights.loss > analysis.activations.loss
    True
    """
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
    case = case_of(given, repairs=False)
    return run_analysis(case, case.sets.repair.some(SAMPLES), top)
