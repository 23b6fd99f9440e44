"""Our kernels against other interpreters on any model: every tensor, as a board is compared."""

from __future__ import annotations

from collections.abc import Mapping

from mendlite.case.case import Case
from mendlite.errors import DiffersError, UnsupportedModelError
from mendlite.jobs.comparison import compare_operators
from mendlite.jobs.second_opinion import others_of
from mendlite.model.device_report import BoardVerdict, DeviceReport, ModelComparison
from mendlite.model.graph import Model
from mendlite.replay.registry import make_runner
from mendlite.replay.runtimes import Runtime


def check_runtime(case: Case, models: Mapping[str, Model], runtime: Runtime) -> DeviceReport:
    """Compare every tensor of each model on the validation samples with the runtime's.

    Our kernels follow the runtime's profile. Raises UnsupportedModelError where ours cannot run a
    model.
    """
    compared: list[ModelComparison] = []
    for done, (name, model) in enumerate(models.items()):
        case.progress(f"{name} on {runtime.name}", done, len(models))
        ours = make_runner("reference", model, runtime.profile)
        inputs = case.quantized_inputs(case.sets.validation, model)
        next(iter(ours.run([x[: model.frames] for x in inputs], list(model.outputs))), None)
        try:
            comparison = compare_operators(name, model, others_of(runtime), inputs)
        except UnsupportedModelError as error:
            comparison = ModelComparison(
                name=name,
                sha256=model.sha256,
                verdict=BoardVerdict.REFUSED,
                differing=0,
                refusal=str(error),
            )
        compared.append(comparison)
    return DeviceReport(
        device=runtime.kernels,
        host=ours.kernels,
        samples=case.sets.validation.count,
        models=tuple(compared),
    )


def require_equal(report: DeviceReport) -> None:
    """Raise DiffersError where a model's bytes differ.

    Raises UnsupportedModelError where one could not be run and so not be compared.
    """
    for model in report.models:
        if model.verdict is BoardVerdict.REFUSED:
            raise UnsupportedModelError(f"the {model.name} model: {model.refusal}")
        if model.verdict is not BoardVerdict.IDENTICAL:
            raise DiffersError(difference(report, model))


def difference(report: DeviceReport, model: ModelComparison) -> str:
    """How one of the report's models differs, in a line."""
    return (
        f"{report.device} and {report.host} differ on {model.differing} of "
        f"{report.samples} samples of the {model.name} model: {model.text}{model.place}"
    )
