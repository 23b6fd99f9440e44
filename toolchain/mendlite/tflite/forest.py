"""Groups of tensors that belong together: disjoint sets (union-find)."""

from __future__ import annotations

from collections.abc import Iterable


class Forest:
    """Disjoint sets of tensor indices; each set is known by its root."""

    def __init__(self, tensors: Iterable[int]) -> None:
        """Every tensor alone."""
        self._parent = {tensor: tensor for tensor in tensors}

    def root(self, tensor: int) -> int:
        """The tensor that stands for the set of ``tensor``."""
        while self._parent[tensor] != tensor:
            tensor = self._parent[tensor]
        return tensor

    def join(self, tensors: Iterable[int]) -> None:
        """Make one set of those of all ``tensors``."""
        roots = [self.root(tensor) for tensor in tensors]
        for other in roots[1:]:
            self._parent[self.root(other)] = self.root(roots[0])
