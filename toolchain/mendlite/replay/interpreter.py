"""The TFLite interpreter: LiteRT, or tflite-runtime where numpy 1 is installed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BrokenPackageError, UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.packages import (
    LITERT,
    TFLITE_RUNTIME,
    install_command,
    is_installed,
    load,
    package_of,
    require,
    version,
)
from mendlite.replay.int4_gaps import lacks_kernel, misread_by_2_14, misreads_blocks
from mendlite.replay.one_by_one import Invoke, one_by_one
from mendlite.replay.runner import Values
from mendlite.tflite.outputs import with_outputs
from mendlite.tflite.support import keeps_state

PURPOSE = "runner interpreter"


@unique
class Resolver(Enum):
    """Which kernels the interpreter picks (``OpResolverType``)."""

    REF = "BUILTIN_REF"
    """The reference kernels."""
    BUILTIN = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
    """The optimised kernels without XNNPACK."""
    AUTO = "AUTO"
    """What a desktop program gets: XNNPACK where it is built in."""


def chosen() -> str:
    """The module of the interpreter that runs here: tflite-runtime where it can, else LiteRT."""
    runs = is_installed(TFLITE_RUNTIME) and not cannot_run(TFLITE_RUNTIME)
    return TFLITE_RUNTIME if runs else LITERT


def cannot_run(module: str) -> str:
    """Why an installed package must not be imported here, and what to do; empty where it may be.

    tflite-runtime 2.14, the last release, was built for numpy 1: under numpy 2 the whole process
    aborts inside ``Interpreter(...)``.
    """
    release = version(module)
    numpy_1 = np.__version__.startswith("1.")
    if release is None or numpy_1 or not is_old(module, release):
        return ""
    return (
        f"tflite-runtime {release} aborts under numpy {np.__version__}, LiteRT does not: "
        f"{install_command(LITERT)}"
    )


def is_old(module: str, version: str) -> bool:
    """Whether it is tflite-runtime up to 2.14, or one of an unknown version."""
    major_minor = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    return module == TFLITE_RUNTIME and major_minor <= (2, 14)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpreterRunner:
    """One model on the interpreter, one sample at a time.

    ``module`` is that of the package where it must be a certain one; None takes what is here.
    """

    model: Model
    resolver: Resolver
    module: str | None = None

    @property
    def kernels(self) -> str:
        """Package, version and resolver; raises MissingPackageError where it is not installed."""
        module = self._module()
        require(module, PURPOSE)
        return f"{package_of(module).name} {version(module)} ({self.resolver.value})"

    def _module(self) -> str:
        return chosen() if self.module is None else self.module

    def run(self, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Iterator[Values]:
        """As the protocol defines."""
        return one_by_one(self.model, inputs, tensors, self._start)

    def _start(self, tensors: Sequence[int]) -> Invoke:
        interpreter = self._open(tensors)
        return lambda sample: self._invoke(interpreter, sample, tensors)

    def _open(self, tensors: Sequence[int]) -> Any:
        name = self._module()
        if why := cannot_run(name):
            raise BrokenPackageError(why)
        others = self.resolver is not Resolver.AUTO or name != LITERT
        if others and (where := misreads_blocks(self.model)):
            raise UnsupportedModelError(f"{self.kernels} cannot run this file: {where}")
        old = is_old(name, str(version(name)))
        if old and (where := misread_by_2_14(self.model)):
            raise UnsupportedModelError(
                f"{self.kernels} cannot run this file: it is too old for {where}; LiteRT is not"
            )
        module = load(f"{name}.interpreter", PURPOSE)
        try:
            interpreter = module.Interpreter(
                model_content=with_outputs(self.model, tensors),
                experimental_op_resolver_type=getattr(module.OpResolverType, self.resolver.value),
                num_threads=1,
            )
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            why = lacks_kernel(name, self.model) or str(error)
            raise UnsupportedModelError(f"{self.kernels} cannot run this file: {why}") from error
        return interpreter

    def _invoke(
        self, interpreter: Any, sample: Sequence[NDArray[Any]], tensors: Sequence[int]
    ) -> Values:
        if keeps_state(self.model) and self.model.frames == 1:
            interpreter.reset_all_variables()
        for index, values in zip(self.model.inputs, sample, strict=True):
            interpreter.set_tensor(index, np.ascontiguousarray(values))
        try:
            interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise UnsupportedModelError(f"{self.kernels} cannot run this file: {error}") from error
        return {t: interpreter.get_tensor(t) for t in tensors}
