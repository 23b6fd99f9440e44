"""The move ``requantize``: quantize the float model again into the present file.

For a file whose weights are not the float model's: made from another training run, or rescaled by
an earlier repair. Graph and shapes stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mendlite.model.delta import TensorEdit
from mendlite.model.repair_options import PatchBudget
from mendlite.model.tensor import DType
from mendlite.pairing.layers import pair_layers
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.layers.round_weights import rounded_edits
from mendlite.repair.move import Move, Proposal
from mendlite.repair.moves.calibrate import best_calibration
from mendlite.repair.needs import INTERFACE_OPTIONS, Need, ranges_may_change
from mendlite.tflite.patched import patched
from mendlite.tflite.support import own_scales


@dataclass(frozen=True)
class Requantize(Move):
    """Round the float weights of the layers into the file, and calibrate where ranges may change.

    Weight scales follow the weights only where ranges may change.
    """

    name = "requantize"
    needs = frozenset({Need.FLOAT_MODEL, Need.EDITABLE_LAYERS, Need.OWN_WEIGHTS, Need.MISFIT})
    edits = frozenset(
        {
            Edit.WEIGHTS,
            Edit.BIASES,
            Edit.WEIGHT_SCALES,
            Edit.RANGES,
            Edit.INPUTS,
            Edit.OUTPUTS,
        }
    )
    statistics = frozenset({Statistic.RANGES, Statistic.TEACHER_OUTPUTS})
    reads = INTERFACE_OPTIONS

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:  # noqa: ARG002
        """The float model quantized again into the present file."""
        calibrated = ranges_may_change(context)
        model = patched(context.model, _edits(context, scales=calibrated))
        note = f"requantize: {len(context.layers)} layers rounded from the float model"
        proposal = Proposal(model=model)
        if calibrated:
            proposal = best_calibration(context.on(context.case, model))
        pairs = pair_layers(context.case.reference, proposal.model)
        return Proposal(
            model=proposal.model,
            case=replace(context.case, pairs=pairs),
            notes=(note, *proposal.notes),
        )


def _edits(context: RepairContext, *, scales: bool) -> list[TensorEdit]:
    """The layers' weights and biases rounded again, their scales too where they may follow."""
    case, model = context.case, context.model
    return [
        edit
        for pair in case.pairs
        if pair.quantized.number in context.layers
        and case.reference.tensors[pair.reference.weights].dtype is DType.FLOAT32
        for edit in rounded_edits(
            case.reference, model, pair, follow=scales and own_scales(model, pair.quantized)
        )
    ]
