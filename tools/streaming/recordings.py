"""Recordings for a streaming wake word, put together from public windows of features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WINDOWS_EACH = 2
"""Windows of 30 rows that follow each other in a recording."""

Features = NDArray[np.float32]


def windows(path: Path) -> tuple[Features, NDArray[np.int64]]:
    """MLPerf Tiny's 45 windows (45, 30, 1, 40) of its streaming wake word, and their classes."""
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["specs"].astype(np.float32), arrays["labels"].astype(np.int64)


def recordings(
    specs: Features, labels: NDArray[np.int64], count: int, seed: int
) -> tuple[Features, NDArray[np.int64]]:
    """``count`` recordings f32[n, 60, 1, 40], and the class of each one's last window.

    Windows one behind the other, each mixed with another one: shifted by some rows, louder or
    softer, with a little noise, so that no two recordings are alike and many are hard to tell.
    """
    rng = np.random.default_rng(seed)
    found, classes = [], []
    for _ in range(count):
        chosen = rng.integers(0, len(specs), WINDOWS_EACH)
        others = rng.integers(0, len(specs), WINDOWS_EACH)
        share = rng.uniform(0.5, 1, WINDOWS_EACH)
        mixed = [s * specs[i] + (1 - s) * specs[j]
                 for i, j, s in zip(chosen, others, share, strict=True)]  # fmt: skip
        parts = [np.roll(one, rng.integers(-4, 5), axis=0) for one in mixed]
        joined = np.concatenate(parts) * rng.uniform(0.85, 1.15)
        noisy = joined + rng.normal(0, 0.01, joined.shape)
        found.append(np.clip(noisy, 0, 1).astype(np.float32))
        classes.append(labels[chosen[-1]])
    return np.stack(found), np.array(classes)
