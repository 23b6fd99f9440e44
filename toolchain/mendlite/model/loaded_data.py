"""Samples as a data source gives them, before anything is known of the model that takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedData:
    """n samples of one source, as stored.

    ``arrays`` holds one array [n, ...] for each input that the source has, ``names`` what the
    source calls each ("" where it has no name), ``rows`` their places in the source [n], of
    ``total`` samples. ``labels`` are in the form found: class indices [n] or [n, 1], one-hot
    [n, classes], strings [n], or values that a task compares with; None where there are none.
    ``label_origin`` states where they come from ("folder names"), ``class_names`` the names by
    class index, empty where the source has none. ``described`` is a phrase for the user
    ("450 PNG images of 32 x 32 x 3"). ``sets`` are the numbers of repair, selection and validation
    samples where they are decided; empty: all of the source is split.
    """

    arrays: tuple[NDArray[Any], ...]
    names: tuple[str, ...]
    rows: NDArray[np.int64]
    total: int
    labels: NDArray[Any] | None = None
    label_origin: str = ""
    class_names: tuple[str, ...] = ()
    described: str = ""
    sets: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.rows)
