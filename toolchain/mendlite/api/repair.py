"""``mendlite.repair``: the main job, values in and values out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mendlite.api.cases import case_of
from mendlite.api.given import Given, PreprocessingLike, TaskLike, data_options, split_options
from mendlite.api.models import ModelFile, name_of
from mendlite.api.sample_sets import LabelsLike, SamplesLike
from mendlite.case.gate import Gate
from mendlite.case.recipe import Teacher
from mendlite.files import hold_folder, require_ours, require_writable, write_set
from mendlite.jobs.certificate import make_certificate
from mendlite.jobs.repair import Repaired
from mendlite.jobs.repair import repair as run_repair
from mendlite.jobs.result_files import FORMS, REPAIRED, result_files
from mendlite.model.delta import Delta
from mendlite.model.progress import Progress
from mendlite.model.report import Report
from mendlite.repair.settings import Settings
from mendlite.tflite.patch import seal


@dataclass(frozen=True, slots=True)
class RepairResult:
    """The result of a repair; ``print(result)`` shows the verdict in two lines.

    ``model`` are the bytes to ship: the repaired file, or the base file where the
    repair made held-out samples worse. ``delta`` turns the int8 file into ``model``;
    ``certificate`` is None where nothing was repaired. ``report`` has all figures.
    """

    model: bytes
    delta: Delta
    report: Report
    certificate: Mapping[str, Any] | None
    _repaired: Repaired = field(repr=False)

    @property
    def kept(self) -> bool:
        """Whether the repaired file is to be used, not the base file."""
        return self._repaired.kept

    def save(self, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write what ``mendlite repair`` writes, as one set; the paths of the files.

        repaired.tflite, delta.json, report.json, details.json, report.html, certificate.json
        and, where matplotlib is installed (the extra ``report``), curve.png; only the report's
        three files where the base file stays. An earlier result's files are replaced. Raises
        BadInputError where something else has their names.
        """
        place = Path(folder)
        certificate = None if self.certificate is None else dict(self.certificate)
        files = result_files(self._repaired, certificate)
        require_writable(place)
        with hold_folder(place):
            require_ours(place, FORMS)
            write_set(place, files, FORMS)
        return tuple(place / name for name in files)

    def __str__(self) -> str:
        """The verdict, and what was changed."""
        changed = self.report.repair
        return (
            f"{self.report.headline}\n{changed.bytes_changed} bytes changed: {changed.edits} "
            f"values in {changed.layers} layers; {self.report.second_opinion.summary}"
        )


def repair(
    int8: ModelFile,
    *,
    samples: SamplesLike,
    float_model: ModelFile | None = None,
    labels: LabelsLike = None,
    task: TaskLike = None,
    preprocessing: PreprocessingLike = None,
    teacher: Teacher | None = None,
    strategy: str | Sequence[Any] = "auto",
    gate: Gate | None = None,
    seed: int = 0,
    name: str = "model",
    runner: str = "reference",
    profile: str = "tflm",
    jobs: int | None = None,
    progress: Progress | None = None,
    allow_other_network: bool = False,
    **options: Any,
) -> RepairResult:
    """Repair an int8 ``.tflite`` so that it follows its float model again.

    ``samples`` are arrays, a ``Dataset``, the path of data (a folder, .npz, .csv, .wav, ...) or a
    function that yields them. One set is split by us into three disjoint sets, drawn by ``seed``:
    at most 40 % and 1000 to repair on, 10 % and 1000 to select by, the rest to validate on. Three
    ``Dataset`` are taken as they are. Where ``task`` or ``preprocessing`` is not given, it is found
    out from the graph, the samples and the labels; ``report.understood`` states what was found.
    ``strategy`` is a name, or a list of moves to run in that order. ``options`` are those of the
    strategy, such as ``max_bytes=64`` or ``layers=["4"]``, and decisions about the data, such as
    ``layout="nchw"`` or ``multiply=1 / 255`` (docs/API.md lists them). Nothing is printed or
    written.

    Raises BadInputError, a MendliteError, where a parameter does not fit; the message names it.
    KeyboardInterrupt passes, and there is no result.
    NotSureError, one of them, where samples, labels and models leave more than one reading: its
    message names the parameter that decides.

    >>> import mendlite
    >>> result = mendlite.repair(**mendlite.load_target("digits"), strategy="bias")
    >>> result.report.validation.repaired.failing < result.report.validation.int8.failing
    True
    >>> result.model == mendlite.apply(mendlite.load_target("digits").int8, result.delta)
    True
    """
    data, others = split_options(options)
    given = Given(
        options=data_options(data), int8=int8, float_model=float_model, samples=samples,
        labels=labels, task=task, preprocessing=preprocessing, teacher=teacher, gate=gate,
        seed=seed, name=name, runner=runner, profile=profile, jobs=jobs, progress=progress,
        allow_other_network=allow_other_network,
    )  # fmt: skip
    settings = Settings.of(strategy, **others)
    case = case_of(given, repairs=True)
    paths = (name_of(float_model, "float.tflite"), name_of(int8, "int8.tflite"), REPAIRED)
    repaired = run_repair(case, settings, paths)
    if not repaired.kept:
        return RepairResult(case.quantized.data, _nothing(case.quantized.data, repaired),
                            repaired.report, None, repaired)  # fmt: skip
    certificate = make_certificate(case, repaired, name)
    return RepairResult(repaired.data, repaired.delta, repaired.report, certificate, repaired)


def _nothing(data: bytes, repaired: Repaired) -> Delta:
    """The delta without edits."""
    base = repaired.delta.base_sha256
    return seal(data, Delta(base_sha256=base, patched_sha256="", edits=()))
