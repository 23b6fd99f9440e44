"""What computes on a machine: results are the same bytes where this is equal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import mendlite
from mendlite.packages import LITERT, TFLITE_RUNTIME, TFLM, version

INTERPRETERS = (LITERT, TFLITE_RUNTIME, TFLM)
"""They run the operators that mendlite's kernels lack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Version of mendlite, digest of its source files, versions of the interpreters.

    An interpreter that is not installed is None.
    """

    mendlite: str
    sources: str
    interpreters: tuple[str | None, ...]

    def other(self, here: Identity) -> str:
        """What differs from ``here``, in words; empty where nothing does."""
        if self.mendlite != here.mendlite:
            return f"mendlite {self.mendlite}, here is {here.mendlite}"
        if self.sources != here.sources:
            return f"other source files of mendlite {here.mendlite}"
        rows = zip(INTERPRETERS, self.interpreters, here.interpreters, strict=True)
        named = [f"{name} {there or 'missing'}, here {mine or 'missing'}"
                 for name, there, mine in rows if there != mine]  # fmt: skip
        return "; ".join(named)


@cache
def identity() -> Identity:
    """This process's."""
    return Identity(
        mendlite=mendlite.__version__,
        sources=_sources(Path(mendlite.__file__).parent),
        interpreters=tuple(version(name) for name in INTERPRETERS),
    )


def _sources(folder: Path) -> str:
    """A digest of names and bytes of all Python and C files below ``folder``."""
    digest = sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".py", ".c", ".h"}):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()
