"""Samples of a model that keeps values are recordings: frames in order, all of one length."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mendlite.case.frames import frames_of
from mendlite.case.models import CaseModels
from mendlite.case.recipe import Recipe
from mendlite.case.samples import SampleSets
from mendlite.case.streaming_check import compared_windows
from mendlite.case.tasks import make_recording_task
from mendlite.errors import BadInputError
from mendlite.measure.recordings import RecordingTask
from mendlite.measure.task import Task
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedModels:
    """Models with the frames of their samples; ``lines`` describe the recordings."""

    models: CaseModels
    lines: tuple[str, ...] = ()


def fitted(name: str, models: CaseModels, recipe: Recipe, sets: SampleSets) -> FittedModels:
    """The models and the task of a case whose samples are known.

    Raises BadInputError where the samples are no recordings and the model keeps values from frame
    to frame, or where the task needs recordings and the model has none.
    """
    quantized, settings = models.quantized, recipe.task
    frames = frames_of_sets(quantized, sets)
    if not quantized.variables and frames == 1:
        if settings.verdict != "frame" or settings.window != 1:
            raise BadInputError(
                f"{name}: task.verdict and task.window are for models that keep values from frame "
                "to frame, which this one does not"
                + (" on samples of one frame" if quantized.keeps_frames else "")
            )
        return FittedModels(models=models)
    twin = None if models.float_model is None else replace(models.float_model, frames=frames)
    task = make_recording_task(name, settings, models.task, frames)
    lines = [_words(task, frames) + _left_out(quantized, sets, frames)]
    if models.whole is not None and twin is not None:
        lines.append(compared_windows(models.whole, twin, models.task, recipe, sets.repair))
    changed = replace(
        models, quantized=replace(quantized, frames=frames), float_model=twin, task=task
    )
    return FittedModels(models=changed, lines=tuple(lines))


def _left_out(model: Model, sets: SampleSets, frames: int) -> str:
    """Which rows of recordings are in no frame; empty where there are none."""
    shape, sample = model.tensors[model.inputs[0]].shape[1:], sets.repair.raw[0].shape[1:]
    rows = sample[0] - frames * shape[0] if len(sample) == len(shape) and len(shape) > 1 else 0
    return f"; the last {rows} of {sample[0]} rows fill no frame" if rows > 0 else ""


def _words(task: Task, frames: int) -> str:
    """What a sample and a test are."""
    sample = f"a sample is a recording of {frames} frames"
    if not isinstance(task, RecordingTask):
        return f"{sample}, a test is a frame"
    return (
        f"{sample}, a test is a recording: an output is detected where its mean probability over "
        f"{task.window} frames reaches {task.threshold:g}"
    )
