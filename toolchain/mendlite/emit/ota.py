"""An OTA delta by detools, in the smallest of its formats."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from mendlite.packages import load, missing

ALGORITHMS = (("sequential", "bsdiff"), ("hdiffpatch", "hdiffpatch"))
COMPRESSIONS = ("crle", "heatshrink", "lzma", "none")

DELTA = "the OTA delta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ota:
    """A delta and how it was made: ``kind`` is detools' patch type and compression."""

    data: bytes
    kind: str


def delta_lacks() -> str:
    """Why no delta can be made here, in one line that names what to install; empty where it can."""
    return missing("detools", DELTA)


def smallest_delta(base: bytes, data: bytes) -> Ota:
    """The smallest delta from ``base`` to ``data``; ties go to the simpler format.

    Raises MissingPackageError without detools.
    """
    detools = load("detools", DELTA)
    deltas: list[Ota] = []
    for patch_type, algorithm in ALGORITHMS:
        for compression in COMPRESSIONS:
            sink = BytesIO()
            detools.create_patch(
                BytesIO(base), BytesIO(data), sink, compression=compression,
                patch_type=patch_type, algorithm=algorithm, use_mmap=False,
            )  # fmt: skip
            deltas.append(Ota(data=sink.getvalue(), kind=f"{patch_type}, {compression}"))
    return min(deltas, key=lambda one: len(one.data))
