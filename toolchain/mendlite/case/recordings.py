"""Samples of a model with variables are recordings: frames in order, all of one length."""

from __future__ import annotations

from dataclasses import replace

from mendlite.case.frames import frames_of
from mendlite.case.models import CaseModels
from mendlite.case.recipe import Recipe
from mendlite.case.samples import SampleSets
from mendlite.case.tasks import make_recording_task
from mendlite.errors import BadInputError
from mendlite.model.graph import Model


def frames_of_sets(model: Model, sets: SampleSets) -> int:
    """Frames of each recording of all sets, as ``frames_of``."""
    found = {
        samples.name: frames_of(model, samples.raw)
        for samples in (sets.repair, sets.selection, sets.validation)
    }
    if len(set(found.values())) > 1:
        lengths = ", ".join(f"{count} in the {name} set" for name, count in found.items())
        raise BadInputError(f"the recordings differ in length: {lengths} frames")
    return next(iter(found.values()))


def fitted(name: str, models: CaseModels, recipe: Recipe, sets: SampleSets) -> CaseModels:
    """The models and the task of a case whose samples are known.

    Raises BadInputError where the samples are no recordings and the model keeps values from frame
    to frame, or where the task needs recordings and the model has none.
    """
    quantized, settings = models.quantized, recipe.task
    if not quantized.variables:
        if settings.verdict != "frame" or settings.window != 1:
            raise BadInputError(
                f"{name}: task.verdict and task.window are for models that keep values from frame "
                "to frame, which this one does not"
            )
        return models
    frames = frames_of_sets(quantized, sets)
    twin = models.float_model
    return replace(
        models,
        quantized=replace(quantized, frames=frames),
        float_model=None if twin is None else replace(twin, frames=frames),
        task=make_recording_task(name, settings, models.task, frames),
    )
