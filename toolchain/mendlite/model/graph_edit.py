"""An edit of a file's graph, as a record from which the edited file follows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorEdit:
    """One operator that became another.

    ``index`` counts the base file's operators in execution order; ``old`` and ``new`` are names
    of the schema's ``BuiltinOperator``. ``axes`` are the values of the constant that was added as
    tensor ``axes_tensor``. ``tensors`` got a scale and a zero-point of their own.
    """

    index: int
    old: str
    new: str
    axes: tuple[int, ...]
    axes_tensor: int
    tensors: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requantization:
    """A QUANTIZE that was inserted right in front of operator ``reader``.

    It reads tensor ``source`` and writes ``tensor``, which was added and stands for ``source`` in
    the inputs of ``reader`` alone. ``reader`` counts the base file's operators, ``index`` those of
    the edited file: it is the QUANTIZE's own. ``tensors`` (``source`` and what shares its
    parameters) got a scale and a zero-point of their own.
    """

    index: int
    reader: int
    source: int
    tensor: int
    tensors: tuple[int, ...]

    @property
    def words(self) -> str:
        """What was inserted, and where."""
        return f"operator {self.index} QUANTIZE of tensor {self.source} is new"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEdit:
    """How the file ``base_sha256`` becomes the file ``edited_sha256``.

    The edited file has the bytes ``inserted`` behind the first 8 bytes of the base file, whose
    root offset (its first 4 bytes) becomes ``root`` instead of ``base_root``. All other bytes are
    the base file's. ``operators`` and ``requantizations`` are what that means, each in execution
    order.
    """

    base_sha256: str
    edited_sha256: str
    base_root: int
    root: int
    inserted: bytes
    operators: tuple[OperatorEdit, ...]
    requantizations: tuple[Requantization, ...] = ()

    @property
    def written(self) -> frozenset[int]:
        """The tensors with a scale and a zero-point of their own from now on."""
        pooled = {t for one in self.operators for t in one.tensors}
        return frozenset(pooled).union(*(one.tensors for one in self.requantizations))

    @property
    def summary(self) -> str:
        """The operators that became others or are new, in words."""
        became = (f"operator {o.index} {o.old} → {o.new}" for o in self.operators)
        return ", ".join((*became, *(one.words for one in self.requantizations)))
