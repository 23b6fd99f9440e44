"""Runners by name."""

from __future__ import annotations

from mendlite.model.graph import Model
from mendlite.model.rounding import KernelProfile, Profile
from mendlite.replay import interpreter, tflm
from mendlite.replay.interpreter import InterpreterRunner, Resolver
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runner import Runner

RESOLVERS = {
    "interpreter": Resolver.REF,
    "interpreter-builtin": Resolver.BUILTIN,
    "interpreter-auto": Resolver.AUTO,
}

RUNNERS = ("reference", *RESOLVERS, "tflm")
"""Names that the command line takes."""


def make_runner(name: str, model: Model, profile: KernelProfile) -> Runner:
    """The runner ``name`` of one model; ``profile`` matters to the reference kernels alone.

    Nothing heavy is imported before it runs.
    """
    if name == "reference":
        return ReferenceRunner(model=model, profile=profile)
    if name == "tflm":
        return tflm.TflmRunner(model=model)
    return InterpreterRunner(model=model, resolver=RESOLVERS[name])


def kernel_profile(name: str) -> KernelProfile:
    """What reference kernels of the runner ``name`` follow; of our own, the default.

    Raises MissingPackageError where the runner's package is not installed.
    """
    if name == "reference":
        return Profile.TFLM
    return tflm.reference_profile() if name == "tflm" else interpreter.reference_profile()
