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
    """Double rounding; FULLY_CONNECTED as the desktop's BUILTIN_REF kernels round it."""
    TFLM = "tflm"
    """Double rounding everywhere: TFLite Micro, byte for byte."""
    SINGLE = "single"
    """Single rounding everywhere (``TFLITE_SINGLE_ROUNDING``, CMSIS-NN's switch)."""
