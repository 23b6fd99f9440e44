"""Rounding profiles: how a target's kernels requantize an int32 accumulator."""

from __future__ import annotations

from enum import Enum


class Profile(Enum):
    """A named rounding profile; a property of the board, never a default of the arithmetic.

    Double rounding is ``MultiplyByQuantizedMultiplier`` of TFLite built without
    ``TFLITE_SINGLE_ROUNDING``: a saturating rounding doubling high multiplication, then a
    rounding division by a power of two. Single rounding rounds once.
    """

    TFLITE_REF = "tflite_ref"
    """FULLY_CONNECTED single and with multipliers in double, everything else double: the
    desktop's BUILTIN_REF kernels of TF 2.21 and LiteRT 2.x."""
    TFLM = "tflm"
    """Double rounding everywhere: TFLite Micro, and BUILTIN_REF of tflite-runtime 2.14, byte for
    byte."""
    SINGLE = "single"
    """Single rounding everywhere (``TFLITE_SINGLE_ROUNDING``, CMSIS-NN's switch)."""
