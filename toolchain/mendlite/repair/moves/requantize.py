"""The move ``requantize``: quantize the float model anew, into the file as it stands.

For a file whose weights are not the float model's: made from another training run, or rescaled by
an earlier repair. Graph, shapes and the ranges of the graph's inputs and outputs stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mendlite.case.case import Case
from mendlite.model.graph import Model
from mendlite.model.tensor import DType
from mendlite.pairing.layers import pair_layers
from mendlite.repair.engine.accept import Proposal
from mendlite.repair.moves.calibrate import Calibration, best_calibration
from mendlite.repair.moves.round_weights import rounded_edits
from mendlite.tflite.patched import patched
from mendlite.tflite.support import own_scales


def propose_requantization(
    case: Case, layers: Sequence[int], model: Model, calibration: Calibration | None
) -> Proposal:
    """Round the float weights of ``layers`` into the file and calibrate its ranges.

    Without a ``calibration`` weight scales and ranges stay.
    """
    edits = []
    for pair in case.pairs:
        twin = case.reference.tensors[pair.reference.weights]
        if pair.quantized.position in layers and twin.dtype is DType.FLOAT32:
            follow = calibration is not None and own_scales(model, pair.quantized)
            edits += rounded_edits(case.reference, model, pair, follow=follow)
    model = patched(model, edits)
    notes: tuple[str, ...] = (f"requantize: {len(layers)} layers rounded from the float model",)
    if calibration is not None:
        calibrated = best_calibration(case, model, calibration)
        model, notes = calibrated.model, (*notes, *calibrated.notes)
    repaired = replace(case, pairs=pair_layers(case.reference, model))
    return Proposal(model=model, case=repaired, notes=notes)
