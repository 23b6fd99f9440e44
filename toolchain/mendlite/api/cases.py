"""From what a caller hands in to a case."""

from __future__ import annotations

import os

from mendlite.api.given import Given
from mendlite.api.models import read_model
from mendlite.api.sample_sets import datasets_of, evaluated_samples, sample_sets
from mendlite.api.understood import understood
from mendlite.case.case import Case
from mendlite.case.execution import Execution
from mendlite.case.gate import Gate
from mendlite.case.label_fit import require_fitting_labels, require_fitting_names
from mendlite.case.models import check_models
from mendlite.case.recipe import require_valid
from mendlite.case.recordings import fitted
from mendlite.errors import BadInputError
from mendlite.model.progress import no_progress
from mendlite.model.rounding import Profile
from mendlite.replay.registry import RUNNERS


def case_of(given: Given, *, repairs: bool) -> Case:
    """The case; ``repairs``: samples are split, and some are held out.

    Raises BadInputError that names the parameter which does not fit.
    """
    datasets = datasets_of(given.samples, given.labels, given.options)
    signature, known = given.options.signature, given.float_model
    quantized = read_model(given.int8, "int8", signature)
    float_model = (
        None if known is None else read_model(known, "float_model", signature, only_of_several=True)
    )
    execution = _execution(given)
    data = understood(given, datasets, quantized, float_model)
    recipe = data.recipe
    models = check_models(
        given.name,
        quantized,
        float_model,
        recipe,
        allow_other_network=given.allow_other_network,
        foreign_kernels=not repairs and not execution.on_host_kernels,
    )
    offset = data.label_offset
    sets = (
        sample_sets(data.datasets, models.task, given.seed, offset)
        if repairs
        else evaluated_samples(data.datasets, models.task, offset)
    )
    fit = fitted(given.name, models, recipe, sets)
    models, quantized = fit.models, fit.models.quantized
    require_fitting_labels(models.task, quantized, sets)
    require_fitting_names(models.task, quantized, datasets[0].class_names)
    return Case(
        name=given.name,
        float_model=models.float_model,
        quantized=quantized,
        pairs=models.pairs,
        pairing=models.pairing,
        sets=sets,
        recipe=recipe,
        task=models.task,
        gate=Gate() if given.gate is None else require_valid(given.gate),
        seed=given.seed,
        execution=execution,
        class_names=datasets[0].class_names,
        understood=(*data.lines, *fit.lines),
    )


def _execution(given: Given) -> Execution:
    if given.runner not in RUNNERS:
        raise BadInputError(f"`runner` is one of {', '.join(RUNNERS)}, not {given.runner!r}")
    profiles = [profile.value for profile in Profile]
    if given.profile not in profiles:
        raise BadInputError(f"`profile` is one of {', '.join(profiles)}, not {given.profile!r}")
    if type(given.seed) is not int or given.seed < 0:
        raise BadInputError(f"`seed` is a whole number from 0, not {given.seed!r}")
    return Execution(
        runner=given.runner,
        profile=Profile(given.profile),
        jobs=given.jobs or os.cpu_count() or 1,
        progress=given.progress or no_progress,
    )
