"""Runners by name."""

from __future__ import annotations

from mendlite.model.graph import Model
from mendlite.model.rounding import KernelProfile
from mendlite.replay.interpreter import InterpreterRunner, Resolver
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runner import Runner
from mendlite.replay.tflm import TflmRunner

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
        return TflmRunner(model=model)
    return InterpreterRunner(model=model, resolver=RESOLVERS[name])
