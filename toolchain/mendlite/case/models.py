"""The models of a case, checked: each readable and repairable, both the same network."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.case.lost_channels import require_recoverable
from mendlite.case.recipe import Recipe
from mendlite.case.tasks import make_task, require_same_answers
from mendlite.errors import BadInputError
from mendlite.measure.task import Task
from mendlite.model.graph import Model
from mendlite.pairing.layers import LayerPair, pair_layers
from mendlite.pairing.streaming_twin import streaming_twin
from mendlite.pairing.verdict import Pairing, judge_pairs, require_same_network
from mendlite.tflite.support import require_independent, require_repairable


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseModels:
    """The int8 model, its float model with the layers' pairs where there is one, and the task.

    ``whole`` is the float model as it was passed, where ``float_model`` is its streaming form.
    """

    quantized: Model
    float_model: Model | None
    pairs: tuple[LayerPair, ...]
    pairing: Pairing | None
    task: Task
    whole: Model | None = None


def check_models(
    name: str,
    quantized: Model,
    float_model: Model | None,
    recipe: Recipe,
    *,
    allow_other_network: bool = False,
    foreign_kernels: bool = False,
) -> CaseModels:
    """The models with what they are to each other; a task error begins with ``name``.

    ``foreign_kernels``: nothing is repaired and another runner does all the
    work: a file that mendlite does not repair is then accepted. Raises BadInputError where the
    models do not fit each other or the task, UnsupportedModelError where the int8 file cannot be
    repaired.
    """
    if foreign_kernels:
        require_independent(quantized)
    else:
        require_repairable(quantized)
    whole = None
    if float_model is not None and bool(quantized.variables) != bool(float_model.variables):
        whole, float_model = float_model, _streaming(float_model, quantized)
    pairs, pairing = _pair(
        quantized, float_model, alone=foreign_kernels and bool(quantized.unsupported)
    )
    if pairing is not None and not allow_other_network:
        require_same_network(pairing)
    task = make_task(name, recipe.task, quantized)
    if float_model is not None and recipe.teacher == "float":
        require_same_answers(task, float_model, quantized)
    return CaseModels(
        quantized=quantized,
        float_model=float_model,
        pairs=pairs,
        pairing=pairing,
        task=task,
        whole=whole,
    )


def _streaming(float_model: Model, quantized: Model) -> Model:
    """The streaming form of a float model that keeps nothing from frame to frame."""
    if float_model.variables:
        raise BadInputError(
            "the float model keeps values from frame to frame and the int8 model does not: pass "
            "the float model that it was made from"
        )
    return streaming_twin(float_model, quantized)


def _pair(
    quantized: Model, float_model: Model | None, *, alone: bool
) -> tuple[tuple[LayerPair, ...], Pairing | None]:
    """The layers' pairs and what they say; nothing where one model stands alone."""
    if float_model is None or alone:
        return (), None
    pairs = pair_layers(float_model, quantized)
    require_recoverable(quantized, float_model, pairs)
    return pairs, judge_pairs(float_model, quantized, pairs)
