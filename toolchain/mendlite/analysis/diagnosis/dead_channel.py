"""A channel that its scale lost: its weights, or a bias that int32 cannot hold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mendlite.analysis.diagnosis.evidence import Evidence
from mendlite.analysis.diagnosis.make_diagnosis import make_diagnosis
from mendlite.case.lost_channels import REACH, LostChannels, lost_channels
from mendlite.model.cost import Cost
from mendlite.model.diagnosis import Diagnosis, Recovery
from mendlite.model.layer_values import BIAS_LIMIT, bias_of, tensor_layout, weight_scale
from mendlite.pairing.layers import real_weights

KIND = "dead-channel"

NAMED = 8
"""Channels that are listed."""


def find(evidence: Evidence) -> Iterator[Diagnosis]:
    """A finding for each layer with lost channels: facts about the file, whatever they cost."""
    case = evidence.case
    if case.float_model is None:
        return
    for lost in lost_channels(evidence.model, case.reference, case.pairs):
        name = evidence.layer(lost.pair.quantized)
        listed = ", ".join(map(str, lost.channels[:NAMED]))
        more = ", ..." if lost.channels.size > NAMED else ""
        plural = "s" if lost.channels.size > 1 else ""
        yield make_diagnosis(
            evidence,
            KIND,
            f"{name}, channel{plural} {listed}{more}",
            f"channel{plural} {listed}{more} of {name}: {_what(evidence, lost)}",
            cost=_cost(evidence, lost),
            recoverable=Recovery.NO if lost.why_not else Recovery.YES,
            advice="convert with a current converter, which gives a channel of zeros a usable "
            "scale; or remove the channel (its output is a constant) and add it to the next "
            "layer's bias",
            layers=(lost.pair.quantized.number,),
        )


def _what(evidence: Evidence, lost: LostChannels) -> str:
    """What the first of the channels has, what the file means by it, and what float has."""
    model, layer, channel = evidence.model, lost.pair.quantized, int(lost.channels[0])
    scale, bias = weight_scale(model, layer)[channel], bias_of(model, layer)
    said = [f"its weight scale is {scale:.3g}"]
    if lost.largest[channel] > REACH * scale:
        said.append(f"float's weights reach {lost.largest[channel]:.3g}")
    else:
        said.append("its weights are dead")
    stored, float_bias = lost.stored[channel], lost.float_bias[channel]
    if bias is not None and abs(int(bias[channel])) == BIAS_LIMIT:
        said.append(f"its bias is saturated at {int(bias[channel])}")
    said.append(f"float has the constant {float_bias:.3g}, the file can only hold {stored:.3g}")
    first = f"(channel {channel}) " if lost.channels.size > 1 else ""
    return first + ", ".join(said)


def _cost(evidence: Evidence, lost: LostChannels) -> Cost:
    """The float model with these channels as the file has them."""
    reference, twin = evidence.case.reference, lost.pair.reference
    chosen = np.zeros(twin.channels, bool)
    chosen[lost.channels] = True
    real = real_weights(reference, twin)
    real[chosen] = real_weights(evidence.model, lost.pair.quantized)[chosen]
    values = {twin.weights: tensor_layout(reference, twin, real).astype(np.float32)}
    if twin.bias is not None:
        bias = np.where(chosen, lost.stored, lost.float_bias)
        values[twin.bias] = bias.astype(np.float32)
    return evidence.cost_of_model(reference.with_float_constants(values))
