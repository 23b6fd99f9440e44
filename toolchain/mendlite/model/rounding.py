"""Rounding profiles: how a target's kernels requantize an int32 accumulator."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mendlite.arith.fixed_point import Rounding


class Profile(Enum):
    """A named rounding profile; a property of the board, never a default of the arithmetic.

    Double rounding is ``MultiplyByQuantizedMultiplier`` of TFLite built without
    ``TFLITE_SINGLE_ROUNDING``: a saturating rounding doubling high multiplication, then a
    rounding division by a power of two. Single rounding rounds once.
    """

    TFLITE_REF = "tflite_ref"
    """FULLY_CONNECTED single and with multipliers in double, everything else double: the
    desktop's BUILTIN_REF kernels of TF 2.21 and LiteRT 2.x. MUL and the RELUs combine their scales
    in float32, TANH and LOGISTIC are float32 curves, as in every desktop build."""
    TFLM = "tflm"
    """Double rounding everywhere: TFLite Micro up to September 2026, byte for byte."""
    TFLM_2026_10 = "tflm_2026_10"
    """TFLite Micro from its package 0.dev20261013214400 on: as ``TFLM``, but FULLY_CONNECTED with
    one weight scale and BATCH_MATMUL multiply their scales in double."""
    SINGLE = "single"
    """Single rounding everywhere (``TFLITE_SINGLE_ROUNDING``, CMSIS-NN's switch), else TFLM."""

    def of(self, _op: str) -> Profile:
        """The profile of an operator's kernel: this one, whatever the operator."""
        return self

    def rounding(self, op: str) -> Rounding:
        """How an operator of that name requantizes."""
        dense_once = self is Profile.TFLITE_REF and op == "FULLY_CONNECTED"
        return Rounding.SINGLE if dense_once or self is Profile.SINGLE else Rounding.DOUBLE

    def narrow_product(self, op: str) -> bool:
        """Whether an operator multiplies the scales of its two factors in float32.

        ``GetQuantizedConvolutionMultipler``: FULLY_CONNECTED with one weight scale does, except in
        LiteRT; BATCH_MATMUL does there, too. TFLite Micro does neither since October 2026.
        """
        old = self is Profile.TFLM or self is Profile.SINGLE
        litert = self is Profile.TFLITE_REF
        return (op == "FULLY_CONNECTED" and old) or (op == "BATCH_MATMUL" and (old or litert))


MICRO = (Profile.TFLM, Profile.TFLM_2026_10, Profile.SINGLE)
"""The profiles of TFLite Micro."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedProfile:
    """Kernels of a host whose dense layers follow another profile than its other operators.

    No board computes like this and no certificate names one: it defines the bytes that a host's
    interpreter must compute in a comparison with mendlite's kernels.
    """

    value: str
    dense: Profile
    others: Profile

    def of(self, op: str) -> Profile:
        """The profile of an operator's kernel."""
        return self.dense if op == "FULLY_CONNECTED" else self.others


TFLITE_2_14 = MixedProfile(value="tflite_2_14", dense=Profile.TFLM, others=Profile.TFLITE_REF)
"""tflite-runtime 2.14 under BUILTIN_REF: every layer rounds twice, dense ones too (2.15 and later
round those once); MUL, the RELUs, TANH and LOGISTIC are the desktop's."""

KernelProfile = Profile | MixedProfile
"""The profiles of mendlite's kernels."""
