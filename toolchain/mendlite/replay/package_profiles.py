"""The rounding profile that the reference kernels of a runtime's package follow."""

from __future__ import annotations

import re

from mendlite.model.rounding import TFLITE_2_14, KernelProfile, Profile
from mendlite.packages import TFLM, require, version
from mendlite.replay import interpreter, tflm

DOUBLE_PRODUCTS = 20261013
"""The day of TFLite Micro's first package that multiplies scales in double
(``Profile.TFLM_2026_10``)."""


def profile_of(module: str, release: str) -> KernelProfile:
    """The profile of one package's reference kernels, by its version.

    TFLite Micro's states a day, such as ``0.dev20261013214400``; a build that does not is taken for
    a newer one. tflite-runtime 2.14 rounds every layer twice; LiteRT 2.x rounds FULLY_CONNECTED
    once.
    """
    if module != TFLM:
        return TFLITE_2_14 if interpreter.is_old(module, release) else Profile.TFLITE_REF
    day = re.search(r"dev(\d{8})", release)
    older = day is not None and int(day[1]) < DOUBLE_PRODUCTS
    return Profile.TFLM if older else Profile.TFLM_2026_10


def runner_profile(name: str) -> KernelProfile:
    """The profile of the runner ``name``; of our own kernels, the default.

    Raises MissingPackageError where the runner's package is not installed.
    """
    if name == "reference":
        return Profile.TFLM
    micro = name == "tflm"
    module = TFLM if micro else interpreter.chosen()
    require(module, tflm.RUNNER if micro else interpreter.PURPOSE)
    return profile_of(module, str(version(module)))


def reference_profile() -> KernelProfile:
    """The profile of the interpreter's BUILTIN_REF kernels, as ``runner_profile``."""
    return runner_profile("interpreter")
