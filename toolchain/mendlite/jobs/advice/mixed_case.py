"""The int8 file of a case with some layers in 4 bits, as litert-quantizer writes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from mendlite.case.case import Case
from mendlite.errors import BadInputError
from mendlite.model.graph import Layer, Model
from mendlite.pairing.layers import pair_layers
from mendlite.pairing.verdict import PairingVerdict, judge_pairs
from mendlite.repair.layers.round_weights import rounded_edits
from mendlite.tflite.int4_form import bytes_saved, in_int4, why_not_int4
from mendlite.tflite.patched import patched

CONVOLUTION, DENSE = "CONV_2D", "FULLY_CONNECTED"
"""Operators to which litert-quantizer 0.11 gives 4 bits."""


def why_not(model: Model, layer: Layer, *, dense: bool) -> str:
    """Why a layer is to keep its bits; empty where 4 bits are possible.

    ``dense``: dense layers may have 4 bits, too.
    """
    if layer.op == DENSE and not dense:
        return "TFLite Micro runs no dense layer with int4 weights and scales per channel: `dense`"
    if layer.op not in (CONVOLUTION, DENSE):
        return f"litert-quantizer has no 4 bits for {layer.op}"
    return why_not_int4(model, layer)


def savings(model: Model, *, dense: bool) -> dict[int, int]:
    """By number of each layer that may have 4 bits: the bytes that they save."""
    return {
        layer.number: bytes_saved(model, layer)
        for layer in model.layers
        if not why_not(model, layer, dense=dense) and bytes_saved(model, layer)
    }


def require_fresh(case: Case) -> None:
    """Raise BadInputError for an int8 file that is not float's rounding, layer by layer."""
    verdict = None if case.pairing is None else case.pairing.verdict
    if verdict not in (PairingVerdict.SAME, PairingVerdict.HYBRID):
        raise BadInputError(
            f"the int8 file is to the float model: {verdict.value if verdict else 'unknown'}; 4 "
            "bits are derived from the float model, so name the int8 file as it was quantized"
        )


def mixed(case: Case, numbers: Collection[int]) -> Case:
    """The case with these layers in 4 bits, as ``derived``."""
    return on_file(case, derived(case.reference, case.quantized, numbers))


def derived(reference: Model, quantized: Model, numbers: Collection[int]) -> Model:
    """The int8 file with the weights of these layers rounded from float to 4 bits, min-max.

    Ranges of activations stay; biases and their scales follow the weights' scales. The file keeps
    its length (``tflite/int4_form.py``).
    """
    model = in_int4(quantized, [layer for layer in quantized.layers if layer.number in numbers])
    pairs = [p for p in pair_layers(reference, model) if p.quantized.number in numbers]
    edits = [e for pair in pairs for e in rounded_edits(reference, model, pair, follow=True)]
    return patched(model, edits)


def on_file(case: Case, model: Model) -> Case:
    """The case with another quantized file of the same network."""
    pairs = pair_layers(case.reference, model)
    pairing = judge_pairs(case.reference, model, pairs)
    return replace(case, quantized=model, pairs=pairs, pairing=pairing)


def size_of(model: Model, numbers: Collection[int], saved: Mapping[int, int]) -> int:
    """Bytes of the file with 4 bits in these layers."""
    return len(model.data) - sum(saved[number] for number in numbers)
