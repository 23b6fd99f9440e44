"""What a function yields, as single samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.limited import shown
from mendlite.sources.choosing import label_name

KINDS = "biufU"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """One sample: an array for each input, without the batch axis, and perhaps a label."""

    inputs: tuple[NDArray[Any], ...]
    names: tuple[str, ...]
    label: NDArray[Any] | None = None

    @property
    def size(self) -> int:
        """Its bytes."""
        return sum(values.nbytes for values in self.inputs)

    def add_to(self, digest: Any) -> None:
        """Add types, shapes and values to a running digest."""
        for values in (*self.inputs, *(() if self.label is None else (self.label,))):
            digest.update(f"{values.dtype.str}{values.shape};".encode())
            digest.update(np.ascontiguousarray(values).tobytes())

    def require_like(self, where: str, first: Sample) -> None:
        """Raise BadInputError where shapes or types are not those of the first sample."""
        own, other = self._form(), first._form()
        if own != other:
            raise BadInputError(
                f"{where} yields samples of different forms: first {other}, then {own}"
            )

    def _form(self) -> str:
        parts = [f"{values.dtype.name}{list(values.shape)}" for values in self.inputs]
        label = "" if self.label is None else f" with a label {list(self.label.shape)}"
        return " and ".join(parts) + label


def samples_of(
    where: str, item: Any, input_count: int | None, chosen: Sequence[str] = ()
) -> Iterator[Sample]:
    """The samples of one yielded item, whose arrays have the batch as their first axis.

    A list is one array an input, a dict the same by name. A pair is (inputs, labels), unless the
    model is known to have two inputs. ``chosen`` are names, or places from 0, of the inputs that
    are taken, in that order. Raises BadInputError for anything else.
    """
    names, inputs, label = _parts(where, item, input_count)
    if chosen:
        inputs = [_named(where, name, names, inputs) for name in chosen]
        names = tuple(chosen)
    arrays = [_array(where, value) for value in inputs]
    if not arrays or any(values.ndim == 0 for values in arrays):
        raise BadInputError(
            f"{where} yields a value without a batch axis: yield [array], one array an input, "
            "whose first axis counts the samples"
        )
    counts = {len(values) for values in arrays}
    if len(counts) > 1:
        raise BadInputError(f"{where} yields arrays of {sorted(counts)} samples together")
    count = counts.pop()
    labels = None if label is None else _labels(where, label, count)
    for i in range(count):
        yield Sample(
            inputs=tuple(values[i] for values in arrays),
            names=names,
            label=None if labels is None else labels[i],
        )


def _parts(
    where: str, item: Any, input_count: int | None
) -> tuple[tuple[str, ...], Sequence[Any], Any]:
    """(names, inputs, label) of an item."""
    if isinstance(item, Mapping):
        label = label_name(item) if input_count != len(item) else None
        names = tuple(str(name) for name in item if name != label)
        if not names:
            raise BadInputError(f"{where} yields no input but only {shown(label)}")
        return names, [item[name] for name in item if name != label], item[label] if label else None
    if isinstance(item, tuple) and len(item) == 2 and input_count != 2:
        names, inputs, _ = _parts(where, item[0], None)
        return names, inputs, item[1]
    if isinstance(item, tuple) and input_count is not None and len(item) == input_count + 1:
        return _numbered(input_count), item[:-1], item[-1]
    values = list(item) if isinstance(item, list | tuple) else [item]
    return _numbered(len(values)), values, None


def _named(where: str, name: str, names: Sequence[str], inputs: Sequence[Any]) -> Any:
    if name not in names:
        held = ", ".join(map(shown, names)) or "one array without a name"
        raise BadInputError(f"{where} yields no input '{shown(name)}' (`inputs`) but {held}")
    return inputs[list(names).index(name)]


def _numbered(count: int) -> tuple[str, ...]:
    """Names of inputs that have none: their places, where there are several."""
    return tuple(map(str, range(count))) if count > 1 else ("",) * count


def _array(where: str, value: Any) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise BadInputError(f"{where} yields what is no array: {shown(error)}") from error
    if array.dtype.kind not in KINDS:
        raise BadInputError(
            f"{where} yields {shown(type(value).__name__)} of type {array.dtype.name}: yield "
            "arrays of numbers"
        )
    # The function may write into its array again.
    return array.copy()


def _labels(where: str, label: Any, count: int) -> NDArray[Any]:
    """The labels of ``count`` samples [count, ...]; one of a batch of one may lack the axis."""
    labels = _array(where, label)
    if count == 1 and (labels.ndim == 0 or len(labels) != 1):
        labels = labels[None]
    if labels.ndim == 0 or len(labels) != count:
        raise BadInputError(f"{where} yields {count} samples with labels {list(labels.shape)}")
    return labels


def stacked(samples: Sequence[Sample]) -> tuple[tuple[NDArray[Any], ...], NDArray[Any] | None]:
    """One array [n, ...] an input, and the labels [n, ...]."""
    inputs = zip(*(sample.inputs for sample in samples), strict=True)
    labels = [sample.label for sample in samples if sample.label is not None]
    return tuple(np.stack(values) for values in inputs), np.stack(labels) if labels else None
