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
from mendlite.model.rounding import Profile
from mendlite.replay.one_by_one import Invoke, one_by_one
from mendlite.replay.runner import Values
from mendlite.tflite.outputs import with_outputs

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


def reference_profile() -> Profile:
    """The rounding profile that this interpreter's BUILTIN_REF kernels follow.

    tflite-runtime 2.14 rounds twice everywhere; LiteRT 2.x rounds FULLY_CONNECTED once.
    """
    name, version = package()
    major_minor = tuple(int(part) for part in version.split(".")[:2])
    if name == "tflite-runtime" and major_minor <= (2, 14):
        return Profile.TFLM
    return Profile.TFLITE_REF


def _module() -> Any:
    name, _ = package()
    return import_module(dict(PACKAGES)[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpreterRunner:
    """One model on the interpreter, one sample at a time."""

    model: Model
    resolver: Resolver

    @property
    def kernels(self) -> str:
        """Package, version and resolver."""
        name, version = package()
        return f"{name} {version} ({self.resolver.value})"

    def run(self, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Iterator[Values]:
        """As the protocol says."""
        return one_by_one(self.model, inputs, tensors, lambda: self._start(tensors))

    def _start(self, tensors: Sequence[int]) -> Invoke:
        interpreter = self._open(tensors)
        return lambda sample: self._invoke(interpreter, sample, tensors)

    def _open(self, tensors: Sequence[int]) -> Any:
        module = _module()
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
        for index, values in zip(self.model.inputs, sample, strict=True):
            interpreter.set_tensor(index, np.ascontiguousarray(values))
        try:
            interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise UnsupportedModelError(f"{self.kernels} cannot run this file: {error}") from error
        return {t: interpreter.get_tensor(t) for t in tensors}
