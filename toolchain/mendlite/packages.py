"""Which Python packages are installed, and the one line that states how to get a missing one.

``pip install mendlite`` brings what the main job needs; the extras of ``pyproject.toml`` bring the
rest. Every use of an optional package goes through here, so that all such lines are alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata, util
from typing import Any

from mendlite.errors import BrokenPackageError, MissingPackageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package: ``module`` is imported, ``name`` is what pip calls it.

    ``extra`` of mendlite brings it; without one it is installed by its own name. ``only`` states
    where it can be installed, empty where everywhere.
    """

    module: str
    name: str
    extra: str = ""
    only: str = ""


LITERT, TFLITE_RUNTIME, TFLM = "ai_edge_litert", "tflite_runtime", "tflite_micro"

PACKAGES: Mapping[str, Package] = {
    package.module: package
    for package in (
        Package(module="matplotlib", name="matplotlib", extra="report"),
        Package(module="z3", name="z3-solver", extra="smt"),
        Package(module="pyscipopt", name="pyscipopt", extra="solvers"),
        Package(module="ortools", name="ortools", extra="solvers"),
        Package(module="distributed", name="distributed", extra="dask"),
        Package(module="cryptography", name="cryptography", extra="sign"),
        Package(module="PIL", name="pillow", extra="images"),
        Package(module="soundfile", name="soundfile", extra="audio"),
        Package(module="pymicro_features", name="pymicro-features", extra="audio"),
        Package(module="h5py", name="h5py", extra="hdf5"),
        Package(module="tfrecord", name="tfrecord", extra="tfrecord"),
        Package(module="google", name="protobuf", extra="tfrecord"),
        Package(module="crc32c", name="crc32c", extra="tfrecord"),
        Package(module="detools", name="detools", extra="ota"),
        Package(module=TFLM, name="tflite-micro", extra="tflm", only="Linux on x86-64"),
        Package(module=TFLITE_RUNTIME, name="tflite-runtime", extra="tflite-runtime",
                only="Python up to 3.11, Linux; brings numpy 1"),
        Package(module=LITERT, name="ai-edge-litert"),
        Package(module="serial", name="pyserial"),
    )
}  # fmt: skip
"""By module: the optional packages, and those whose two names differ. Another package is called
what is imported, and belongs to no extra."""


def package_of(module: str) -> Package:
    """The package that brings ``module``, itself or a module inside it."""
    top = module.partition(".")[0]
    return PACKAGES.get(top, Package(module=top, name=top))


def is_installed(module: str) -> bool:
    """Whether the package of ``module`` is here; imports nothing."""
    return util.find_spec(package_of(module).module) is not None


def version(module: str) -> str | None:
    """The version of the package of ``module``, None where it is not here; imports nothing.

    ``unknown`` where it was not installed by pip or a tool like it.
    """
    if not is_installed(module):
        return None
    return _release(package_of(module).name)


@cache
def _release(name: str) -> str:
    """What pip recorded, read once: a package does not change under a running process."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"


def install_command(module: str) -> str:
    """What to type: ``pip install 'mendlite[ota]'``, and where that works."""
    package = package_of(module)
    wanted = f"'mendlite[{package.extra}]'" if package.extra else package.name
    return f"pip install {wanted}" + (f" ({package.only})" if package.only else "")


def missing(module: str, purpose: str) -> str:
    """The line for a missing package, empty where it is here.

    ``purpose`` is what needs it, in the singular: ``the OTA delta`` needs detools.
    """
    if is_installed(module):
        return ""
    return f"{purpose} needs {package_of(module).name}: {install_command(module)}"


def require(module: str, purpose: str) -> None:
    """Raise MissingPackageError with the line of ``missing`` where the package is not here."""
    line = missing(module, purpose)
    if line:
        raise MissingPackageError(line)


def load(module: str, purpose: str) -> Any:
    """Import ``module``.

    Raises MissingPackageError where its package is not here, BrokenPackageError where it is and
    cannot be imported.
    """
    require(module, purpose)
    try:
        return import_module(module)
    except ImportError as error:
        name = package_of(module).name
        raise BrokenPackageError(
            f"{purpose} needs {name}, which is installed and cannot be imported: {error}; "
            f"install it again: {install_command(module)}"
        ) from error
