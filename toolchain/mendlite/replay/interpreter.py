"""The TFLite interpreter: tflite-runtime up to Python 3.11, LiteRT from 3.12."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from importlib import import_module, metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import MissingPackageError, UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.rounding import TFLITE_2_14, KernelProfile, Profile
from mendlite.model.tensor import DType
from mendlite.replay.one_by_one import Invoke, one_by_one
from mendlite.replay.runner import Values
from mendlite.tflite.outputs import with_outputs
from mendlite.tflite.support import keeps_state

PACKAGES = (
    ("tflite-runtime", "tflite_runtime.interpreter"),
    ("ai-edge-litert", "ai_edge_litert.interpreter"),
)


@unique
class Resolver(Enum):
    """Which kernels the interpreter picks (``OpResolverType``)."""

    REF = "BUILTIN_REF"
    """The reference kernels."""
    BUILTIN = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
    """The optimised kernels without XNNPACK."""
    AUTO = "AUTO"
    """What a desktop program gets: XNNPACK where it is built in."""


def package() -> tuple[str, str]:
    """(name, version) of the interpreter package that is here.

    Raises MissingPackageError where there is none.
    """
    for name, _module in PACKAGES:
        try:
            return name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    raise MissingPackageError(
        "no TFLite interpreter is installed: pip install tflite-runtime (Python up to 3.11) or "
        "ai-edge-litert (from 3.12)"
    )


def reference_profile() -> KernelProfile:
    """The rounding profile that this interpreter's BUILTIN_REF kernels follow."""
    return profile_of(*package())


def profile_of(name: str, version: str) -> KernelProfile:
    """The profile of one package's BUILTIN_REF kernels.

    tflite-runtime 2.14 rounds every layer twice; LiteRT 2.x rounds FULLY_CONNECTED once.
    """
    return TFLITE_2_14 if _is_old(name, version) else Profile.TFLITE_REF


def _is_old(name: str, version: str) -> bool:
    major_minor = tuple(int(part) for part in version.split(".")[:2])
    return name == "tflite-runtime" and major_minor <= (2, 14)


def _one_scale_for_all(model: Model) -> int | None:
    """The first dense layer of float activations whose int8 weights have several scales.

    ``FullyConnected``'s hybrid kernel of 2.14 takes the first scale for every channel and says
    nothing; later ones take each channel's own.
    """
    for layer in model.layers:
        weights = model.tensors[layer.weights]
        if (
            layer.op == "FULLY_CONNECTED"
            and model.tensors[layer.input].dtype is DType.FLOAT32
            and weights.quant is not None
            and weights.quant.per_channel
        ):
            return layer.index
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpreterRunner:
    """One model on the interpreter, one sample at a time.

    ``package`` names the package where it must be a certain one; None takes what is here.
    """

    model: Model
    resolver: Resolver
    package: str | None = None

    @property
    def kernels(self) -> str:
        """Package, version and resolver."""
        name = self._package()
        return f"{name} {metadata.version(name)} ({self.resolver.value})"

    def _package(self) -> str:
        return package()[0] if self.package is None else self.package

    def run(self, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Iterator[Values]:
        """As the protocol says."""
        return one_by_one(self.model, inputs, tensors, lambda: self._start(tensors))

    def _start(self, tensors: Sequence[int]) -> Invoke:
        interpreter = self._open(tensors)
        return lambda sample: self._invoke(interpreter, sample, tensors)

    def _open(self, tensors: Sequence[int]) -> Any:
        name = self._package()
        old = _is_old(name, metadata.version(name))
        if old and (operator := _one_scale_for_all(self.model)) is not None:
            raise UnsupportedModelError(
                f"{self.kernels} cannot run this file: at operator {operator} FULLY_CONNECTED it "
                "would take one scale for the weights of all channels; LiteRT takes each one's own"
            )
        module = import_module(dict(PACKAGES)[name])
        try:
            interpreter = module.Interpreter(
                model_content=with_outputs(self.model, tensors),
                experimental_op_resolver_type=getattr(module.OpResolverType, self.resolver.value),
                num_threads=1,
            )
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise UnsupportedModelError(f"{self.kernels} cannot run this file: {error}") from error
        return interpreter

    def _invoke(
        self, interpreter: Any, sample: Sequence[NDArray[Any]], tensors: Sequence[int]
    ) -> Values:
        if keeps_state(self.model):
            interpreter.reset_all_variables()
        for index, values in zip(self.model.inputs, sample, strict=True):
            interpreter.set_tensor(index, np.ascontiguousarray(values))
        try:
            interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise UnsupportedModelError(f"{self.kernels} cannot run this file: {error}") from error
        return {t: interpreter.get_tensor(t) for t in tensors}
