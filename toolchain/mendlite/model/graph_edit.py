"""An edit of a file's graph, as a record from which the edited file follows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorEdit:
    """One operator that became another.

    ``index`` counts operators in execution order; ``old`` and ``new`` are names of the schema's
    ``BuiltinOperator``. ``axes`` are the values of the constant that was added as tensor
    ``axes_tensor``. ``tensors`` got a scale and a zero-point of their own.
    """

    index: int
    old: str
    new: str
    axes: tuple[int, ...]
    axes_tensor: int
    tensors: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEdit:
    """How the file ``base_sha256`` becomes the file ``edited_sha256``.

    The edited file has the bytes ``inserted`` behind the first 8 bytes of the base file, whose
    root offset (its first 4 bytes) becomes ``root`` instead of ``base_root``. All other bytes are
    the base file's. ``operators`` are what that means.
    """

    base_sha256: str
    edited_sha256: str
    base_root: int
    root: int
    inserted: bytes
    operators: tuple[OperatorEdit, ...]

    @property
    def summary(self) -> str:
        """The operators that became others, in words."""
        return ", ".join(f"operator {o.index} {o.old} → {o.new}" for o in self.operators)
