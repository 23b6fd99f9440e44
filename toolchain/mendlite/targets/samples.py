"""Draw a target's repair, selection and validation samples, and keep them apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.labels import read_labels
from mendlite.case.samples import SampleSets, disjoint
from mendlite.errors import BadInputError
from mendlite.model.samples import Samples
from mendlite.reading.limited import DATA, digest_of, shown
from mendlite.reading.npz import read_npz
from mendlite.sources.source import DataSource
from mendlite.targets.computed import grid_values, read_windows
from mendlite.targets.data_paths import Allowed, digest_of_paths, open_paths, take_from_paths
from mendlite.targets.images import decode_jpegs
from mendlite.targets.schema import Draw, Source, Target
from mendlite.targets.values import require_rows

Rows = NDArray[np.int64]

NOTHING = Allowed()

GRID, WINDOWS = "grid", "windows"
"""Names of the arrays of sources that have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrays:
    """The arrays of one opened source; ``count`` samples.

    ``data`` is the source of a table with paths, whose samples are read when they are drawn.
    """

    source: Source
    values: dict[str, NDArray[Any]]
    count: int
    data: DataSource | None = None


def _open(target: Target, name: str, source: Source, allowed: Allowed) -> _Arrays:
    if source.paths:
        data = open_paths(target, source, allowed)
        return _Arrays(source=source, values={}, count=data.count, data=data)
    if source.grid is not None:
        values = grid_values(source.grid)
        return _Arrays(source=source, values={GRID: values[:, None]}, count=source.grid.count)
    if source.frames is not None:
        windows = read_windows(source.path, source.frames)
        return _Arrays(source=source, values={WINDOWS: windows}, count=len(windows))
    return _open_npz(name, source)


def _open_npz(name: str, source: Source) -> _Arrays:
    wanted = [*source.inputs, *([source.labels] if source.labels else []), *source.outputs]
    if source.jpeg is not None:
        wanted.append(source.jpeg.offsets)
    try:
        values = read_npz(source.path, wanted)
        count = require_rows(source, values)
    except BadInputError as error:
        text = str(error).removeprefix(f"{shown(source.path)}: ")
        raise BadInputError(f"{shown(source.path)}: {text} (data.{shown(name)})") from error
    return _Arrays(source=source, values=values, count=count)


def choose_rows(
    draws: dict[str, Draw], counts: dict[str, int], digests: dict[str, str], seed: int
) -> dict[str, Rows]:
    """Rows of each set.

    A set with ``rows`` takes those. The others share one permutation of the source's remaining
    rows, drawn from the seed and the source's digest: first those with a count, in their
    order, then one without takes the rest. Raises BadInputError where rows run out or overlap.
    """
    chosen: dict[str, Rows] = {}
    for source, count in counts.items():
        here = {name: draw for name, draw in draws.items() if draw.source == source}
        free = np.ones(count, bool)
        for name, draw in here.items():
            if draw.rows is not None:
                chosen[name] = _fixed(name, draw, free)
        generator = np.random.default_rng([seed, int(digests[source][:15], 16)])
        order = generator.permutation(np.flatnonzero(free)).astype(np.int64)
        open_ended = [n for n, d in here.items() if d.rows is None and d.count is None]
        if len(open_ended) > 1:
            raise BadInputError(
                f"samples.{open_ended[0]} and samples.{open_ended[1]} both use the rest of "
                f"'{source}': set a count for one of them"
            )
        for name, draw in here.items():
            if draw.rows is None and draw.count is not None:
                if order.size < draw.count:
                    raise BadInputError(
                        f"samples.{name} needs {draw.count} samples, but '{source}' has "
                        f"{order.size} left"
                    )
                chosen[name], order = np.sort(order[: draw.count]), order[draw.count :]
        for name in open_ended:
            chosen[name] = np.sort(order)
    return chosen


def _fixed(name: str, draw: Draw, free: NDArray[np.bool_]) -> Rows:
    begin, end = draw.rows or (0, 0)
    if not begin < end <= free.size:
        raise BadInputError(f"samples.{name}: rows {begin} to {end} of {free.size} do not exist")
    if not free[begin:end].all():
        raise BadInputError(
            f"samples.{name}: rows {begin} to {end} overlap another set: a repair must not be "
            "evaluated on samples that it used"
        )
    free[begin:end] = False
    return np.arange(begin, end)


def load_samples(
    target: Target, seed: int, allowed: Allowed = NOTHING, *, places: int = 1
) -> SampleSets:
    """Draw the three sets; raises BadInputError where the data does not allow it.

    ``places``: how many class labels a sample has (``measure.tests_of_samples``).
    """
    names = ("repair", "selection", "validation")
    draws: dict[str, Draw] = {name: getattr(target.samples, name) for name in names}
    used = {draw.source for draw in draws.values()}
    opened = {
        key: _open(target, key, source, allowed)
        for key, source in target.data.items()
        if key in used
    }
    digests = {key: _digest(arrays) for key, arrays in opened.items()}
    rows = choose_rows(draws, {k: a.count for k, a in opened.items()}, digests, seed)
    sets: dict[str, Samples] = {}
    for key, arrays in opened.items():
        here = {name: rows[name] for name in names if draws[name].source == key}
        if arrays.data is not None:
            sets |= take_from_paths(target, key, arrays.data, here, places=places)
        else:
            sets |= {
                name: _take(target, name, key, arrays, drawn, places=places)
                for name, drawn in here.items()
            }
    drawn_sets = disjoint(sets["repair"], sets["selection"], sets["validation"])
    return replace(drawn_sets, class_names=_class_names(target, opened.values()))


def _class_names(target: Target, opened: Iterable[_Arrays]) -> tuple[str, ...]:
    """The names that the target lists, else those of its data."""
    known = [arrays.data.class_names for arrays in opened if arrays.data is not None]
    return tuple(target.class_names) or next((names for names in known if names), ())


def _digest(arrays: _Arrays) -> str:
    source = arrays.source
    if arrays.data is not None:
        return digest_of_paths(arrays.data)
    if source.sha256:
        return source.sha256
    if source.grid is not None:
        return sha256(arrays.values[GRID].tobytes()).hexdigest()
    return digest_of(source.path, DATA)


def _take(
    target: Target, name: str, source: str, arrays: _Arrays, rows: Rows, *, places: int
) -> Samples:
    described, values = arrays.source, arrays.values
    if described.grid is not None or described.frames is not None:
        raw = [whole[rows] for whole in values.values()]
    elif described.jpeg is not None:
        data, offsets = values[described.inputs[0]], values[described.jpeg.offsets]
        raw = [decode_jpegs(data, offsets, rows, described.jpeg)]
    else:
        raw = [values[key][rows] for key in described.inputs]
    labels: NDArray[Any] | None = None
    if described.labels is not None:
        try:
            name_of, offset = described.labels, target.label_offset
            read = read_labels(target.task.kind, name_of, values[name_of], offset, places=places)
            labels = read[rows]
        except BadInputError as error:
            raise BadInputError(f"{shown(described.path)}: {error} (data.{source})") from None
    outputs = tuple(values[key][rows] for key in described.outputs)
    return Samples(
        name=name, source=source, rows=rows, raw=tuple(raw), labels=labels, outputs=outputs
    )
