"""``mendlite.check``: a certificate against the files and samples of whoever checks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from mendlite.api.given import Given, PreprocessingLike, TaskLike
from mendlite.api.models import ModelFile, read_model
from mendlite.api.sample_sets import LabelsLike, SamplesLike, datasets_of, sample_sets
from mendlite.api.understood import understood
from mendlite.case.recipe import Teacher
from mendlite.case.tasks import make_task
from mendlite.checker.draw import SampleDraw
from mendlite.checker.form import dumps, loads
from mendlite.checker.inputs import SampleSet
from mendlite.checker.plan import SECONDS, CheckEffort
from mendlite.checker.verify import Data, Findings
from mendlite.checker.verify import check as check_certificate
from mendlite.errors import BadInputError, ClaimError
from mendlite.jobs.front_door.options import DataOptions
from mendlite.model.graph import Model
from mendlite.model.samples import Samples
from mendlite.reading.limited import CERTIFICATE, read_limited

CertificateLike = Mapping[str, Any] | str | os.PathLike[str] | bytes
"""A certificate's values, the path of its file, or the file's bytes."""


def check(
    certificate: CertificateLike,
    *,
    base: ModelFile,
    patched: ModelFile,
    samples: SamplesLike | None = None,
    float_model: ModelFile | None = None,
    labels: LabelsLike = None,
    task: TaskLike = None,
    preprocessing: PreprocessingLike = None,
    teacher: Teacher | None = None,
    draw_seed: str | None = None,
    everything: bool = False,
    signature: str | None = None,
) -> Findings:
    """Check a certificate by code that shares none with the repair.

    ``samples`` and what belongs to them are those that the repair was given; without them the bytes
    alone are checked, which ``Findings.unverified`` states. As many samples are computed again as a
    minute allows, drawn by new random bytes (or ``draw_seed``), or ``everything``. ``signature``
    selects a model in files that hold several. Raises ClaimError where something in the certificate
    is false.

    >>> import mendlite
    >>> digits = mendlite.load_target("digits")
    >>> result = mendlite.repair(**digits, strategy="bias")
    >>> findings = mendlite.check(result.certificate, base=digits.int8, patched=result.model)
    >>> len(findings.checks) > 0, len(findings.unverified)
    (True, 1)
    """
    values = _values(certificate)
    before, after = (
        read_model(file, name, signature) for file, name in ((base, "base"), (patched, "patched"))
    )
    data = None
    if samples is not None:
        given = Given(
            options=DataOptions(signature=signature),
            int8=base,
            float_model=float_model,
            samples=samples,
            labels=labels,
            task=task,
            preprocessing=preprocessing,
            teacher=teacher,
        )
        data = _data(given, values, before)
    draw = SampleDraw.fresh() if draw_seed is None else SampleDraw(seed=draw_seed)
    effort = CheckEffort(draw=draw, seconds=inf if everything else SECONDS)
    return check_certificate(values, before.data, after.data, data, effort=effort)


def _values(given: Any) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return loads(dumps(dict(given)))
    if isinstance(given, bytes):
        return loads(given)
    if not isinstance(given, str | os.PathLike):
        kind = type(given).__name__
        raise BadInputError(f"`certificate` is a mapping, a path or bytes, not {kind}")
    return loads(read_limited(Path(given), CERTIFICATE))


def _data(given: Given, values: Mapping[str, Any], base: Model) -> Data:
    """The samples as the checker takes them, split by the certificate's seed."""
    seed = values.get("seed")
    if type(seed) is not int or seed < 0:
        raise ClaimError("the certificate's seed is no whole number from 0")
    datasets = datasets_of(given.samples, given.labels)
    known, signature = given.float_model, given.options.signature
    reference = (
        None if known is None else read_model(known, "float_model", signature, only_of_several=True)
    )
    data = understood(given, datasets, base, reference)
    recipe = data.recipe
    sets = sample_sets(
        data.datasets, make_task("the samples", recipe.task, base), seed, data.label_offset
    )
    named = {"repair": sets.repair, "selection": sets.selection, "validation": sets.validation}
    return Data(
        recipe=recipe.plain(),
        sets={name: _plain(one) for name, one in named.items()},
        teacher=None if reference is None else reference.data,
    )


def _plain(samples: Samples) -> SampleSet:
    return SampleSet(raw=samples.raw, labels=samples.labels, outputs=samples.outputs)
