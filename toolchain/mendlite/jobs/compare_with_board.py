"""Host against board, byte by byte: whether they differ, from which tensor on, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.jobs.comparison import Others, compare_outputs, compare_values
from mendlite.model.device_report import DeviceReport
from mendlite.model.graph import Model
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.runner import DeviceRunner
from mendlite.replay.registry import make_runner
from mendlite.replay.runner import Values


def check_device(case: Case, models: Mapping[str, Model]) -> DeviceReport:
    """Compare each model's outputs on the board with the host's on the validation samples.

    ``models`` are by their name in the report. The board has run these samples before
    where it evaluated: then nothing is run again.
    """
    board = Others(
        runner=case.execution.evaluation_runner,
        profile=case.profile,
        shows_tensors=case.execution.boards[0].can_return_tensors,
        all_profiles=True,
    )
    return DeviceReport(
        device=case.execution.evaluation_runner(case.quantized).kernels,
        host=make_runner("reference", case.quantized, case.profile).kernels,
        samples=case.sets.validation.count,
        models=tuple(
            compare_outputs(
                name,
                model,
                board,
                case.quantized_inputs(case.sets.validation, model),
                list(model.outputs),
            )
            for name, model in models.items()
        ),
    )


def compare_inference(
    runner: DeviceRunner, board: ConnectedBoard, inputs: Sequence[NDArray[Any]], values: Values
) -> DeviceReport:
    """Compare ``values``, which a board computed from ``inputs``, with those of the host."""
    profile = board.device.profile or runner.profile
    others = Others(
        runner=lambda model: replace(runner, model=model),
        profile=profile,
        shows_tensors=board.can_return_tensors,
        all_profiles=True,
    )
    return DeviceReport(
        device=runner.kernels,
        host=make_runner("reference", runner.model, profile).kernels,
        samples=len(inputs[0]),
        models=(compare_values("model", runner.model, others, inputs, values),),
    )
