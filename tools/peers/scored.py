"""One target's held-out samples, and the figures of a file or of a peer's outputs on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench_recover import commit
from mendlite.case.case import Case
from mendlite.case.evaluate import teacher_outputs
from mendlite.case.models import check_models
from mendlite.case.tasks import evaluated_tensors, read_outputs
from mendlite.errors import MendliteError
from mendlite.measure.expected_failing import LogitErrors
from mendlite.measure.mcnemar import mcnemar_p
from mendlite.measure.outputs import Outputs
from mendlite.measure.score import Score, score
from mendlite.model.graph import Model
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.targets.load import load_target
from mendlite.targets.open import CaseOptions, load_case
from mendlite.tflite.reader import read
from peers.table import Row
from peers.tools import Made

KERNELS = {"reference": "reference", "default": "interpreter-auto"}


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One target: its case, the held-out samples, and what float says of them."""

    name: str
    case: Case
    float_file: Path
    teacher: Outputs

    @staticmethod
    def of(name: str, data: Path) -> Bench:
        """The target with seed 0."""
        case = load_case(name, CaseOptions(data_root=data))
        reference = load_target(name, data_root=data).models.float
        if reference is None or case.task.kind != "classification":
            raise SystemExit(f"{name} is no classifier with a float model")
        teacher = teacher_outputs(case, case.sets.validation)
        return Bench(name=name, case=case, float_file=Path(reference.path), teacher=teacher)

    def score(self, outputs: Outputs) -> Score:
        """Against float."""
        labels = self.case.tests(self.case.sets.validation).labels
        return score(self.case.task, self.teacher, outputs, labels)

    def of_model(self, model: Model, runner: str) -> Outputs:
        """A .tflite file's logits on the kernels of a runner."""
        inputs = self.case.quantized_inputs(self.case.sets.validation, model)
        tensors = list(evaluated_tensors(self.case.task, model))
        values = collect(make_runner(runner, model, self.case.profile), inputs, tensors)
        real = self.case.task_inputs(self.case.sets.validation)
        return read_outputs(self.case.task, model, values, real)


@dataclass(frozen=True, kw_only=True)
class Found:
    """One row and, for paired tests, which tests fail."""

    row: Row
    failed: NDArray[np.bool_] | None

    def against(self, ours: Found | None) -> Row:
        """The row, with the p-value of the exact sign test against ``ours`` on the same tests."""
        if ours is None or ours is self or self.failed is None or ours.failed is None:
            return self.row
        only = (
            int(np.count_nonzero(a & ~b))
            for a, b in ((self.failed, ours.failed), (ours.failed, self.failed))
        )
        return {**self.row, "p": mcnemar_p(*only)}


def figures(bench: Bench, outputs: Outputs) -> tuple[Score, Row]:
    """The figures of one set of outputs."""
    found, errors = bench.score(outputs), LogitErrors.of(bench.teacher, outputs)
    return found, {
        "failing": found.failing, "expected": errors.failing, "loss": found.loss,
        "accuracy": found.quality.accuracy,
    }  # fmt: skip


def empty(bench: Bench, tool: str, variant: str, made: Made) -> Row:
    """What is known of a file before it is scored."""
    return {
        "target": bench.name, "tool": tool, "variant": variant, "bytes": made.size, "why": made.why,
        "cpu_seconds": made.cpu_seconds, "alone": made.alone, "samples": bench.teacher.count,
        "commit": commit(),
        "failing": None, "expected": None, "loss": None, "accuracy": None, "default": None,
        "p": None,
    }  # fmt: skip


def of_file(bench: Bench, data: bytes, tool: str, variant: str, made: Made) -> Found:
    """The row of a .tflite file: reference kernels, and LiteRT's default ones beside them."""
    kept = empty(bench, tool, variant, made)
    try:
        model = read(data)
        check_models(
            bench.name, model, bench.case.reference, bench.case.recipe, allow_other_network=True
        )
        found, numbers = figures(bench, bench.of_model(model, KERNELS["reference"]))
        default = bench.score(bench.of_model(model, KERNELS["default"])).failing
    except MendliteError as error:
        return Found(row={**kept, "why": str(error)}, failed=None)
    return Found(row={**kept, **numbers, "default": default}, failed=found.failed)


def of_outputs(
    bench: Bench, values: NDArray[np.float32], tool: str, variant: str, made: Made
) -> Found:
    """The row of outputs that a peer's own runtime computed."""
    found, numbers = figures(
        bench, Outputs(values=values.reshape(len(values), -1).astype(np.float64))
    )
    return Found(row={**empty(bench, tool, variant, made), **numbers}, failed=found.failed)
