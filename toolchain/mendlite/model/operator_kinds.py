"""Operators by what running one alone takes: state, other subgraphs, code that a runtime has."""

from __future__ import annotations

CONTROL_FLOW = frozenset({"IF", "WHILE", "CALL", "STABLEHLO_WHILE", "STABLEHLO_COMPOSITE"})
"""Operators that run another subgraph of the file."""

STATEFUL = frozenset({"CALL_ONCE", "READ_VARIABLE", "ASSIGN_VARIABLE", "VAR_HANDLE"})
"""Operators that keep values from one frame of a recording to the next, and their first values."""

RECURRENT = frozenset(
    {
        "LSTM",
        "RNN",
        "SVDF",
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        "UNIDIRECTIONAL_SEQUENCE_RNN",
        "BIDIRECTIONAL_SEQUENCE_LSTM",
        "BIDIRECTIONAL_SEQUENCE_RNN",
    }
)
"""Operators whose state lies in variable tensors, which each sample resets."""

COPYING = frozenset(
    {
        "SPLIT",
        "SPLIT_V",
        "UNPACK",
        "SLICE",
        "REVERSE_V2",
        "TILE",
        "BROADCAST_TO",
        "GATHER",
        "GATHER_ND",
        "SPACE_TO_DEPTH",
        "DEPTH_TO_SPACE",
        "SPACE_TO_BATCH_ND",
        "BATCH_TO_SPACE_ND",
        "MIRROR_PAD",
        "RESIZE_NEAREST_NEIGHBOR",
    }
)
"""Operators that copy stored values to other places, whatever scales their ends have
(``prepare/copies.py``)."""

COMPARING = frozenset({"MINIMUM", "MAXIMUM", "REDUCE_MAX", "REDUCE_MIN", "RESIZE_BILINEAR"})
"""Operators that compare or weigh stored values, whatever scales their ends have."""

SELECTING = frozenset({"SELECT", "SELECT_V2"})
"""Operators that take each stored value from one of two inputs, whatever scales their ends have."""

CONVERSIONS = frozenset({"QUANTIZE", "DEQUANTIZE"})
"""Operators that change the type or the steps of values."""

DENSIFY = "DENSIFY"
"""Of a sparse constant."""

WHOLE_CONSTANTS = "for a board, convert the model without sparse constants"
"""What to do about DENSIFY: neither TFLite Micro nor mendlite's engine on the board has it."""

CUSTOM = "CUSTOM:"
"""What the name of a custom operator begins with."""

POSTPROCESS = CUSTOM + "TFLite_Detection_PostProcess"
"""Of a detector: its boxes, classes and scores, the best first, and their count."""

REGISTERED = frozenset({POSTPROCESS}) | frozenset(
    CUSTOM + name
    for name in (
        "Mfcc",
        "AudioSpectrogram",
        "SignalDelay",
        "SignalEnergy",
        "SignalFftAutoScale",
        "SignalFilterBank",
        "SignalFilterBankLog",
        "SignalFilterBankSpectralSubtraction",
        "SignalFilterBankSquareRoot",
        "SignalFramer",
        "SignalIrfft",
        "SignalOverlapAdd",
        "SignalPCAN",
        "SignalRfft",
        "SignalStacker",
        "SignalWindow",
    )
)
"""Custom operators that LiteRT (``register_ref.cc``) or TFLite Micro
(``python_ops_resolver.cc``) brings its own code for."""

KEEPS_MORE = frozenset(
    CUSTOM + name
    for name in (
        "SignalDelay",
        "SignalFilterBankSpectralSubtraction",
        "SignalFramer",
        "SignalOverlapAdd",
        "SignalStacker",
    )
)
"""Those whose state lies in memory of their own, which a runtime resets with its variables."""

WITHOUT_OUTPUT = frozenset({"CALL_ONCE", "ASSIGN_VARIABLE", "HASHTABLE_IMPORT"})
"""Operators that change a resource, and write no tensor."""

OWN_STATE = RECURRENT | KEEPS_MORE
"""Operators with a state of their own, which each sample resets."""

FRAME_BY_FRAME = KEEPS_MORE | {"LSTM", "RNN", "SVDF"}
"""Those that take one frame at a time; the other recurrent ones take a sequence."""


def activations_slot(op: str) -> int:
    """Which input of a layer holds the activations."""
    # TRANSPOSE_CONV is (output shape, weights, input, bias); the others (input, weights, bias).
    return 2 if op == "TRANSPOSE_CONV" else 0


def bias_slot(op: str) -> int:
    """Which input of a layer is its bias."""
    return 3 if op == "TRANSPOSE_CONV" else 2


def may_write_nothing(op: str) -> bool:
    """Whether an operator may have no output: it sets a variable, runs a subgraph, or is custom."""
    return op in WITHOUT_OUTPUT or op in CONTROL_FLOW or op.startswith(CUSTOM)


def not_alone(op: str) -> str:
    """Why no interpreter runs an operator alone, and what to do; empty where one may."""
    if op in CONTROL_FLOW:
        return "control flow: it runs another subgraph; that is not supported yet"
    if op.startswith(CUSTOM) and op not in REGISTERED:
        return (
            "a custom operator that neither LiteRT nor TFLite Micro registers: convert the model "
            "with builtin operators alone, or cut the file before this operator"
        )
    return ""
