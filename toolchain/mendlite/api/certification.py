"""``mendlite.certify``: prove a property for every input of a region, or refute it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import NDArray

from mendlite.api.cases import case_of
from mendlite.api.given import Given, PreprocessingLike, TaskLike
from mendlite.api.models import ModelFile, read_model
from mendlite.api.sample_sets import SamplesLike
from mendlite.certify.region import RAW, STEPS
from mendlite.errors import BadInputError
from mendlite.jobs.certify import PROPERTIES, SOLVERS, Question, certify_case
from mendlite.jobs.front_door.options import DataOptions
from mendlite.jobs.proof_parameters import require_used
from mendlite.model.clock import Clock
from mendlite.model.progress import Progress
from mendlite.model.verification import Verification


def certify(
    int8: ModelFile,
    *,
    samples: SamplesLike,
    float_model: ModelFile | None = None,
    repaired: ModelFile | None = None,
    patch: bool = False,
    property: Literal["error", "class", "class-is"] = "class",  # noqa: A002 - the field's word
    epsilon: float | None = None,
    outputs: Sequence[int] = (),
    wanted: int | None = None,
    smallest: bool = False,
    sample: int | None = None,
    radius: float | None = None,
    unit: Literal["steps", "raw"] | None = None,
    ranges: tuple[NDArray[Any], NDArray[Any]] | None = None,
    task: TaskLike = None,
    preprocessing: PreprocessingLike = None,
    solver: str = "highs",
    time_limit: float = 300.0,
    dask: str | None = None,
    seed: int = 0,
    profile: str = "tflm",
    progress: Progress | None = None,
    allow_other_network: bool = False,
    signature: str | None = None,
) -> Verification:
    """Prove a property of the int8 or repaired model for every input of a region, or refute it.

    ``property``: "error", the ``outputs`` (all) differ from the float model's by less than
    ``epsilon`` (1); "class", the class is the same; "class-is", the class is ``wanted``. The region
    is a ball of ``radius`` (1) round sample number ``sample`` (0; of three ``Dataset``, of the
    last), in input ``steps`` (the default) or ``raw`` units, or ``ranges``: the least and the
    greatest stored value of each feature. With ``patch`` the int8 file is compared with the
    repaired one. ``dask`` is the address of a scheduler over whose workers parts of the region and
    open questions are spread. ``time_limit`` counts seconds from the call on; what is open then is
    undecided. ``signature`` selects a model in files that hold several. A parameter that has no
    effect beside the others is an error.

    >>> import mendlite
    >>> digits = mendlite.load_target("digits")
    >>> verification = mendlite.certify(digits.int8, float_model=digits.float_model,
    ...     samples=digits.samples, preprocessing=digits.preprocessing,
    ...     sample=1, radius=0, solver="none")
    >>> verification.verdict.value
    'proved'
    """
    clock = Clock()
    _require_known("property", property, PROPERTIES)
    _require_known("solver", solver, SOLVERS)
    chosen = _given(
        epsilon=epsilon, outputs=tuple(outputs) or None, wanted=wanted, smallest=smallest or None,
        sample=sample, radius=radius, unit=unit,
    )  # fmt: skip
    _require_known("unit", chosen.get("unit", STEPS), (STEPS, RAW))
    require_used(
        {name: f"`{name}`" for name in chosen}, property,
        shown="`property`", ranges="" if ranges is None else "`ranges`",
    )  # fmt: skip
    given = Given(
        options=DataOptions(signature=signature),
        int8=int8, float_model=float_model, samples=samples, labels=None, task=task,
        preprocessing=preprocessing, teacher="float", seed=seed, profile=profile,
        progress=progress, allow_other_network=allow_other_network,
    )  # fmt: skip
    question = Question(
        property=property, ranges=ranges, **chosen,
        repaired=None if repaired is None else read_model(repaired, "repaired", signature),
        patch=patch, solver=solver, seconds=time_limit, dask=dask, clock=clock,
    )  # fmt: skip
    return certify_case(case_of(given, repairs=False), question).verification


def _require_known(parameter: str, word: str, known: Sequence[str]) -> None:
    if word not in known:
        raise BadInputError(f"`{parameter}` is one of {', '.join(known)}, not {word!r}")


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
