"""The library of compiled kernels: built once for this machine where it has a C compiler.

Compiled and numpy kernels give the same bytes; the compiled ones are several times as fast. The
library lies in the user's cache under a name that its sources, the compiler and the processor
determine. ``MENDLITE_KERNELS=numpy`` leaves it out. A library that does not load, or whose outputs
on the trial inputs differ from numpy's, is not used, and ``mendlite doctor`` shows why.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

SOURCES = tuple(
    Path(__file__).parent / name
    for name in ("layers.c", "moments.c", "planes.c", "triangles.c", "values.c")
)

HEADERS = tuple(
    Path(__file__).parent / name
    for name in ("at_most.h", "window.h", "blocks.h", "vectors.h", "tiles.h", "requantize.h")
)

SWITCH = "MENDLITE_KERNELS"
"""Environment variable: ``numpy`` uses numpy's kernels alone."""

FLAGS = (
    "-O3", "-march=native", "-ffp-contract=off", "-fno-trapping-math", "-std=c11",
    "-shared", "-fPIC",
)  # fmt: skip
"""Contraction would fuse the float32 products and sums that must each be rounded. Nothing reads the
processor's floating-point exceptions: without them comparisons are vectors, too."""

COMPILERS = ("cc", "gcc", "clang")

BUILD_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Library:
    """The loaded library, or None and why not; ``made_by`` names the compiler."""

    loaded: ctypes.CDLL | None
    why_not: str = ""
    made_by: str = ""


@cache
def library() -> Library:
    """The library for this machine, built where the cache has none."""
    if os.environ.get(SWITCH) == "numpy":
        return Library(None, f"{SWITCH}=numpy leaves them out")
    if sys.platform != "linux":
        return Library(None, "they are built on Linux alone")
    compiler = next((found for name in COMPILERS if (found := shutil.which(name))), None)
    if compiler is None:
        return Library(None, f"no C compiler ({', '.join(COMPILERS)}) is installed")
    try:
        version = _version(compiler)
        path = _cached(_name(version))
        if path is not None and not _is_ours(path):
            _build(compiler, path)
        return Library(_load(compiler, path), made_by=version)
    except (OSError, subprocess.SubprocessError) as error:
        return Library(None, f"{compiler} does not build them: {_line(error)}")


def _line(error: Exception) -> str:
    """The first line of what went wrong."""
    said = getattr(error, "stderr", None) or str(error)
    return next(iter(said.strip().splitlines()), type(error).__name__)


def _version(compiler: str) -> str:
    """The first line of ``compiler --version``."""
    ran = subprocess.run(
        [compiler, "--version"], capture_output=True, text=True, check=True, timeout=BUILD_SECONDS
    )
    return ran.stdout.splitlines()[0]


def _name(version: str) -> str:
    """The library's file name: another source, compiler or processor has another."""
    texts = (path.read_text(encoding="utf-8") for path in (*HEADERS, *SOURCES))
    parts = (*texts, " ".join(FLAGS), version, _processor())
    return f"kernels-{sha256(chr(0).join(parts).encode()).hexdigest()[:24]}.so"


def _processor() -> str:
    """The architecture and the instructions that the processor has."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    return platform.machine() + next(
        (line for line in lines if line.lower().startswith(("flags", "features"))), ""
    )


def _cached(name: str) -> Path | None:
    """Where the library is kept; None where there is no folder that only the user writes."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = Path(base).expanduser() / "mendlite"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # no such home
        return None
    return folder / name if _only_the_user_writes(folder) and os.access(folder, os.W_OK) else None


def _only_the_user_writes(path: Path) -> bool:
    """Whether no one else may write a file or folder: a library is run as it lies there."""
    status = path.lstat()
    mine = status.st_uid == os.geteuid() and not stat.S_ISLNK(status.st_mode)
    return mine and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _is_ours(path: Path) -> bool:
    return path.is_file() and _only_the_user_writes(path)


def _build(compiler: str, path: Path) -> None:
    """Compile into a file of its own beside ``path``, then rename it."""
    handle, name = tempfile.mkstemp(suffix=".so", dir=path.parent)
    os.close(handle)
    built = Path(name)
    try:
        subprocess.run(
            [compiler, *FLAGS, "-o", name, *map(str, SOURCES)],
            capture_output=True, text=True, check=True, timeout=BUILD_SECONDS,
        )  # fmt: skip
        built.chmod(0o600)
        built.replace(path)
    finally:
        built.unlink(missing_ok=True)


def _load(compiler: str, path: Path | None) -> ctypes.CDLL:
    """The library at ``path``; without a cache one built for this process alone."""
    if path is not None:
        return ctypes.CDLL(str(path))
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "kernels.so"
        _build(compiler, own)
        return ctypes.CDLL(str(own))
