"""Rows of arrays of many samples: how many of them a sample, or a recording, takes."""

from __future__ import annotations

from collections.abc import Iterable

from mendlite.model.tensor import Tensor


def rows_of(tensor: Tensor) -> int:
    """Rows of an array of many samples that one of them takes; a scalar takes one.

    An empty tensor, which preparation refuses, counts as one row.
    """
    return max(tensor.shape[0], 1) if tensor.shape else 1


def whole_recordings(rows: int, frames: int) -> int:
    """About so many rows: those of whole recordings of ``frames`` frames each, of one at least."""
    frames = max(1, frames)
    return max(1, rows // frames) * frames


def several_rows(inputs: Iterable[Tensor]) -> str:
    """Why a model's samples are not repaired row by row; empty where each is one row."""
    for tensor in inputs:
        if not tensor.shape or tensor.shape[0] != 1:
            return (
                f"input '{tensor.name}' has shape {list(tensor.shape)}: its first axis must hold "
                "one sample"
            )
    return ""
