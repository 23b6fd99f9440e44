"""The entry of a certificate that declares an edit of the graph, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mendlite.checker.global_pool import AXES
from mendlite.checker.text import plain, shown
from mendlite.errors import ClaimError

KEYS = {"base_sha256", "edited_sha256", "base_root", "root", "inserted", "operators"}
OPERATOR_KEYS = {"index", "old", "new", "axes", "axes_tensor", "tensors"}

REQUANTIZATIONS = "requantizations"
REQUANTIZATION_KEYS = {"index", "reader", "source", "tensor", "tensors"}


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertedQuantize:
    """Operator ``index`` of the edited file, a QUANTIZE of ``source`` to the new ``tensor``.

    ``reader`` is the base file's number of the operator that reads ``tensor`` for ``source``;
    ``tensors`` have a scale and a zero-point of their own from now on.
    """

    index: int
    reader: int
    source: int
    tensor: int
    tensors: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredGraph:
    """The declared operators: by their base file's index those that are MEAN now, and new ones."""

    means: Mapping[int, Mapping[str, Any]]
    inserted: tuple[InsertedQuantize, ...]

    @property
    def own(self) -> set[int]:
        """The tensors with a scale and a zero-point of their own."""
        own = {t for one in self.means.values() for t in one["tensors"]}
        return own.union(*(one.tensors for one in self.inserted))

    def place(self, index: int) -> int:
        """The edited file's number of the base file's operator ``index``."""
        return index + sum(one.reader <= index for one in self.inserted)

    @property
    def words(self) -> str:
        """What the graph is now, for the list of what was checked."""
        means = (f"operator {i} {one['old']} is MEAN" for i, one in sorted(self.means.items()))
        new = (
            f"operator {one.index} QUANTIZE of tensor {one.source} is new" for one in self.inserted
        )
        axes = ", with a constant for its axes" if self.means else ""
        return ", ".join((*means, *new)) + axes


def declared_graph(entry: Any) -> DeclaredGraph:
    """The declaration; raises ClaimError where it has another form."""
    if not isinstance(entry, dict) or set(entry) - {REQUANTIZATIONS} != KEYS:
        raise ClaimError("the edit of the graph has not the entries of an edit")
    declared = DeclaredGraph(means=_means(entry), inserted=_inserted(entry))
    if not declared.means and not declared.inserted:
        raise ClaimError("the edit of the graph declares no operator, or no root")
    if type(entry["root"]) is not int or type(entry["base_root"]) is not int:
        raise ClaimError("the edit of the graph declares no operator, or no root")
    return declared


def _means(entry: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """The declared operators by their index."""
    declared: dict[int, Mapping[str, Any]] = {}
    for one in entry["operators"]:
        if not isinstance(one, dict) or set(one) != OPERATOR_KEYS:
            raise ClaimError("an edited operator has not the entries of one")
        numbers = [one["index"], one["axes_tensor"], *one["axes"], *one["tensors"]]
        if any(type(n) is not int for n in numbers) or one["index"] in declared:
            raise ClaimError("an edited operator is declared twice, or not by numbers")
        if one["old"] != "AVERAGE_POOL_2D" or one["new"] != "MEAN" or one["axes"] != list(AXES):
            raise ClaimError(
                f"operator {one['index']}: no edit makes {shown(one['old'])} of "
                f"{plain(str(one['new']), 40)} along {plain(str(one['axes']), 40)} here"
            )
        declared[one["index"]] = one
    return declared


def _inserted(entry: Mapping[str, Any]) -> tuple[InsertedQuantize, ...]:
    """The declared insertions, which must stand in execution order, each once."""
    inserted = []
    for one in entry.get(REQUANTIZATIONS, []):
        if not isinstance(one, dict) or set(one) != REQUANTIZATION_KEYS:
            raise ClaimError("an inserted QUANTIZE has not the entries of one")
        numbers = [one[key] for key in REQUANTIZATION_KEYS - {"tensors"}]
        if any(type(n) is not int or n < 0 for n in (*numbers, *one["tensors"])):
            raise ClaimError("an inserted QUANTIZE is not declared by numbers")
        inserted.append(InsertedQuantize(**{**one, "tensors": tuple(one["tensors"])}))
    ends = [(one.reader, one.source) for one in inserted]
    if ends != sorted(set(ends)) or any(
        one.index != one.reader + number for number, one in enumerate(inserted)
    ):
        raise ClaimError("the inserted QUANTIZE operators are not declared in execution order")
    return tuple(inserted)
