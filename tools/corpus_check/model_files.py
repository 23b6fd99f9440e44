"""The model files of a folder: .tflite, and C sources with one as an array."""

from __future__ import annotations

from pathlib import Path

from mendlite.errors import MendliteError
from mendlite.reading.limited import MODEL, read_limited
from mendlite.tflite.c_source import extract_model

SOURCES = frozenset({".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp"})


def model_files(folder: Path) -> list[Path]:
    """All model files below ``folder``, by name; a C source only where it holds a model."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [p for p in found if p.suffix == ".tflite" or (p.suffix in SOURCES and _holds_model(p))]


def model_bytes(path: Path) -> bytes:
    """The model's bytes; raises MendliteError where the file has none."""
    data = read_limited(path, MODEL)
    return data if path.suffix == ".tflite" else extract_model(data).data


def _holds_model(path: Path) -> bool:
    try:
        return extract_model(read_limited(path, MODEL)).is_model
    except MendliteError:
        return False
