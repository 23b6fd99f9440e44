"""A repair as a set of edits of one file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph_edit import GraphEdit


class Field(Enum):
    """Which values of a tensor an edit changes."""

    DATA = "data"
    """Elements of the constant, in the tensor's dtype."""
    SCALE = "scale"
    """Entries of the quantization scale vector, float32."""
    ZERO_POINT = "zero_point"
    """Entries of the zero-point vector, int64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorEdit:
    """Edits of one field of one tensor.

    ``index`` i64[n], strictly increasing, counts elements of the flattened field (row-major
    for DATA); ``old`` and ``new`` hold n values each in the field's own dtype and differ
    everywhere.
    """

    tensor: int
    field: Field
    index: NDArray[np.int64]
    old: NDArray[np.generic]
    new: NDArray[np.generic]

    def __post_init__(self) -> None:
        """Check that the three columns belong together."""
        if not self.index.shape == self.old.shape == self.new.shape or self.index.ndim != 1:
            raise ValueError("index, old and new must be vectors of one length")
        if self.old.dtype != self.new.dtype:
            raise ValueError("old and new must have one dtype")
        if self.index.size and (self.index[0] < 0 or np.any(np.diff(self.index) <= 0)):
            raise ValueError("index must be non-negative and strictly increasing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """All edits that turn the file ``base_sha256`` into the file ``patched_sha256``.

    ``edits`` is sorted by (tensor, field) and names each pair at most once. Where ``graph`` is not
    None, it comes first: the edits are those of the file that it makes.
    ``patched_sha256`` is empty until the edits have been applied once. ``signature`` is the one
    whose tensors the edits number; None for the first subgraph.
    """

    base_sha256: str
    patched_sha256: str
    edits: tuple[TensorEdit, ...]
    signature: str | None = None
    graph: GraphEdit | None = None

    @property
    def size(self) -> int:
        """Number of edited values."""
        return sum(e.index.size for e in self.edits)

    @property
    def empty(self) -> bool:
        """Whether both files are the same."""
        return not self.size and self.graph is None

    @property
    def behind_graph(self) -> Delta:
        """The edits alone, of the file with the edited graph."""
        base = self.base_sha256 if self.graph is None else self.graph.edited_sha256
        return replace(self, base_sha256=base, graph=None)
