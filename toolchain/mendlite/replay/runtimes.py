"""Other interpreters by name, with which mendlite's kernels are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mendlite.errors import BadInputError, BrokenPackageError
from mendlite.model.graph import Model
from mendlite.model.rounding import TFLITE_2_14, KernelProfile
from mendlite.model.tensor import STORED
from mendlite.packages import (
    LITERT,
    TFLITE_RUNTIME,
    TFLM,
    missing,
    package_of,
    require,
    version,
)
from mendlite.reading.names import unknown
from mendlite.replay.int4_gaps import by_block, misread_by_2_14, misreads_blocks
from mendlite.replay.interpreter import (
    InterpreterRunner,
    Resolver,
    cannot_run,
    chosen,
)
from mendlite.replay.package_profiles import profile_of
from mendlite.replay.runner import Runner
from mendlite.replay.tflm import TflmRunner

MODULES: Mapping[str, str] = {
    "litert": LITERT,
    "tflite-runtime": TFLITE_RUNTIME,
    "tflm": TFLM,
}
"""What each runtime imports."""

EITHER = "interpreter"
"""Whichever of LiteRT and tflite-runtime is here."""

NAMES = (*MODULES, EITHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """One installed runtime; ``profile`` is what its reference kernels follow."""

    name: str
    package: str
    version: str
    profile: KernelProfile

    @property
    def kernels(self) -> str:
        """Package and version."""
        return f"{self.package} {self.version}"

    def runner(self, model: Model) -> Runner:
        """Its reference kernels, in this process; XNNPACK where those misread a file's scales."""
        if self.name == "tflm":
            return TflmRunner(model=model)
        resolver = Resolver.AUTO if by_block(model) else Resolver.REF
        return InterpreterRunner(model=model, resolver=resolver, module=MODULES[self.name])

    def why_not(self, model: Model) -> str:
        """Why this runtime is not compared on ``model``; empty where it is."""
        if where := misreads_blocks(model):
            if self.name != "litert":
                return f"{self.kernels} cannot run this file: {where}"
            if others := _rounds_otherwise(model):
                return (
                    f"{self.kernels} is not compared: {where}, and XNNPACK rounds {others} "
                    "otherwise than LiteRT's reference kernels"
                )
        where = misread_by_2_14(model) if self.profile is TFLITE_2_14 else ""
        return f"{self.kernels} is too old for {where}" if where else ""


def _rounds_otherwise(model: Model) -> str:
    """What XNNPACK computes with other roundings besides weights with a scale for each block."""
    if any(t.dtype in STORED and t.buffer is None for t in model.tensors):
        return "integer activations"
    weights = [model.tensors[layer.weights] for layer in model.layers]
    others = any(t.dtype.is_weight and t.blocks is None for t in weights)
    return "the inputs of layers with other integer weights" if others else ""


def _installed(name: str) -> Runtime | None:
    module = MODULES[name]
    release = version(module)
    if release is None or cannot_run(module):
        return None
    profile = profile_of(module, release)
    return Runtime(name=name, package=package_of(module).name, version=release, profile=profile)


def installed() -> tuple[Runtime, ...]:
    """The runtimes that are here and run, in the order of their names' list."""
    return tuple(runtime for name in MODULES if (runtime := _installed(name)) is not None)


def require_runtimes(words: str) -> tuple[Runtime, ...]:
    """The runtimes of a list of names with commas between.

    Raises BadInputError for another name, MissingPackageError where one is not installed,
    BrokenPackageError where it cannot run here.
    """
    names = [word.strip() for word in words.split(",") if word.strip()]
    if not names:
        raise BadInputError(f"no runtime is named; there are: {', '.join(NAMES)}")
    for name in names:
        if name not in NAMES:
            raise BadInputError(unknown("runtime", name, NAMES))
    runtimes = [_require(name) for name in names]
    return tuple(dict.fromkeys(runtimes))


def _require(name: str) -> Runtime:
    module = chosen() if name == EITHER else MODULES[name]
    require(module, f"runtime {name}")
    if why := cannot_run(module):
        raise BrokenPackageError(why)
    return next(runtime for runtime in installed() if MODULES[runtime.name] == module)


def how_to_get_one() -> str:
    """The line for an environment in which no runtime runs."""
    return cannot_run(TFLITE_RUNTIME) or missing(LITERT, "the cross-check")
