"""``mendlite validate``: count the failing tests of a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from mendlite.cli.common import case_options, load
from mendlite.errors import DiffersError, GateError
from mendlite.model.device_report import DeviceReport, Verdict
from mendlite.model.graph import Model
from mendlite.model.report import Validation
from mendlite.pipeline.case import Case
from mendlite.pipeline.device_check import check_device
from mendlite.pipeline.gate import gate_breaches
from mendlite.pipeline.job import validate as run_validation
from mendlite.repair.pairing import pair_layers
from mendlite.report.json_report import to_json
from mendlite.report.terminal import progress, show_device, show_validation
from mendlite.tflite.reader import read_file


@click.command()
@case_options
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    default=None,
    help="The repaired file.  [default: the target's own int8 file]",
)
@click.option(
    "--validation-samples",
    type=click.IntRange(1),
    default=None,
    help="Use at most this many validation samples.",
)
@click.option(
    "--equal", is_flag=True, help="With --device: exit with 6 where host and board differ."
)
@click.option(
    "--gate", is_flag=True, help="Exit with 4 where the result breaks the target's limits."
)
def validate(**options: Any) -> None:
    """Count TARGET's failing tests on its validation samples, before and after.

    With --device the board runs them, and its outputs are compared with the host's byte by byte.
    """
    with progress(shown=not options["quiet"]) as show:
        case = load(show, options)
        model = case.quantized
        if options["model"] is not None:
            model = read_file(options["model"])
            pair_layers(case.reference, model)
        found = run_validation(case, model)
        device = _device_report(case, model)
    kernels = case.judging(case.quantized).kernels
    if options["as_json"]:
        sys.stdout.write(_as_json(found, device))
    else:
        show_validation(case.target.name, kernels, found, sys.stdout)
        if device is not None:
            show_device(device, sys.stdout)
    breaches = gate_breaches(case.target.gate, found)
    if options["gate"] and breaches:
        raise GateError(f"gate of {case.target.name}: {'; '.join(breaches)}")
    if (options["equal"] or case.target.device.equal) and device is not None:
        _require_equal(device)


def _device_report(case: Case, model: Model) -> DeviceReport | None:
    """Host against board for the int8 file and the repaired one; None without a board."""
    if not case.boards:
        return None
    models = {"int8": case.quantized}
    if model is not case.quantized:
        models["repaired"] = model
    return check_device(case, models)


def _as_json(found: Validation, device: DeviceReport | None) -> str:
    """The validation alone, or with what the board's comparison found."""
    if device is None:
        return to_json(found).decode()
    return to_json({"validation": found, "device": device}).decode()


def _require_equal(device: DeviceReport) -> None:
    for model in device.models:
        if model.verdict is not Verdict.IDENTICAL:
            raise DiffersError(
                f"{device.device} and {device.host} differ on {model.differing} of "
                f"{device.samples} samples of the {model.name} model: {model.text}"
            )
