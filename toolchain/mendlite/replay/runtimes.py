"""Interpreters that are not ours, by name: whom to ask whether our kernels are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, util

from mendlite.errors import BadInputError, MissingPackageError
from mendlite.model.graph import Model
from mendlite.model.rounding import TFLITE_2_14, KernelProfile, Profile
from mendlite.model.tensor import DType
from mendlite.replay.interpreter import PACKAGES, InterpreterRunner, Resolver, profile_of
from mendlite.replay.runner import Runner
from mendlite.replay.tflm import PACKAGE as TFLM_PACKAGE
from mendlite.replay.tflm import TflmRunner

PACKAGE_OF: Mapping[str, str] = {
    "litert": "ai-edge-litert",
    "tflite-runtime": "tflite-runtime",
    "tflm": TFLM_PACKAGE,
}
"""The Python package of each runtime."""

MODULE_OF: Mapping[str, str] = {**dict(PACKAGES), TFLM_PACKAGE: "tflite_micro"}

GET: Mapping[str, str] = {
    "litert": "pip install ai-edge-litert (Python 3.12 or newer)",
    "tflite-runtime": "pip install 'tflite-runtime==2.14.0' 'numpy<2' (Python up to 3.11, Linux)",
    "tflm": "pip install 'mendlite[tflm]' (Linux on x86-64)",
}
"""How to install each."""

EITHER = "interpreter"
"""Whichever of LiteRT and tflite-runtime is here."""

NAMES = (*PACKAGE_OF, EITHER)


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
        """Its reference kernels, in this process."""
        if self.name == "tflm":
            return TflmRunner(model=model)
        return InterpreterRunner(model=model, resolver=Resolver.REF, package=self.package)

    def predates(self, model: Model) -> str:
        """Why this runtime is too old to judge ``model``; empty where it is not.

        EvalHybrid of tflite-runtime 2.14's fully_connected.cc multiplies every channel by the
        first scale, without an error. LiteRT takes one a channel.
        """
        if self.profile is not TFLITE_2_14:
            return ""
        for layer in model.layers:
            weights = model.tensors[layer.weights].quant
            hybrid = model.tensors[layer.input].dtype is DType.FLOAT32
            dense = layer.op == "FULLY_CONNECTED"
            if dense and hybrid and weights is not None and weights.per_channel:
                return (
                    f"{self.kernels} is too old for operator {layer.index} {layer.op}: under a "
                    "float input it takes one weight scale, the file has one a channel"
                )
        return ""


def _installed(name: str) -> Runtime | None:
    package = PACKAGE_OF[name]
    try:
        version = metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
    if util.find_spec(MODULE_OF[package]) is None:
        return None
    profile = Profile.TFLM if name == "tflm" else profile_of(package, version)
    return Runtime(name=name, package=package, version=version, profile=profile)


def installed() -> tuple[Runtime, ...]:
    """The runtimes that are here, in the order of their names' list."""
    return tuple(found for name in PACKAGE_OF if (found := _installed(name)) is not None)


def require_runtimes(words: str) -> tuple[Runtime, ...]:
    """The runtimes of a list of names with commas between.

    Raises BadInputError for another name, MissingPackageError where one is not installed.
    """
    names = [word.strip() for word in words.split(",") if word.strip()]
    if not names:
        raise BadInputError(f"no runtime is named; there are: {', '.join(NAMES)}")
    for name in names:
        if name not in NAMES:
            raise BadInputError(f"no runtime is called '{name}'; there are: {', '.join(NAMES)}")
    found = [_require(name) for name in names]
    return tuple(dict.fromkeys(found))


def _require(name: str) -> Runtime:
    here = [found for found in installed() if found.name == name]
    if name == EITHER:
        here = [found for found in installed() if found.name != "tflm"]
    if not here:
        ways = GET.get(name) or f"{GET['tflite-runtime']} or {GET['litert']}"
        raise MissingPackageError(f"{name} is not installed: {ways}")
    return here[0]
