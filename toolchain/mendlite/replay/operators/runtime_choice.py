"""Which runtimes run a single operator under a rounding profile, the first that takes it."""

from __future__ import annotations

from mendlite.model.rounding import TFLITE_2_14, KernelProfile, Profile
from mendlite.replay.runtimes import Runtime, installed

DESKTOP = ("litert", "tflite-runtime")
ORDER = {
    Profile.TFLITE_REF.value: DESKTOP,
    Profile.TFLM.value: ("tflm", *DESKTOP),
    Profile.TFLM_2026_10.value: ("tflm", *DESKTOP),
    Profile.SINGLE.value: ("tflm", *DESKTOP),
    TFLITE_2_14.value: ("tflite-runtime",),
}
"""Names of runtimes by profile: TFLite Micro first where the profile is its own."""


def candidates(profile: KernelProfile) -> tuple[Runtime, ...]:
    """The installed runtimes, in the order in which they are tried."""
    here = {runtime.name: runtime for runtime in installed()}
    return tuple(here[name] for name in ORDER[profile.value] if name in here)
